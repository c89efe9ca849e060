import { openTickStore } from '../../stores/sqlite/ticks.js';
import { tickStoreContract } from './tick-store.contract.js';

describe('SQLite', () => tickStoreContract(async () => openTickStore(':memory:')));
