import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStores } from '../../../stores/sqlite/stores.js';

test('opens each store when it is first touched, once, and what was kept is there again', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-stores-'));
  const stores = openSqliteStores(directory);
  expect(readdirSync(directory)).toEqual([]);
  await stores.ticks.saveTick(7);
  expect(stores.ticks).toBe(stores.ticks);
  expect(existsSync(join(directory, 'ticks.db'))).toBe(true);
  expect(existsSync(join(directory, 'alerts.db'))).toBe(false);
  await stores.close();
  const again = openSqliteStores(directory);
  expect(await again.ticks.lastTick()).toBe(7);
  await again.close();
  rmSync(directory, { recursive: true });
});
