import { openOperationStore } from '../../stores/sqlite/operations.js';
import { operationStoreContract } from './operation-store.contract.js';

describe('SQLite', () => operationStoreContract(async () => openOperationStore(':memory:')));
