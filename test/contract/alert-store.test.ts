import { openAlertStore } from '../../stores/sqlite/alerts.js';
import { alertStoreContract } from './alert-store.contract.js';

describe('SQLite', () => alertStoreContract(async () => openAlertStore(':memory:')));
