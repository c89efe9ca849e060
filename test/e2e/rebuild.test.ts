/** `millrace rebuild` on the data of a deployment: beside it, after it, and when somebody spoiled its windows. */
import { join } from 'node:path';
import Database from 'libsql';
import { command } from '../support/command.js';
import { type Product, startProduct } from '../support/product.js';
import { readerOf } from '../support/reader.js';

const T0 = Date.UTC(2024, 4, 1);
let product: Product;

const rebuild = async (...args: string[]) =>
  command(['rebuild', '--data-dir', product.dataDir, ...args], '', 60_000);

beforeAll(async () => {
  product = await startProduct();
  for (let batch = 0; batch < 5; batch++) {
    const events = Array.from({ length: 40 }, (_, i) => ({
      deviceId: `sensor-${i % 4}`,
      ts: T0 + (batch * 10 + Math.floor(i / 4)) * 7_000,
      seq: batch * 10 + Math.floor(i / 4),
      temperature: i / 3,
      humidity: 40,
      battery: 3.7,
    }));
    const response = await fetch(`${product.httpUrl}/telemetry`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });
    expect(response.status).toBe(202);
  }
  await readerOf(product).settledBooks();
}, 60_000);

test('refuses while the deployment runs, and says what to do', async () => {
  const { code, stderr } = await rebuild();
  expect(code).toBe(1);
  expect(stderr).toContain('[DATA_DIR_LOCKED]');
  expect(stderr).toContain('Stop it');
});

test('finds nothing, then what was spoiled, and puts it right', async () => {
  await product.stop();
  const clean = await rebuild('--json');
  expect(clean).toMatchObject({ code: 0, stderr: '' });
  const summary = JSON.parse(clean.stdout);
  expect(summary).toMatchObject({ different: 0, storedOnly: 0, rebuiltOnly: 0, trimmed: false });
  expect(summary.equal).toBeGreaterThan(100);

  const database = new Database(join(product.dataDir, 'stores', 'aggregation.db'));
  const spoilt = "UPDATE windows SET events = events + 1 WHERE key = 'sensor-2'";
  expect(database.prepare(spoilt).run().changes).toBeGreaterThan(10);
  database.close();
  const found = await rebuild();
  expect(found.code).toBe(3);
  expect(found.stdout).toMatch(/ sensor-2 {2}windows {2}2024-05-01T\S+: events\n/);
  expect(found.stdout).toContain('--apply writes');
  const other = await rebuild('--device', 'sensor-1', '--json');
  expect(other.code).toBe(0);

  const applied = await rebuild('--apply');
  expect(applied.code).toBe(0);
  expect(applied.stdout).toMatch(/\d+ rows were written/);
  expect(await rebuild()).toMatchObject({ code: 0 });
}, 120_000);

test('names a folder without data, and a definition that is not there', async () => {
  const nowhere = await command(['rebuild', '--data-dir', join(product.dataDir, 'nowhere')]);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toContain('[REBUILD_NO_DATA]');
  const unknown = await rebuild('--definition', 'nobody');
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('[DEFINITION_UNKNOWN]');
}, 60_000);
