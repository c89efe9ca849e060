import { openValidationStore } from '../../stores/sqlite/validation.js';
import { validationStoreContract } from './validation-store.contract.js';

describe('SQLite', () => validationStoreContract(async () => openValidationStore(':memory:')));
