import { openRollupStore } from '../../stores/sqlite/rollups.js';
import { rollupStoreContract } from './rollup-store.contract.js';

describe('SQLite', () => rollupStoreContract(async () => openRollupStore(':memory:')));
