/** The query API over the real SQLite stores: pages, ranges and cursors end to end, and the books read in order. */
import type { Fetch, Platform } from '../../../functions/contract.js';
import { create } from '../../../functions/query/handler.js';
import { openSqliteStores } from '../../../stores/sqlite/stores.js';
import type { Stores } from '../../../stores/stores.js';
import type { Json } from '../../support/json.js';
import { temporaryDirectory } from '../../support/product.js';
import { sampleData } from '../../support/query-data.js';
import { context, queryPlatform } from '../../support/query-platform.js';

const data = sampleData();
let stores: Stores;
let platform: Platform;
let get: (path: string) => Promise<Json>;

beforeAll(async () => {
  stores = openSqliteStores(temporaryDirectory());
  const rowsOf =
    (tally: { partition: number }) =>
    <T extends { partition: number }>(rows: readonly T[]) =>
      rows.filter(({ partition }) => partition === tally.partition);
  for (const tally of data.validation) {
    const here = rowsOf(tally);
    await stores.validation.commit({
      tally,
      latest: here(data.devices),
      quarantined: here(data.quarantine),
    });
  }
  for (const tally of data.aggregation) {
    const here = rowsOf(tally);
    await stores.aggregation.commit({
      tally,
      progress: [],
      windows: here(data.windows),
      removed: [],
      late: here(data.late),
    });
  }
  await stores.rollups.commit(
    '1m',
    data.rollups.filter(({ period }) => period === '1m'),
    1n,
  );
  const rows = data.alerts.map((alert, index) => ({
    fingerprint: alert.fingerprint,
    deviceId: alert.deviceId,
    partition: 0,
    offset: BigInt(index),
    alert,
    state: '{}',
  }));
  await stores.alerts.commit({
    partition: 0,
    scope: 'alert',
    from: 0n,
    next: 9n,
    rows,
    memories: [],
    ended: [],
  });
  // The stores' members are getters that open a store on first use.
  platform = Object.defineProperty({ ...queryPlatform(data) }, 'stores', { value: stores });
  const { fetch } = (await create(platform)) as { fetch: Fetch };
  get = async (path) => (await fetch(new Request(`http://localhost${path}`), context)).json();
});

afterAll(() => stores.close());

/** All items of a list, page by page. */
async function collect(path: string, limit: number): Promise<Json[]> {
  const items: Json[] = [];
  let cursor = '';
  do {
    const page = await get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor}`);
    items.push(...page.items);
    cursor = page.next === null ? '' : `&cursor=${encodeURIComponent(page.next)}`;
  } while (cursor !== '');
  return items;
}

test.each([
  ['/devices', 3],
  ['/devices/dev-1/windows', 5],
  ['/devices/dev-1/windows?definition=state', 1],
  ['/devices/dev-1/rollups?period=1m', 1],
  ['/aggregations/by-site/keys', 2],
  ['/aggregations/by-site/windows?key=site%3Dnorth', 2],
  ['/aggregations/device/windows?key=dev-1', 5],
  ['/aggregations/fleet/windows', 1],
  ['/aggregations/by-site/rollups?key=site%3Dnorth', 1],
  ['/alerts', 3],
  ['/alerts?state=firing', 1],
  ['/alerts?deviceId=dev-2', 2],
  ['/quarantine', 2],
  ['/late', 1],
  ['/late?deviceId=dev-1', 1],
  ['/late?deviceId=dev-2', 0],
])('%s gives the same in pages of 1, of 2 and in one', async (path, count) => {
  const whole = await collect(path, 1000);
  expect(whole).toHaveLength(count);
  expect(await collect(path, 1)).toEqual(whole);
  expect(await collect(path, 2)).toEqual(whole);
});

test.each([
  '/devices',
  '/devices/dev-1/windows',
  '/devices/dev-1/rollups',
  '/aggregations/by-site/keys',
  '/aggregations/fleet/windows',
  '/aggregations/fleet/rollups',
  '/alerts',
  '/quarantine',
  '/late',
])('%s names a cursor that it did not give', async (path) => {
  expect(await get(`${path}?cursor=nonsense`)).toMatchObject({ status: 400, parameter: 'cursor' });
});

test('offsets, payloads and figures come back as they were stored', async () => {
  const [newest, older] = await collect('/quarantine', 10);
  expect([newest.payload, older.payload].sort()).toEqual(['/wAB', '{"ts":1,"temperature":"hot é"}']);
  const [window] = await collect('/devices/dev-1/windows', 1);
  expect(window).toMatchObject({ offset: '0', metrics: { temperature: { mean: 20.5, first: 20 } } });
});

test.each([1, 2, 5, 1000])('the feed of changes gives every window once, %i at a time', async (limit) => {
  const seen: Json[] = [];
  let answer: Json = { next: '0', more: true };
  while (answer.more) {
    answer = await get(`/windows/changes?since=${answer.next}&limit=${limit}`);
    seen.push(...answer.items);
  }
  expect(seen).toHaveLength(data.windows.length);
  expect(new Set(seen.map(({ change }) => change)).size).toBe(seen.length);
  expect(
    seen.filter(({ correction }) => correction).map(({ key, revision }) => `${key} ${revision}`),
  ).toEqual(['dev-1 2', 'site=north 2', 'site=south 2', ' 2']);
  expect(await get('/windows/changes?since=latest')).toEqual({ items: [], next: answer.next, more: false });
  expect(await get(`/windows/changes?since=${answer.next}`)).toMatchObject({ items: [], next: answer.next });
});

test('a window of a group is the sum of its partitions, and complete when all of them are', async () => {
  const [first, second] = (await get('/aggregations/by-site/windows?key=site%3Dnorth')).items;
  expect(first).toMatchObject({
    events: 20,
    partials: 2,
    revision: 3,
    complete: true,
    closed: true,
    corrections: 1,
    metrics: { temperature: { count: 20, sum: 590, mean: 29.5, min: 20, max: 39 } },
  });
  expect(first.metrics.temperature.stddev).toBeCloseTo(Math.sqrt((2 * 82.5 + 20 * 25) / 20), 9);
  expect(second).toMatchObject({ events: 20, revision: 1, complete: false, closed: false, corrections: 0 });
});

test('the books balance over the stores, and tallies are read before the stream', async () => {
  expect(await get('/accounting')).toMatchObject({ balanced: true, total: { inFlight: { validate: 1 } } });
  const order: string[] = [];
  const noting = <T extends object>(target: T, method: keyof T & string, name: string) =>
    new Proxy(target, {
      get(object, key) {
        const value = Reflect.get(object, key) as unknown;
        if (key !== method || typeof value !== 'function') return value;
        return async (...values: unknown[]) => {
          const result: unknown = await value.apply(object, values);
          order.push(name);
          return result;
        };
      },
    });
  const noted = noting(platform, 'status', 'stream');
  const { fetch } = (await create({
    ...noted,
    status: noted.status,
    stores: {
      ...stores,
      validation: noting(stores.validation, 'tallies', 'tally'),
      aggregation: noting(stores.aggregation, 'tallies', 'tally'),
      alerts: stores.alerts,
    } as Stores,
  })) as { fetch: Fetch };
  expect((await fetch(new Request('http://localhost/accounting'), context)).status).toBe(200);
  expect(order).toEqual(['tally', 'tally', 'stream']);
});

test('the summary shows all of it', async () => {
  const summary = await get('/summary');
  expect(summary).toMatchObject({ balanced: true, deviceCount: 3, connections: 3 });
  expect(summary.windows).toHaveLength(data.windows.length);
  expect(summary.alerts.firing.map((alert: Json) => alert.rule)).toEqual(['HighTemperature']);
});
