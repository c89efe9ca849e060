/**
 * All stores of a deployment in one PostgreSQL database, which any number of processes share.
 *
 * The queue of asynchronous invocations is not among them: it stays with the process that took an event, whose one
 * worker takes from it synchronously. Its folder must outlive the process.
 */
import type { Stores } from '../stores.js';
import { openAggregationStore } from './aggregation.js';
import { openAlertStore } from './alerts.js';
import { openPostgres, type PostgresOptions } from './database.js';
import { openDispatch } from './dispatch.js';
import { openFirings } from './firings.js';
import { openNotificationStore } from './notifications.js';
import { openOperationStore } from './operations.js';
import { openRollupStore } from './rollups.js';
import { openTickStore } from './ticks.js';
import { openValidationStore } from './validation.js';
import { openWindowStates } from './window-states.js';

/**
 * Connects to nothing yet: a store does at its first use, makes its tables, and rejects when it cannot. All share one
 * pool. Closing any of them does nothing; closing all closes the pool. Throws `STORE_UNUSABLE` for what is no URL.
 */
export function openPostgresStores(url: string, options: PostgresOptions = {}): Stores {
  const database = openPostgres(url, options);
  const notifications = openNotificationStore(database, () => dispatch.cursor());
  const { dispatch, deliveries } = openDispatch(database, notifications);
  return {
    validation: openValidationStore(database),
    aggregation: openAggregationStore(database),
    rollups: openRollupStore(database),
    alerts: openAlertStore(database),
    operations: openOperationStore(database),
    notifications,
    dispatch,
    deliveries,
    ticks: openTickStore(database),
    firings: openFirings(database),
    windowStates: openWindowStates(database),
    close: () => database.close(),
  };
}
