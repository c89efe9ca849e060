import { openAggregationStore } from '../../stores/sqlite/aggregation.js';
import { aggregationStoreContract } from './aggregation-store.contract.js';

describe('SQLite', () => aggregationStoreContract(async () => openAggregationStore(':memory:')));
