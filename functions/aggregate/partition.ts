/**
 * What an environment remembers of one partition: its tally and the devices it has met. Every device with an open
 * window is here (a tick may close it); the others come and go.
 */
import type { AggregationTally, DeviceProgress, WindowRow } from '../../stores/aggregation.js';
import { Closings } from './closings.js';
import { Device } from './device.js';

/** Beyond this many devices, those without open windows are forgotten. */
export const MAX_DEVICES = 200_000;

export class PartitionState {
  tally: AggregationTally;
  readonly devices = new Map<string, Device>();
  readonly closings = new Closings();
  /** Counts the batches applied to this state; marks what the current one has changed. */
  run = 0;

  constructor(tally: AggregationTally) {
    this.tally = tally;
  }

  /** Takes devices over from the store. `deviceIds` without progress are new. */
  restore(
    deviceIds: readonly string[],
    progress: readonly DeviceProgress[],
    open: readonly WindowRow[],
    lateness: number,
  ): void {
    for (const { deviceId, state } of progress) this.devices.set(deviceId, Device.decode(deviceId, state));
    for (const deviceId of deviceIds) {
      if (!this.devices.has(deviceId)) this.devices.set(deviceId, new Device(deviceId));
    }
    for (const row of open) this.devices.get(row.deviceId)?.restore(row);
    for (const deviceId of deviceIds) {
      const device = this.devices.get(deviceId)!;
      this.closings.list(device, device.dueAt(lateness));
    }
  }

  /** Forgets the longest known devices without open windows, until `limit` is kept or none is left. */
  evict(limit = MAX_DEVICES): void {
    if (this.devices.size <= limit) return;
    for (const [deviceId, { windows }] of this.devices) {
      if (windows.length === 0) this.devices.delete(deviceId);
      if (this.devices.size <= limit) return;
    }
  }
}

export function emptyTally(partition: number): AggregationTally {
  return { partition, nextOffset: 0n, aggregated: 0, late: 0, duplicate: 0, refused: 0, ticks: 0 };
}
