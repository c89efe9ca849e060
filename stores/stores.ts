import type { AggregationStore } from './aggregation.js';
import type { AlertStore, NotificationStore, TickStore } from './alerts.js';
import type { RollupStore } from './rollups.js';
import type { ValidationStore } from './validation.js';

/** All stores of a deployment. Each is opened on first use, so a function opens only what it touches. */
export interface Stores {
  readonly validation: ValidationStore;
  readonly aggregation: AggregationStore;
  readonly rollups: RollupStore;
  readonly alerts: AlertStore;
  readonly notifications: NotificationStore;
  readonly ticks: TickStore;
  close(): Promise<void>;
}
