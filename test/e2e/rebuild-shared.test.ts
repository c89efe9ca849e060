/** `millrace rebuild` where streams are in Kafka and state is in PostgreSQL: beside what runs, as long as it is calm. */
import { type Cluster, startCluster } from '../support/cluster.js';
import { command } from '../support/command.js';
import type { Product } from '../support/product.js';
import { readerOf } from '../support/reader.js';

const T0 = Date.UTC(2024, 4, 1);
let cluster: Cluster;
let product: Product;

beforeAll(async () => {
  cluster = await startCluster();
  // Ticks are what aggregate would go on with.
  product = await cluster.start('gateway,functions,api');
}, 120_000);

afterAll(async () => {
  await cluster?.dispose();
}, 60_000);

test('reads topics and tables directly, and finds nothing different', async () => {
  const events = Array.from({ length: 200 }, (_, i) => ({
    deviceId: `sensor-${i % 4}`,
    ts: T0 + Math.floor(i / 4) * 7_000,
    seq: Math.floor(i / 4),
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
  await readerOf(product).settledBooks();
  const { code, stdout, stderr } = await command(['rebuild', '--json'], '', 60_000, cluster.env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ records: 200, different: 0, storedOnly: 0, rebuiltOnly: 0 });
  expect(JSON.parse(stdout).equal).toBeGreaterThan(100);
}, 120_000);
