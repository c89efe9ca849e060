import { memoryStores } from '../support/platform.js';
import { dispatchStoreContract } from './dispatch-store.contract.js';

describe('SQLite', () => dispatchStoreContract(async () => memoryStores()));
