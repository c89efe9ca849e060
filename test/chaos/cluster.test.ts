/**
 * Three workers on twelve partitions while workers die, join and freeze, and Kafka, PostgreSQL and the MQTT broker
 * restart. Whatever publishers had acknowledged is in windows and books exactly once afterwards, counted from what the
 * publishers know and from what the topic holds; no alert is missing, and the devices of the fleet are counted once each.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countsId } from '../../functions/fleet/counts.js';
import { openStores } from '../../stores/open.js';
import { AlertSession } from '../support/alert-session.js';
import { chaosOf } from '../support/chaos-actions.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { crashFleet } from '../support/crash-fleet.js';
import type { Json } from '../support/json.js';
import { kafkaCanRun } from '../support/kafka.js';
import { mosquittoCommand } from '../support/mosquitto.js';
import { poll } from '../support/poll.js';
import { postgresIsThere } from '../support/postgres.js';
import { copyProject } from '../support/project-copy.js';
import { seededRandom } from '../support/random.js';
import { readerOf } from '../support/reader.js';
import { requireService } from '../support/services.js';
import { eventsIn } from '../support/topic-events.js';
import { expectWindows } from '../support/windows.js';

const describeCluster = await requireService('Kafka, PostgreSQL and Mosquitto', async () => {
  mosquittoCommand();
  await kafkaCanRun();
  await postgresIsThere();
});

const PARTITIONS = 12;
const WORKERS = 3;
const LOAD = { connections: 5, devicesPerConnection: 6, inFlight: 20, perSecond: 60 };
/** Of all that is left when publishers have ended. */
const SETTLE_MS = 90_000;
const BOUND_MS = 480_000;

/** Never fires: it is the counts that are looked at. */
const RULES = `groups:
  - name: fleets
    rules:
      - alert: Counted
        fleet: { count: event.temperature > 80 }
        expr: fleet.matching > 1000000
        labels: { severity: info }
`;

/** Devices, and those that were hot: by the partitions of the telemetry, and as `fleet` has added them up. */
async function fleetCounts(url: string) {
  const stores = openStores({ kind: 'postgres', url });
  try {
    const ids = Array.from({ length: PARTITIONS }, (_, partition) => countsId(partition));
    const rows = await stores.alerts.memories('alert', ids);
    const [group] = await stores.alerts.memories('fleet', ['fleet']);
    const own = rows.flatMap(({ state }) => (JSON.parse(state) as { sums: Json[] }).sums);
    const known: Json[] = Object.values(JSON.parse(group?.state ?? '{}').notes?.Counted.of ?? {});
    const sum = (counts: readonly (readonly [number, number])[]) =>
      counts.reduce(([total, matching], [t, m]) => [total + t, matching + m], [0, 0]);
    return {
      partitions: sum(own.map(([, , , total, matching]) => [total, matching])),
      fleet: sum(known.map(([, total, matching]) => [total, matching])),
    };
  } finally {
    await stores.close();
  }
}

describeCluster('a cluster under chaos', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster();
  }, 120_000);
  afterAll(() => cluster?.dispose(), 60_000);

  test(
    'every acknowledged event is in windows and books once, and no alert is missing',
    async () => {
      const random = seededRandom();
      console.info(`chaos: TEST_SEED=${random.seed}`);
      const { root, args } = copyProject({
        'resources.Resources.Telemetry.Properties.ShardCount': PARTITIONS,
      });
      writeFileSync(join(root, 'rules', 'fleets.yml'), RULES);
      // Mosquitto forgets shared subscriptions when it restarts, and ordinary ones it keeps.
      const gateway = await cluster.start('gateway', args, { MQTT_SHARED: 'false' });
      const api = await cluster.start('schedules,api', args);
      const startWorker = () => cluster.start('functions', args);
      const workers = await Promise.all(Array.from({ length: WORKERS }, startWorker));
      // Of its own: how much of it the load draws depends on the machine.
      const fleet = crashFleet(seededRandom(random.seed + 1), LOAD);
      const watcher = new AlertSession('chaos-watcher');
      await watcher.start(cluster.mqttUrl);
      await fleet.start(cluster.mqttUrl);

      const chaos = chaosOf({ cluster, random, workers, startWorker, fleet, watcher, api });
      await chaos.run();
      console.info(chaos.diary.join('\n'));

      fleet.pause();
      await poll(() => fleet.owed === 0, { what: 'everything owed having been acknowledged' });
      const events = fleet.events();
      const reader = readerOf(api);
      let last = '';
      let stored: ReadonlyMap<string, number> = new Map();
      const { total, records, times } = await poll(
        async () => {
          const { records, times } = await eventsIn(cluster.kafka.brokers, 'telemetry');
          const { total } = await reader.books();
          stored = times;
          const { validated, aggregated, duplicate } = total;
          last = JSON.stringify({ made: events.length, records, distinct: times.size, ...total });
          const isSettled = validated === records && aggregated + duplicate === records;
          return isSettled && times.size === events.length ? { total, records, times } : null;
        },
        { timeoutMs: SETTLE_MS, intervalMs: 500, what: 'every event being in the books' },
      ).catch((error: unknown) => {
        const missing = events.filter(({ deviceId, seq }) => !stored.has(`${deviceId} ${seq}`));
        const outputs = [gateway, ...chaos.workers].map(({ pid, output }) => `--- ${pid}\n${output()}`);
        throw new Error([last, `missing: ${JSON.stringify(missing)}`, ...outputs].join('\n'), {
          cause: error,
        });
      });
      expect(new Set(times.keys())).toEqual(new Set(events.map(({ deviceId, seq }) => `${deviceId} ${seq}`)));
      expect(total).toMatchObject({
        aggregated: events.length,
        duplicate: records - events.length,
        late: 0,
        quarantined: 0,
        refused: 0,
        received: 0,
      });
      expect(chaos.imbalances).toEqual([]);
      await expectWindows(reader, events);

      await poll(() => watcher.firing().size >= fleet.hot.size, {
        timeoutMs: SETTLE_MS,
        what: 'every alert having been delivered',
      });
      expect(watcher.firing()).toEqual(fleet.hot);
      const alerts = await reader.all('/alerts?state=firing');
      expect(alerts.map(({ deviceId }) => deviceId).sort()).toEqual([...fleet.hot].sort());
      expect(new Set(watcher.deliveries.keys())).toEqual(new Set(alerts.map(({ id }) => id)));

      const devices = new Set(events.map(({ deviceId }) => deviceId));
      const counted = [devices.size, fleet.hot.size];
      let counts: unknown;
      await poll(
        async () => {
          const found = await fleetCounts(cluster.postgres.url);
          counts = found;
          return `${found.fleet}` === `${counted}` && `${found.partitions}` === `${counted}`;
        },
        { timeoutMs: SETTLE_MS, intervalMs: 500, what: 'the fleet being counted' },
      ).catch(() => expect(counts).toEqual({ partitions: counted, fleet: counted }));
      console.info(
        `chaos: ${events.length} events, ${records - events.length} stored again, ${fleet.hot.size} alerts`,
      );

      fleet.drop();
      watcher.drop();
      for (const product of [gateway, ...chaos.workers, api]) {
        expect(await product.stop()).toEqual({ code: 0, signal: null });
      }
    },
    BOUND_MS,
  );
});
