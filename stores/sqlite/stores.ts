/**
 * All stores of an embedded deployment: a folder of SQLite files, each opened when a function first touches it.
 */
import { join } from 'node:path';
import type { NotificationStoreWithInbox } from '../inbox.js';
import type { Stores } from '../stores.js';
import { openAggregationStore } from './aggregation.js';
import { openAlertStore } from './alerts.js';
import { type DispatchFile, openDispatch } from './dispatch.js';
import { openFirings } from './firings.js';
import { openNotificationStore } from './notifications.js';
import { openOperationStore } from './operations.js';
import { openRollupStore } from './rollups.js';
import { openTickStore } from './ticks.js';
import { openValidationStore } from './validation.js';
import { openWindowStates } from './window-states.js';

/** Opens nothing yet; `directory` must exist. Closing closes what was opened; the stores are of no use afterwards. */
export function openSqliteStores(directory: string): Stores {
  const opened: { close(): Promise<void> }[] = [];
  const lazily = <T extends { close(): Promise<void> }>(
    file: string,
    open: (path: string) => T,
  ): (() => T) => {
    let store: T | undefined;
    return () => {
      if (store === undefined) {
        store = open(join(directory, file));
        opened.push(store);
      }
      return store;
    };
  };
  const validation = lazily('validation.db', openValidationStore);
  const aggregation = lazily('aggregation.db', openAggregationStore);
  const rollups = lazily('rollups.db', openRollupStore);
  const alerts = lazily('alerts.db', openAlertStore);
  const operations = lazily('operations.db', openOperationStore);
  const notifications = lazily(
    'notifications.db',
    (path): NotificationStoreWithInbox => openNotificationStore(path, () => dispatch().dispatch.cursor()),
  );
  const dispatch = lazily('dispatch.db', (path): DispatchFile => openDispatch(path, notifications));
  const ticks = lazily('ticks.db', openTickStore);
  const firings = lazily('firings.db', openFirings);
  const windowStates = lazily('window-states.db', openWindowStates);
  return {
    get validation() {
      return validation();
    },
    get aggregation() {
      return aggregation();
    },
    get rollups() {
      return rollups();
    },
    get alerts() {
      return alerts();
    },
    get notifications() {
      return notifications();
    },
    get operations() {
      return operations();
    },
    get dispatch() {
      return dispatch().dispatch;
    },
    get deliveries() {
      return dispatch().deliveries;
    },
    get ticks() {
      return ticks();
    },
    get firings() {
      return firings();
    },
    get windowStates() {
      return windowStates();
    },
    async close() {
      for (const store of opened.splice(0)) await store.close();
    },
  };
}
