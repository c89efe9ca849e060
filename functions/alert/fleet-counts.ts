/**
 * Where rules about groups of devices look at each device. `alert` calls it once per event and device, and at the ticks
 * at which something that the device's rules remember may have changed, or an alert of the device has begun or ceased to
 * fire, after the rules about single devices.
 *
 * The features of `fleet.where` and `fleet.count` are observed and persisted with all others, and their times are among
 * those at which a silent device is looked at.
 */
import type { Scope } from './language/scope.js';
import type { Position } from './outcome.js';
import type { Remembered } from './remembered.js';

export interface FleetCounts {
  /** Whether such a device is to be remembered, and shown to `observe`. @param remembered of it; null: nothing yet */
  watches(deviceType: string, remembered: Remembered | null): boolean;
  /**
   * @param remembered what is kept with it in `notes` is persisted in the commit of the batch, with the device
   * @param scope good during the call only; at a tick, and for an event that is not the device's latest, over an empty
   * event at the device's clock
   */
  observe(remembered: Remembered, scope: Scope, at: Position): void;
}
