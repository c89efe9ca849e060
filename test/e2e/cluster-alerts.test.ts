/**
 * Alerts of a deployment in roles, to a webhook: the process that delivers is killed in the middle of it, two others
 * take over, an operator silences through the api, and a fleet-level rule decides about devices of several partitions.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { partitionOf } from '../../streams/partitioner.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { command } from '../support/command.js';
import type { Json } from '../support/json.js';
import { kafkaCanRun } from '../support/kafka.js';
import { mosquittoCommand } from '../support/mosquitto.js';
import { poll } from '../support/poll.js';
import { postgresIsThere } from '../support/postgres.js';
import type { Product } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';
import { readerOf } from '../support/reader.js';
import { requireService } from '../support/services.js';
import { ticksIn } from '../support/topic-events.js';

const describeCluster = await requireService('Kafka, PostgreSQL and Mosquitto', async () => {
  mosquittoCommand();
  await kafkaCanRun();
  await postgresIsThere();
});

const PARTITIONS = 4;
const FLEET_PARTITIONS = 3;
const FLEET = ['warm-1', 'warm-2', 'warm-3', 'warm-4', 'warm-5', 'warm-6'];
const START_MS = 180_000;
const WAIT_MS = 90_000;

const RULES = `groups:
  - name: fleets
    rules:
      - alert: ManyWarm
        fleet: { where: device.type == "environment", count: event.temperature > 50 }
        expr: fleet.matching >= ${FLEET.length}
        labels: { severity: warning }
`;
const NOTIFICATIONS = `route: { receiver: ops, group_by: ['...'], group_wait: 0s, group_interval: 1s }
receivers: [{ name: ops, webhooks: [{ url: "\${env:HOOK}", timeout: 5s }] }]
`;

/** A webhook that answers or, while it holds, does not. */
async function startHook() {
  const received: Json[] = [];
  const held: ServerResponse[] = [];
  let holds = true;
  const server: Server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push(JSON.parse(body));
    if (holds) held.push(response);
    else response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    received,
    told: (deviceId: string) => received.filter(({ alerts }) => alerts[0].labels.deviceId === deviceId),
    answer() {
      holds = false;
    },
    close() {
      for (const response of held) response.destroy();
      server.close();
    },
  };
}

describeCluster('alerts of processes in roles', () => {
  let cluster: Cluster;
  let hook: Awaited<ReturnType<typeof startHook>>;
  let client: MqttClient;
  let api: Product;
  let start: (roles: string) => Promise<Product>;
  let first: Product;
  let others: readonly Product[];

  beforeAll(async () => {
    [cluster, hook] = await Promise.all([startCluster(), startHook()]);
    const { root, args } = copyProject({
      'resources.Resources.Telemetry.Properties.ShardCount': PARTITIONS,
      'resources.Resources.Fleet.Properties.ShardCount': FLEET_PARTITIONS,
    });
    writeFileSync(join(root, 'rules', 'fleets.yml'), RULES);
    writeFileSync(join(root, 'notifications.yml'), NOTIFICATIONS);
    start = (roles) => cluster.start(roles, args, { HOOK: hook.url });
    api = await start('api');
    [first, ...others] = await Promise.all([
      start('schedules'),
      start('functions'),
      start('functions'),
      start('gateway'),
    ]);
    client = await connectAsync(cluster.mqttUrl);
  }, START_MS);
  afterAll(async () => {
    await client?.endAsync(true);
    hook?.close();
    await cluster?.dispose();
  }, START_MS);

  const publish = (deviceId: string, temperature: number) =>
    client.publishAsync(
      `devices/${deviceId}/telemetry`,
      JSON.stringify({ ts: Date.now(), temperature, humidity: 40, battery: 3.7 }),
      { qos: 1 },
    );
  /** As no form of another page could send it, or as one could. */
  const silenceAt = async ({ httpUrl }: Product, contentType: string) => {
    const headers = { 'content-type': contentType };
    return (await fetch(`${httpUrl}/silences`, { method: 'POST', headers, body: '{}' })).status;
  };
  const alertOf = (deviceId: string): Promise<Json> =>
    poll(
      async () => (await readerOf(api).json(`/alerts?state=firing&deviceId=${deviceId}`)).items[0] ?? null,
      { what: `an alert of ${deviceId}`, timeoutMs: WAIT_MS },
    );

  test('operators act at the api alone, and no page of another site does', async () => {
    for (const product of [first, ...others]) expect(await silenceAt(product, 'application/json')).toBe(404);
    expect(await silenceAt(api, 'application/json')).toBe(400);
    expect(await silenceAt(api, 'text/plain')).toBe(403);
  });

  test(
    'a webhook is told once of each, over kill -9 in the middle of a delivery; silences and fleets work',
    async () => {
      await publish('hot-1', 85);
      await poll(() => hook.received.length > 0, { what: 'the webhook', timeoutMs: WAIT_MS });
      await first.kill9();
      const killedAt = Date.now();
      hook.answer();
      const schedules = await Promise.all([start('schedules'), start('schedules')]);

      // Deliveries wait until the dead process has lost its claims; nothing else does.
      const silence = [
        'silences',
        'add',
        'deviceId=hot-2',
        '--for',
        '2h',
        '--reason',
        'works',
        '--author',
        'ann',
      ];
      expect(await command([...silence, '--http', api.httpUrl], '', WAIT_MS)).toMatchObject({ code: 0 });
      await publish('hot-2', 90);
      expect(new Set(FLEET.map((id) => partitionOf(id, PARTITIONS))).size).toBeGreaterThan(1);
      for (const id of FLEET) await publish(id, 60);
      const silenced = await alertOf('hot-2');
      expect(silenced.silencedBy).toHaveLength(1);
      expect(await alertOf('fleet')).toMatchObject({ rule: 'ManyWarm', reason: 'condition' });

      await poll(() => hook.told('hot-1').length > 1 && hook.told('fleet').length > 0, {
        what: 'what the killed process owed, and the fleet’s alert',
        timeoutMs: WAIT_MS,
      });
      const again = hook.told('hot-1');
      expect(new Set(again.map(({ id }) => id)).size).toBe(1);
      await publish('hot-3', 85);
      await poll(() => hook.told('hot-3').length > 0, { what: 'the webhook', timeoutMs: WAIT_MS });
      // The inbox is read in order: by now the silenced one was passed over.
      expect(hook.told('hot-2')).toEqual([]);
      const { items } = await readerOf(api).json(`/deliveries?fingerprint=${silenced.fingerprint}`);
      expect(items).toEqual([]);
      expect([again, hook.told('fleet'), hook.told('hot-3')].map(({ length }) => length)).toEqual([2, 1, 1]);
      await poll(async () => (await readerOf(api).json('/deliveries?state=delivered')).items.length === 3, {
        what: 'all deliveries being settled',
        timeoutMs: WAIT_MS,
      });

      const ticks = await ticksIn(cluster.kafka.brokers, 'telemetry');
      const since = [...ticks].filter(([tick]) => Number(tick.split(' ')[1]) > killedAt);
      expect(since.length).toBeGreaterThan(PARTITIONS);
      expect(since.filter(([, times]) => times > 1)).toEqual([]);
      // Made as serverless.yml declares it, ticked as a whole, and finished.
      const told = [...(await ticksIn(cluster.kafka.brokers, 'fleet')).keys()];
      expect(new Set(told.map((tick) => Number(tick.split(' ')[0])))).toEqual(
        new Set(Array.from({ length: FLEET_PARTITIONS }, (_, partition) => partition)),
      );
      await poll(
        async () => {
          const { streams } = await readerOf(api).books();
          const { stored, lag } = streams.find(({ name }) => name === 'fleet')!;
          return stored! >= told.length && Object.keys(lag).join() === 'fleet' && lag.fleet === 0;
        },
        { timeoutMs: WAIT_MS, what: 'the stream fleet being finished' },
      );

      for (const product of [...schedules, ...others, api]) {
        expect(await product.stop()).toEqual({ code: 0, signal: null });
      }
    },
    4 * WAIT_MS,
  );
});
