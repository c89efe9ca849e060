import { memoryStores } from '../support/platform.js';
import { notificationStoreContract } from './notification-store.contract.js';

describe('SQLite', () => notificationStoreContract(async () => memoryStores()));
