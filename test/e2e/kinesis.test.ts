/**
 * A deployment of several processes on Kinesis, as emulators answer for it, PostgreSQL and a broker: a worker is killed
 * while events come in, and each event is in its windows once, with every alert delivered.
 */
import type { Accounting } from '../../functions/query/accounting.js';
import { AlertSession } from '../support/alert-session.js';
import { crashFleet } from '../support/crash-fleet.js';
import { failedStart } from '../support/failed-start.js';
import { apiOf, type EmulatorName, emulatorCanRun } from '../support/kinesis.js';
import { type KinesisCluster, STREAM_PREFIX, startKinesisCluster } from '../support/kinesis-cluster.js';
import { mosquittoCommand } from '../support/mosquitto.js';
import { poll } from '../support/poll.js';
import { postgresIsThere } from '../support/postgres.js';
import { temporaryDirectory } from '../support/product.js';
import { seededRandom } from '../support/random.js';
import { readerOf } from '../support/reader.js';
import { requireService } from '../support/services.js';
import { expectWindows } from '../support/windows.js';

const GROUPS = ['validate:telemetry', 'aggregate:telemetry', 'alert:telemetry'];
const START_MS = 180_000;
const SETTLE_MS = 60_000;
const BOUND_MS = 180_000;

interface Load {
  /** Events before the kill, and in all. */
  readonly before: number;
  readonly all: number;
}

/** moto looks at every record of a shard in each read, so it gets fewer. */
const LOADS: Readonly<Record<EmulatorName, Load>> = {
  kinesalite: { before: 1_000, all: 3_000 },
  moto: { before: 300, all: 900 },
};

for (const name of ['kinesalite', 'moto'] as const) {
  const describeCluster = await requireService(`${name}, PostgreSQL and Mosquitto`, async () => {
    mosquittoCommand();
    await emulatorCanRun(name);
    await postgresIsThere();
  });

  describeCluster(`workers on ${name}`, () => {
    let cluster: KinesisCluster;
    beforeAll(async () => {
      cluster = await startKinesisCluster(name);
    }, START_MS);
    afterAll(() => cluster?.dispose(), START_MS);

    test(
      'a worker is killed: every event is in its windows once, and every alert goes out',
      async () => {
        const { before, all } = LOADS[name];
        const gateway = await cluster.start('gateway');
        const [api, ...workers] = await Promise.all([
          cluster.start('schedules,api'),
          cluster.start('functions'),
          cluster.start('functions'),
        ]);
        const products = [gateway, api, ...workers];
        const owners = async (group: string) =>
          [...(await cluster.owners(group)).values()].filter((owner) => owner !== null);
        await poll(
          async () => {
            const all = await Promise.all(GROUPS.map(owners));
            return all.every((some) => some.length === 2 && new Set(some).size === 2);
          },
          { timeoutMs: SETTLE_MS, what: 'each worker having a shard for each function' },
        );

        const random = seededRandom();
        const fleet = crashFleet(random, {
          connections: 4,
          devicesPerConnection: 6,
          inFlight: 20,
          perSecond: 100,
        });
        const watcher = new AlertSession('kinesis-watcher');
        await watcher.start(cluster.mqttUrl);
        await fleet.start(cluster.mqttUrl);
        const sent = (count: number) =>
          poll(() => fleet.acknowledged >= count, { timeoutMs: SETTLE_MS, what: `${count} events` });
        await sent(before);
        const [killed, survivor] = workers as [(typeof workers)[0], (typeof workers)[0]];
        await killed.kill9();
        await sent(all);
        fleet.pause();
        await poll(() => fleet.owed === 0, {
          timeoutMs: SETTLE_MS,
          what: 'everything owed having been acknowledged',
        });

        const events = fleet.events();
        const reader = readerOf(api);
        let last = '';
        const { total } = await poll(
          async () => {
            const books: Accounting = await reader.books();
            const { validated, aggregated, duplicate } = books.total;
            last = JSON.stringify({ made: events.length, ...books });
            const isDone = validated >= events.length && aggregated + duplicate === validated;
            return isDone ? books : null;
          },
          { timeoutMs: SETTLE_MS, intervalMs: 200, what: 'every event being in the books' },
        ).catch((error: unknown) => {
          const outputs = products.map(({ pid, output }) => `--- ${pid}\n${output()}`);
          throw new Error([`TEST_SEED=${random.seed}`, last, ...outputs].join('\n'), { cause: error });
        });
        expect(total).toMatchObject({
          aggregated: events.length,
          validated: events.length + total.duplicate,
          late: 0,
          quarantined: 0,
          refused: 0,
          trimmed: null,
        });
        // Ticks keep coming, so there may be something, and nobody knows how much.
        for (const lag of Object.values({ ...total.lag, ...total.inFlight }))
          expect([0, null]).toContain(lag);
        await expectWindows(reader, events);
        for (const group of GROUPS) expect(new Set(await owners(group)).size).toBe(1);

        await poll(() => watcher.firing().size >= fleet.hot.size, {
          timeoutMs: SETTLE_MS,
          what: 'every alert having been delivered',
        });
        expect(watcher.firing()).toEqual(fleet.hot);
        const alerts = await reader.all('/alerts?state=firing');
        expect(alerts.map(({ deviceId }) => deviceId).sort()).toEqual([...fleet.hot].sort());
        const { behindMs }: Accounting = await reader.json('/accounting');
        const functions = ['aggregate', 'alert', 'fleet', 'notify', 'validate'];
        expect(Object.keys(behindMs ?? {}).sort()).toEqual(functions);

        fleet.drop();
        watcher.drop();
        for (const product of [gateway, survivor, api]) {
          expect(await product.stop()).toEqual({ code: 0, signal: null });
        }
        // In order: nobody has to wait for a lease to run out.
        for (const group of GROUPS) expect(await owners(group)).toEqual([]);
      },
      BOUND_MS,
    );

    test('a stream with fewer shards than declared: the start says so', async () => {
      const other = apiOf(cluster.emulator.endpoint);
      await other.create(`few-${STREAM_PREFIX}telemetry`, 1);
      other.close();
      await expect(
        cluster.start('gateway', { KINESIS_STREAM_PREFIX: `few-${STREAM_PREFIX}` }),
      ).rejects.toThrow(/STREAM_PARTITIONS|has 1 shards, and 2 are declared/);
    }, 60_000);
  });
}

test.each([
  [['BACKING_INCOMPLETE', 'DATABASE_URL'], { KINESIS_REGION: 'eu-west-1' }],
  [
    ['BACKING_AMBIGUOUS', 'KAFKA_BROKERS'],
    {
      KINESIS: '1',
      KAFKA_BROKERS: '127.0.0.1:9',
      DATABASE_URL: 'postgres://127.0.0.1:9/none',
    },
  ],
  [
    ['KINESIS_SETTINGS', 'KINESIS_ENDPOINT'],
    { KINESIS_ENDPOINT: 'kinesis', DATABASE_URL: 'postgres://127.0.0.1:9/none' },
  ],
])('%p: one clear error', async (names, env) => {
  const none = { KAFKA_BROKERS: '', KINESIS: '', KINESIS_REGION: '', KINESIS_ENDPOINT: '', DATABASE_URL: '' };
  const { code, stdout, stderr } = await failedStart([], {
    ...none,
    ...env,
    MQTT_URL: '',
    MILLRACE_DATA_DIR: temporaryDirectory(),
  });
  expect([code, stdout]).toEqual([1, '']);
  for (const part of names) expect(stderr).toContain(part);
  expect(stderr.match(/^millrace: /gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
});
