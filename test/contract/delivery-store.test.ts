import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStores } from '../../stores/sqlite/stores.js';
import type { Stores } from '../../stores/stores.js';
import { deliveryStoreContract } from './delivery-store.contract.js';

describe('SQLite', () => {
  const opened: { readonly stores: readonly Stores[]; readonly directory: string }[] = [];
  afterEach(async () => {
    for (const { stores, directory } of opened.splice(0)) {
      for (const one of stores) await one.close();
      rmSync(directory, { recursive: true });
    }
  });

  deliveryStoreContract(async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-deliveries-'));
    const stores = [openSqliteStores(directory), openSqliteStores(directory)];
    opened.push({ stores, directory });
    const [{ dispatch, deliveries }, { deliveries: another }] = stores as [Stores, Stores];
    return { dispatch, deliveries, another };
  });
});
