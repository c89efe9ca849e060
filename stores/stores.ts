import type { AggregationStore } from './aggregation.js';
import type { AlertStore, TickStore } from './alerts.js';
import type { Firings } from './firings.js';
import type { DeliveryStore, DispatchStore, NotificationStore } from './notifications.js';
import type { OperationStore } from './operations.js';
import type { RollupStore } from './rollups.js';
import type { ValidationStore } from './validation.js';
import type { WindowStates } from './window-states.js';

/** All stores of a deployment. Each is opened on first use, so a function opens only what it touches. */
export interface Stores {
  readonly validation: ValidationStore;
  readonly aggregation: AggregationStore;
  readonly rollups: RollupStore;
  readonly alerts: AlertStore;
  readonly operations: OperationStore;
  readonly notifications: NotificationStore;
  readonly dispatch: DispatchStore;
  readonly deliveries: DeliveryStore;
  readonly ticks: TickStore;
  /** The runtime's own: functions have no use for them. */
  readonly firings: Firings;
  readonly windowStates: WindowStates;
  close(): Promise<void>;
}
