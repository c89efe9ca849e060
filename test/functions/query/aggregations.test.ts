/** Aggregations over the API: what is configured, windows of any shape, groups merged, and the change feed. */
import type { Fetch } from '../../../functions/contract.js';
import { create } from '../../../functions/query/handler.js';
import type { Json } from '../../support/json.js';
import { sampleData, T0 } from '../../support/query-data.js';
import { context, emptyData, type QueryData, queryPlatform } from '../../support/query-platform.js';

async function start(data: QueryData) {
  const { fetch } = (await create(queryPlatform(data))) as { fetch: Fetch };
  return async (path: string): Promise<Json> =>
    (await fetch(new Request(`http://localhost${path}`), context)).json();
}

test('all that are configured, and which one is meant where none is named', async () => {
  const get = await start(emptyData());
  const { items, timeZone, weekStartsOn } = await get('/aggregations');
  expect(items.map(({ name, base }: Json) => [name, base])).toEqual([
    ['device', true],
    ['by-site', false],
    ['fleet', false],
    ['state', false],
  ]);
  expect(items[1]).toEqual({
    name: 'by-site',
    base: false,
    window: { type: 'tumbling', sizeMs: 60_000 },
    by: ['site'],
    deviceTypes: ['environment'],
    allowedLatenessMs: 60_000,
    metrics: { temperature: ['mean', 'stddev'], '*': ['count'] },
    rollups: true,
    publish: true,
  });
  expect({ timeZone, weekStartsOn }).toEqual({ timeZone: 'Europe/Berlin', weekStartsOn: 'monday' });
});

test.each(['keys', 'windows', 'rollups'])(
  '%s of one that is not configured are a 404 problem',
  async (what) => {
    const get = await start(sampleData());
    expect(await get(`/aggregations/nothing/${what}`)).toMatchObject({
      status: 404,
      code: 'AGGREGATION_UNKNOWN',
    });
  },
);

test('rollups of one that is not rolled up are a problem, not an empty list', async () => {
  const get = await start(sampleData());
  const refused = { status: 400, detail: expect.stringContaining("no rollups are made of 'state'") };
  expect(await get('/aggregations/state/rollups?key=dev-1&period=1m')).toMatchObject(refused);
  expect(await get('/devices/dev-1/rollups?definition=state&period=1m')).toMatchObject(refused);
  expect(await get('/aggregations/by-site/rollups?key=nowhere&period=1m')).toMatchObject({ items: [] });
});

test('keys are the groups, and the fleet is the empty one', async () => {
  const get = await start(sampleData());
  expect((await get('/aggregations/by-site/keys')).items).toEqual([
    { key: 'site=north' },
    { key: 'site=south' },
  ]);
  expect((await get('/aggregations/fleet/keys')).items).toEqual([{ key: '' }]);
  expect((await get('/aggregations/fleet/windows')).items).toHaveLength(1);
});

describe("a device's windows", () => {
  test('say how they came about: complete, corrected, closed', async () => {
    const get = await start(sampleData());
    const { items } = await get('/devices/dev-1/windows');
    const told = items.map(({ revision, complete, closed, corrections }: Json) => [
      revision,
      complete,
      closed,
      corrections,
    ]);
    expect(told[0]).toEqual([2, true, true, 1]);
    expect(told[1]).toEqual([1, true, true, 0]);
    expect(told[4]).toEqual([0, false, false, 0]);
    expect(items[0]).toMatchObject({ definition: 'device', key: 'dev-1', deviceId: 'dev-1', states: {} });
  });

  test('of a definition, with the figures that it asks for', async () => {
    const get = await start(sampleData());
    const { items } = await get('/devices/dev-1/windows?definition=state');
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      start: new Date(T0).toISOString(),
      end: new Date(T0 + 90_000).toISOString(),
      metrics: {},
      states: {
        mode: { count: 3, first: 'idle', last: 'idle', duration: { cooling: 60_000, idle: 30_000 } },
      },
    });
    expect(items[0].states.mode).not.toHaveProperty('distinct');
    expect((await get('/devices/dev-1/windows?definition=state&metric=other')).items[0].states).toEqual({});
  });

  test('figures that nobody asked for are not there', async () => {
    const get = await start(sampleData());
    const { items } = await get('/devices/dev-1/windows?limit=1&metric=humidity');
    expect(Object.keys(items[0].metrics.humidity).sort()).toEqual(
      ['count', 'sum', 'mean', 'min', 'max', 'first', 'firstTime', 'last', 'lastTime'].sort(),
    );
  });
});

describe('windows of groups', () => {
  const north = '/aggregations/by-site/windows?key=site%3Dnorth';

  test('are one per window, whatever the partitions hold', async () => {
    const get = await start(sampleData());
    const { items } = await get(north);
    expect(items).toHaveLength(2);
    expect(items[0]).toMatchObject({
      key: 'site=north',
      partials: 2,
      events: 20,
      revision: 3,
      corrections: 1,
    });
    expect(items[0]).not.toHaveProperty('deviceId');
    expect(items[0]).not.toHaveProperty('partition');
    expect(items[0].metrics.temperature).toMatchObject({ count: 20, sum: 590, min: 20, max: 39 });
    expect(typeof items[0].metrics.temperature.stddev).toBe('number');
  });

  test('are complete and closed only when every part is', async () => {
    const data = sampleData();
    const get = await start(data);
    expect((await get(north)).items[1]).toMatchObject({ revision: 1, complete: false, closed: false });
    data.windows = data.windows.map((row) => ({ ...row, revision: 1, closed: row.partition === 1 }));
    expect((await get(north)).items[1]).toMatchObject({ revision: 2, complete: true, closed: false });
  });

  test('come whole on pages that end between partitions, and in ranges', async () => {
    const get = await start(sampleData());
    const first = await get(`${north}&limit=1`);
    const second = await get(`${north}&limit=1&cursor=${first.next}`);
    expect([first, second].map(({ items }) => items[0].events)).toEqual([20, 20]);
    expect(second.items[0].start).toBe(new Date(T0 + 60_000).toISOString());
    expect(second.next).toBeNull();
    expect((await get(`${north}&from=${T0 + 60_000}`)).items).toEqual(second.items);
    expect((await get(`${north}&to=${T0 + 60_000}`)).items).toEqual(first.items);
  });

  test('are read on until there are enough, however many partitions there are', async () => {
    const data = sampleData();
    const [row] = data.windows.filter(({ definition }) => definition === 'fleet');
    data.windows = Array.from({ length: 10 }, (_, index) =>
      Array.from({ length: 64 }, (_, partition) => ({
        ...row!,
        start: T0 + index * 30_000,
        end: T0 + index * 30_000 + 60_000,
        partition,
      })),
    ).flat();
    const get = await start(data);
    const page = await get('/aggregations/fleet/windows?limit=7');
    expect(page.items.map(({ partials }: Json) => partials)).toEqual(Array(7).fill(64));
    const rest = await get(`/aggregations/fleet/windows?limit=7&cursor=${page.next}`);
    expect(rest.items).toHaveLength(3);
    expect(rest.next).toBeNull();
  });
});

describe('the feed of changes', () => {
  test('goes on from `next`, and tells corrections', async () => {
    const data = sampleData();
    const get = await start(data);
    const first = await get('/windows/changes?limit=2');
    expect(first).toMatchObject({ next: '2', more: true });
    expect(first.items.map(({ change, correction }: Json) => [change, correction])).toEqual([
      ['1', true],
      ['2', false],
    ]);
    const rest = await get(`/windows/changes?since=${first.next}`);
    expect(rest.items).toHaveLength(data.windows.length - 2);
    expect(rest).toMatchObject({ next: String(data.windows.length), more: false });
    data.windows.push({ ...data.windows[1]!, revision: 2 });
    const news = await get(`/windows/changes?since=${rest.next}`);
    expect(news.items).toHaveLength(1);
    expect(news.items[0]).toMatchObject({ revision: 2, correction: true, closed: true });
  });

  test('can begin now', async () => {
    const data = sampleData();
    const get = await start(data);
    const next = String(data.windows.length);
    expect(await get('/windows/changes?since=latest')).toEqual({ items: [], next, more: false });
    const empty = await start(emptyData());
    expect(await empty('/windows/changes?since=latest')).toEqual({ items: [], next: '0', more: false });
  });

  test('of one definition goes past the others without missing one', async () => {
    const data = sampleData();
    const get = await start(data);
    const seen: Json[] = [];
    let answer: Json = { next: '0', more: true };
    while (answer.more) {
      answer = await get(`/windows/changes?definition=by-site&limit=2&since=${answer.next}`);
      seen.push(...answer.items);
    }
    expect(seen.map(({ key, partition }) => `${key} ${partition}`)).toEqual([
      'site=north 0',
      'site=north 1',
      'site=north 0',
      'site=north 1',
      'site=south 1',
    ]);
    // What came after the last one of them has been looked at, and is not looked at again.
    expect(answer.next).toBe(String(data.windows.length));
  });

  test('is bounded, and still gets on, when almost nothing is wanted', async () => {
    const data = sampleData();
    const [row] = data.windows;
    data.windows = [...Array<(typeof data.windows)[0]>(12_000).fill(row!), ...data.windows];
    const get = await start(data);
    const first = await get('/windows/changes?definition=fleet');
    expect(first).toMatchObject({ items: [], next: '10000', more: true });
    expect((await get('/windows/changes?definition=fleet&since=10000')).items).toHaveLength(2);
  });

  test('shows windows of a definition that is configured no more', async () => {
    const data = sampleData();
    data.windows = [{ ...data.windows[0]!, definition: 'gone' }];
    const get = await start(data);
    expect((await get('/windows/changes')).items[0]).toMatchObject({ definition: 'gone', key: 'dev-1' });
  });
});

test('late events of one device', async () => {
  const get = await start(sampleData());
  expect((await get('/late?deviceId=dev-1')).items).toHaveLength(1);
  expect((await get('/late?deviceId=dev-2')).items).toEqual([]);
});
