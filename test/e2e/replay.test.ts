/**
 * A real recording through the whole product: replayed over MQTT, and every window, rollup and alert compared with
 * figures that this test works out from the CSV by itself (see support/recording.ts).
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync, type MqttClient } from 'mqtt';
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';
import { projectRoot } from '../support/project-root.js';
import {
  type Bucket,
  buckets,
  type Episode,
  episodes,
  METRICS,
  type Observation,
  observations,
  RECORDING,
} from '../support/recording.js';

const STATIONS = ['EWR', 'JFK', 'LGA'];
const WINDOW = 10_000;
const PERIODS = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 } as const;
const run = promisify(execFile);

const all = observations();
// The schema of weather stations requires a temperature: the one row without it belongs into quarantine.
const valid = all.filter((row) => 'temp' in row.values);
const byStation = new Map(
  STATIONS.map((station) => [station, valid.filter((row) => row.station === station)]),
);
const rowsOf = (station: string): Observation[] => byStation.get(station)!;

interface Message {
  readonly topic: string;
  readonly alert: Episode & { readonly fingerprint: string };
}

let product: Product;
let subscriber: MqttClient;
const messages: Message[] = [];

async function get<T>(path: string): Promise<T> {
  // Not kept alive: comparing a year of windows blocks this process for longer than the server keeps a connection.
  const response = await fetch(product.httpUrl + path, { headers: { connection: 'close' } }).catch(
    (cause) => {
      throw new Error(`no answer to ${path}; the product's last words:\n${product.output().slice(-2000)}`, {
        cause,
      });
    },
  );
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

async function pages<T>(path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor = ''; ; ) {
    const page = await get<{ items: T[]; next: string | null }>(`${path}limit=1000${cursor}`);
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

interface Total {
  readonly acknowledged: number;
  readonly validated: number;
  readonly quarantined: number;
  readonly aggregated: number;
  readonly late: number;
  readonly duplicate: number;
  readonly inFlight: Record<string, number>;
  readonly lag: Record<string, number>;
}

async function replayAll(): Promise<Record<string, unknown>> {
  const port = new URL(product.mqttUrl).port;
  const mapping = join(projectRoot, 'simulators', 'mappings', 'nyc-weather.yml');
  const { stdout } = await run(
    process.execPath,
    ['dist/cli/main.js', 'replay', RECORDING, '--mapping', mapping, '--speed', 'max', '-p', port],
    { cwd: projectRoot, maxBuffer: 1 << 24 },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>;
}

/** The books, once all these events are through validate and aggregate. */
function booksAt(acknowledged: number): Promise<{ balanced: boolean; total: Total }> {
  return poll(
    async () => {
      const books = await get<{ balanced: boolean; total: Total }>('/accounting');
      const { total } = books;
      const done = total.acknowledged === acknowledged && Object.values(total.inFlight).every((n) => n === 0);
      return done ? books : null;
    },
    { timeoutMs: 60_000, intervalMs: 100, what: `${acknowledged} events to be processed` },
  );
}

/** A bucket with everything in one order, and without the sum, whose last bits depend on the order of addition. */
function exact({ start, events, metrics }: Bucket) {
  const figures = METRICS.filter((name) => name in metrics).map((name) => {
    const { count, min, max, first, firstTime, last, lastTime } = metrics[name]!;
    return { name, count, min, max, first, firstTime, last, lastTime };
  });
  return { start, events, figures, metrics: Object.keys(metrics).length };
}

function expectSameBuckets(actual: readonly Bucket[], expected: readonly Bucket[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, bucket] of expected.entries()) {
    const [is, shall] = [exact(actual[i]!), exact(bucket)];
    // Comparing texts first: thousands of deep comparisons take jest seconds.
    if (JSON.stringify(is) !== JSON.stringify(shall)) expect(is).toEqual(shall);
    for (const [name, { sum }] of Object.entries(bucket.metrics)) {
      const off = Math.abs(actual[i]!.metrics[name]!.sum - sum);
      if (off > Math.abs(sum) * 1e-12) expect(actual[i]!.metrics[name]!.sum).toBe(sum);
    }
  }
}

const expectedEpisodes = STATIONS.flatMap((station) => [
  ...episodes(rowsOf(station), 'HeatAdvisory', 'temp', 95),
  ...episodes(rowsOf(station), 'HighWind', 'wind_speed', 40),
]);
const key = ({ rule, deviceId, startsAt }: { rule: string; deviceId: string; startsAt: string | number }) =>
  `${rule} ${deviceId} ${new Date(startsAt).toISOString()}`;
const sorted = <T extends Parameters<typeof key>[0]>(items: readonly T[]) =>
  [...items].sort((a, b) => (key(a) < key(b) ? -1 : 1));

beforeAll(async () => {
  // A year of windows has to stay for the comparison, and rollups must not wait for the next minute.
  const { args } = copyProject({
    'custom.millrace.retention.windows': '3650d',
    'custom.millrace.functions.rollup.schedule': 'rate(1 second)',
  });
  product = await startProduct({ args });
  subscriber = await connectAsync(product.mqttUrl, { clientId: 'replay-test' });
  subscriber.on('message', (topic, payload) => {
    messages.push({ topic, alert: JSON.parse(payload.toString()) as Message['alert'] });
  });
  await subscriber.subscribeAsync('alerts/#', { qos: 1 });
}, 60_000);

afterAll(async () => {
  await subscriber?.endAsync(true);
});

describe('the recording, replayed', () => {
  test('the data is what this test believes it to be', () => {
    expect(all).toHaveLength(26_115);
    expect(valid).toHaveLength(26_114);
    expect(expectedEpisodes).toHaveLength(13);
    expect(new Set(expectedEpisodes.map(({ rule }) => rule)).size).toBe(2);
    expect(Math.max(...valid.map((row) => row.values.wind_speed ?? 0))).toBeCloseTo(1048.36, 2);
  });

  test('every row is acknowledged and in the books', async () => {
    expect(await replayAll()).toMatchObject({
      rows: 26_115,
      badRows: 0,
      sent: 26_115,
      acknowledged: 26_115,
      ok: true,
    });
    const { balanced, total } = await booksAt(26_115);
    expect(balanced).toBe(true);
    expect(total).toMatchObject({
      validated: 26_114,
      quarantined: 1,
      aggregated: 26_114,
      late: 0,
      duplicate: 0,
    });
  }, 120_000);

  test('the row without a temperature is in quarantine, with its reason', async () => {
    const items = await pages<{ deviceId: string; code: string; reason: string; payload: string }>(
      '/quarantine?',
    );
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      deviceId: 'EWR',
      code: 'SCHEMA',
      reason: expect.stringContaining("'temp'"),
    });
    expect(JSON.parse(items[0]!.payload)).toMatchObject({ ts: Date.parse('2013-08-22T13:00:00Z') });
  });

  test('the latest values are those of each last row', async () => {
    for (const station of STATIONS) {
      const last = rowsOf(station).at(-1)!;
      expect(await get(`/devices/${station}`)).toMatchObject({
        deviceType: 'weather',
        eventTime: new Date(last.time).toISOString(),
        values: last.values,
      });
    }
  });

  test.each(STATIONS)(
    'all windows of %s are those of the CSV',
    async (station) => {
      const actual = await pages<Bucket>(`/devices/${station}/windows?`);
      expectSameBuckets(actual, buckets(rowsOf(station), WINDOW));
    },
    30_000,
  );

  test.each(STATIONS)(
    'all rollups of %s are those of the CSV',
    async (station) => {
      for (const [period, size] of Object.entries(PERIODS)) {
        const expected = buckets(rowsOf(station), size);
        const events = expected.reduce((sum, bucket) => sum + bucket.events, 0);
        const path = `/devices/${station}/rollups?period=${period}&`;
        const actual = await poll(
          async () => {
            const found = await pages<Bucket>(path);
            return found.reduce((sum, bucket) => sum + bucket.events, 0) >= events ? found : null;
          },
          { timeoutMs: 60_000, intervalMs: 250, what: `rollups of ${period} to be complete` },
        );
        expectSameBuckets(actual, expected);
      }
    },
    90_000,
  );

  test('a metric can be asked for alone', async () => {
    const [bucket] = await pages<Bucket>('/devices/JFK/rollups?period=1d&metric=wind_speed&');
    expect(Object.keys(bucket!.metrics)).toEqual(['wind_speed']);
    expect(METRICS).toContain('wind_speed');
  });

  test('the alerts are those of the CSV: begun, ended, and no others', async () => {
    const alerts = await poll(
      async () => {
        const found = await pages<Episode>('/alerts?');
        return found.length >= expectedEpisodes.length ? found : null;
      },
      { timeoutMs: 30_000, what: 'all alerts' },
    );
    const plain = alerts.map(({ deviceId, rule, startsAt, endsAt, state, value }) => ({
      deviceId,
      rule,
      startsAt,
      endsAt,
      state,
      value,
    }));
    expect(sorted(plain)).toEqual(sorted(expectedEpisodes));
  }, 60_000);

  test('each was published as it fired and as it resolved, once', async () => {
    const resolved = expectedEpisodes.filter(({ state }) => state === 'resolved');
    await poll(() => messages.length >= expectedEpisodes.length + resolved.length, {
      timeoutMs: 30_000,
      what: 'all messages on the alert topics',
    });
    const keysOf = (state: string) =>
      messages
        .filter(({ alert }) => alert.state === state)
        .map(({ alert }) => key(alert))
        .sort();
    expect(keysOf('firing')).toEqual(expectedEpisodes.map(key).sort());
    expect(keysOf('resolved')).toEqual(resolved.map(key).sort());
    for (const { topic, alert } of messages) {
      expect(topic).toBe(`alerts/warning/${alert.deviceId}/${alert.rule}`);
    }
  }, 60_000);

  test('replayed once more, the same events count once in windows', async () => {
    await replayAll();
    const { balanced, total } = await booksAt(2 * 26_115);
    expect(balanced).toBe(true);
    // The numbers of a device's most recent events are remembered; older events are late for their closed windows.
    expect(total).toMatchObject({ aggregated: 26_114, quarantined: 2 });
    expect(total.duplicate).toBeGreaterThan(0);
    expect(total.duplicate + total.late).toBe(26_114);
    for (const station of STATIONS) {
      const actual = await pages<Bucket>(`/devices/${station}/windows?`);
      expect(actual.reduce((sum, bucket) => sum + bucket.events, 0)).toBe(rowsOf(station).length);
    }
    // Old hot events alert once more, by themselves: `alert` remembers a device's last episode, not all of them.
    const known = new Set((await pages<Episode>('/alerts?')).map((alert) => key(alert)));
    for (const episode of expectedEpisodes) expect(known).toContain(key(episode));
  }, 120_000);
});
