/**
 * Timers of alerts over kill -9: `for` goes on where it was, and so does the time after which data is missed. One event
 * begins both; nothing else ever comes.
 *
 *     0 s  hot   kill   kill   kill   8 s  Held fires   12 s  Missed is no-data
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { AlertSession } from '../support/alert-session.js';
import type { Json } from '../support/json.js';
import { poll } from '../support/poll.js';
import { startProduct, temporaryDirectory } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';
import { seededRandom } from '../support/random.js';
import { readerOf } from '../support/reader.js';

const FOR = 8_000;
const NO_DATA = 12_000;
const RULES = `
groups:
  - name: timers
    rules:
      - alert: Held
        expr: event.temperature > 80
        for: 8s
        no_data: never
        labels: { severity: critical }
      - alert: Missed
        expr: event.temperature > 80
        no_data: 12s
        labels: { severity: critical }
`;

test('kill -9 neither restarts a timer nor loses or repeats what it tells', async () => {
  const random = seededRandom();
  console.info(`timers: TEST_SEED=${random.seed}`);
  const project = copyProject();
  rmSync(join(project.root, 'rules', 'default.yml'));
  writeFileSync(join(project.root, 'rules', 'timers.yml'), RULES);
  const options = { dataDir: temporaryDirectory(), args: project.args };
  const watcher = new AlertSession('timer-watcher');

  let product = await startProduct(options);
  await watcher.start(product.mqttUrl);
  const client = await mqtt.connectAsync(product.mqttUrl, { clientId: 'hot-1' });
  const ts = Date.now();
  const event = { ts, temperature: 85, humidity: 40, battery: 3.7 };
  await client.publishAsync('devices/hot-1/telemetry', JSON.stringify(event), { qos: 1 });
  await client.endAsync(true);
  await poll(async () => (await readerOf(product).all('/alerts?state=pending')).length > 0, {
    what: 'the pending alert',
  });
  let restartedAt = 0;
  for (let kill = 0; kill < 3; kill++) {
    await product.kill9();
    watcher.drop();
    restartedAt = Date.now();
    product = await startProduct(options);
    await watcher.start(product.mqttUrl);
    const until = Date.now() + random.integer(0, 1_000);
    await poll(() => Date.now() >= until, { what: 'the next kill' });
  }

  await poll(() => watcher.deliveries.size >= 3, { timeoutMs: 60_000, what: 'all that is to be told' });
  const alerts: Json[] = await readerOf(product).all('/alerts');
  const held = alerts.find(({ rule }) => rule === 'Held')!;
  const missed = alerts.find(({ rule }) => rule === 'Missed')!;
  const began = new Date(ts).toISOString();
  expect(held).toMatchObject({ state: 'firing', startsAt: began });
  expect(missed).toMatchObject({ state: 'nodata', reason: 'no-data', startsAt: began, endsAt: began });
  // By the clock of the ticks. Begun anew by a restart, they would have run out later than this.
  expect(Date.parse(held.changedAt)).toBeLessThan(restartedAt + FOR);
  expect(Date.parse(missed.changedAt)).toBeLessThan(restartedAt + NO_DATA);
  const firing = missed.id.replace('-nodata', '-firing');
  expect([...watcher.deliveries.keys()].sort()).toEqual([held.id, missed.id, firing].sort());
  watcher.drop();
  expect(await product.stop()).toEqual({ code: 0, signal: null });
}, 120_000);
