/**
 * A deployment of several processes that each do a part, on Kafka, PostgreSQL and a broker: what they put out together
 * is judged, and each of them ends in order.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunResult } from '../../simulators/result.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { command } from '../support/command.js';
import { failedStart } from '../support/failed-start.js';
import { kafkaCanRun } from '../support/kafka.js';
import { mosquittoCommand } from '../support/mosquitto.js';
import { poll } from '../support/poll.js';
import { postgresIsThere } from '../support/postgres.js';
import { type Product, temporaryDirectory } from '../support/product.js';
import { readerOf } from '../support/reader.js';
import { requireService } from '../support/services.js';

const describeCluster = await requireService('Kafka, PostgreSQL and Mosquitto', async () => {
  mosquittoCommand();
  await kafkaCanRun();
  await postgresIsThere();
});

const START_MS = 90_000;
const RUN_MS = 60_000;
/** What an orchestrator usually grants between SIGTERM and SIGKILL. */
const STOP_MS = 30_000;

describeCluster('processes that each do a part', () => {
  let cluster: Cluster;
  let gateway: Product;
  let api: Product;
  let workers: readonly Product[];

  beforeAll(async () => {
    cluster = await startCluster();
    // The first one makes the topics and the tables; starts at once are the stores' and the engine's own tests.
    gateway = await cluster.start('gateway');
    [api, ...workers] = await Promise.all([
      cluster.start('schedules,api'),
      cluster.start('functions'),
      cluster.start('functions'),
    ]);
  }, START_MS);
  afterAll(() => cluster?.dispose(), START_MS);

  test('all of them are ready', async () => {
    for (const product of [gateway, api, ...workers]) {
      const { status, body } = await poll(
        async () => {
          const answer = await readerOf(product).ready();
          return answer.status === 200 ? answer : null;
        },
        { what: `process ${product.pid} being ready` },
      );
      expect([status, body.status]).toEqual([200, 'ready']);
    }
  });

  test(
    'a simulation finds nothing lost, repeated or unexpected',
    async () => {
      const out = join(temporaryDirectory(), 'run.json');
      const { code, stderr } = await command(
        [
          'simulate',
          ...['-h', '127.0.0.1', '-p', `${cluster.mosquitto.port}`, '--http', api.httpUrl],
          ...['--duration', '4', '--devices', '12', '--any-latency', '--out', out],
        ],
        '',
        RUN_MS,
      );
      const result = JSON.parse(readFileSync(out, 'utf8')) as RunResult;
      expect(result.verdict.findings).toEqual([]);
      expect([code, stderr]).toEqual([0, '']);
      expect(result.drive.acknowledged).toBe(result.drive.sent);
      expect(result.drive.sent).toBeGreaterThan(200);
    },
    RUN_MS,
  );

  test(
    'SIGTERM ends each of them with 0',
    async () => {
      for (const product of [gateway, ...workers, api]) {
        const since = performance.now();
        expect(await product.stop()).toEqual({ code: 0, signal: null });
        expect(performance.now() - since).toBeLessThan(STOP_MS);
        expect(product.output()).toContain('draining');
      }
    },
    4 * STOP_MS,
  );
});

test.each([
  [['BACKING_INCOMPLETE', 'DATABASE_URL'], { KAFKA_BROKERS: '127.0.0.1:9' }, []],
  [['BACKING_INCOMPLETE', 'KAFKA_BROKERS'], {}, ['--roles', 'gateway,functions']],
  [
    ['BACKING_INCOMPLETE', 'MQTT_URL'],
    { KAFKA_BROKERS: '127.0.0.1:9', DATABASE_URL: 'postgres://127.0.0.1:9/none' },
    ['--roles', 'functions'],
  ],
  [['SETTING_INVALID', 'workers', 'gateway, functions'], {}, ['--roles', 'functions,workers']],
])('%p: one clear error', async (names, env, args) => {
  const none = { KAFKA_BROKERS: '', DATABASE_URL: '', MQTT_URL: '' };
  const { code, stdout, stderr } = await failedStart(args, {
    ...none,
    ...env,
    MILLRACE_DATA_DIR: temporaryDirectory(),
  });
  expect([code, stdout]).toEqual([1, '']);
  for (const name of names) expect(stderr).toContain(name);
  expect(stderr.match(/^millrace: /gm)).toHaveLength(1);
  expect(stderr).not.toMatch(/^\s+at /m);
});
