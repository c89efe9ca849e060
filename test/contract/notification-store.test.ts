import { openNotificationStore } from '../../stores/sqlite/notifications.js';
import { notificationStoreContract } from './notification-store.contract.js';

describe('SQLite', () =>
  notificationStoreContract(async () => openNotificationStore(':memory:', async () => 0n)));
