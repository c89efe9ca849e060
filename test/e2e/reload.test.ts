/**
 * `millrace dev` under load: functions are replaced while devices publish, and broken ones are not. Afterwards nothing
 * is lost and nothing was processed twice.
 */
import mqtt from 'mqtt';
import { AlertSession } from '../support/alert-session.js';
import { crashFleet } from '../support/crash-fleet.js';
import { copyInstallation } from '../support/installation-copy.js';
import type { Json } from '../support/json.js';
import { poll } from '../support/poll.js';
import { startProduct } from '../support/product.js';
import { seededRandom } from '../support/random.js';
import { readerOf } from '../support/reader.js';
import { expectWindows } from '../support/windows.js';

/** Where an alert becomes a message, and the same with a release's number in it. */
const SOURCE = 'functions/notify/core.ts';
const PLAIN = 'const payload = Buffer.from(cursor.value());';
const BROKEN = "throw new Error('out of order');\n";
const released = (release: number) =>
  `const payload = Buffer.from(JSON.stringify({ ...JSON.parse(String(cursor.value())), release: ${release} }));`;

test('functions are replaced under load, broken ones are not, and mended ones are', async () => {
  const random = seededRandom();
  console.info(`reload: TEST_SEED=${random.seed}`);
  const installation = copyInstallation();
  const product = await startProduct({ command: 'dev', root: installation.root });
  const said = (text: string) =>
    poll(() => product.output().includes(text), { timeoutMs: 30_000, what: `the output '${text}'` });
  await said('watching');

  const releases = new Set<number | undefined>();
  const client = await mqtt.connectAsync(product.mqttUrl);
  client.on('message', (_topic, payload) => releases.add((JSON.parse(payload.toString()) as Json).release));
  await client.subscribeAsync('alerts/#', { qos: 1 });
  const inEffect = (release: number | undefined) =>
    poll(() => releases.has(release), { timeoutMs: 30_000, what: `an alert of release ${release}` });

  const watcher = new AlertSession('reload-watcher');
  const fleet = crashFleet(random, { connections: 4, devicesPerConnection: 4, inFlight: 10 });
  await watcher.start(product.mqttUrl);
  await fleet.start(product.mqttUrl);
  await inEffect(undefined);

  installation.edit(SOURCE, PLAIN, released(2));
  await said('generation 2');
  await inEffect(2);
  installation.edit(SOURCE, released(2), released(3));
  await said('generation 3');
  await inEffect(3);

  // What cannot be built is named by its place; what builds and does not start, by its error.
  installation.edit(SOURCE, released(3), 'const payload = ;');
  await said('functions/notify/core.ts:');
  installation.edit(SOURCE, 'const payload = ;', `${released(4)} throw new Error();`);
  installation.edit('functions/notify/handler.ts', 'export ', `${BROKEN}export `);
  await said('out of order');
  installation.edit('serverless.yml', 'batchSize: 1000\n', 'batchSize: 0\n');
  await said('stream.batchSize');
  releases.clear();
  await inEffect(3);
  expect(releases).toEqual(new Set([3]));
  installation.edit('serverless.yml', 'batchSize: 0\n', 'batchSize: 500\n');
  installation.edit('functions/notify/handler.ts', BROKEN, '');
  installation.edit(SOURCE, 'throw new Error();', '');
  await said('generation 4');
  await inEffect(4);

  fleet.pause();
  await poll(() => fleet.owed === 0, { what: 'everything owed having been acknowledged' });
  const reader = readerOf(product);
  const events = fleet.events();
  const { total } = await reader.settledBooks(30_000);
  expect(total).toMatchObject({
    acknowledged: events.length,
    aggregated: events.length,
    validated: events.length,
    duplicate: 0,
    late: 0,
    quarantined: 0,
  });
  await expectWindows(reader, events);
  await poll(() => watcher.firing().size >= fleet.hot.size, { what: 'every alert having been delivered' });
  expect(watcher.firing()).toEqual(fleet.hot);
  expect([...watcher.deliveries.values()].filter((times) => times !== 1)).toEqual([]);

  fleet.drop();
  watcher.drop();
  client.end(true);
  expect(await product.stop()).toEqual({ code: 0, signal: null });
}, 120_000);
