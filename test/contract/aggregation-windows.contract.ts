/** What every AggregationStore owes about windows: open ones, partials, removals, keys and the feed of changes. */
import type { AggregationCommit, AggregationStore, Series } from '../../stores/aggregation.js';
import { ALL, device, FIRST, states, tally, window } from '../support/aggregation-rows.js';
import { pages } from './validation-store.contract.js';

export function aggregationWindowsContract(open: () => Promise<AggregationStore>): void {
  let store: AggregationStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());
  const put = (commit: Partial<AggregationCommit>) =>
    store.commit({ tally: tally(1n), progress: [], windows: [], removed: [], late: [], ...commit });
  const windowsOf = async (series: Series) => (await store.windows(series, ALL, FIRST)).items;
  const keysOf = async (definition: string) => (await store.keys(definition, FIRST)).items;

  test("gives a partition's open windows in order of definition, key, start and size", async () => {
    const rows = [
      window('b', 10),
      window('a', 10),
      window('a', -10, { revision: 3 }),
      window('a', -10, { size: 5 }),
      window('a', 0, { closed: true, revision: 1 }),
      window('a', 0, { partition: 1 }),
      window('z', 0, { definition: 'a-first' }),
      window('c', 0, { closed: true }),
      window('', 0, { definition: 'latest', size: 0, end: 0 }),
    ];
    await put({ windows: rows });
    const open = async (partition: number) =>
      (await store.openWindows(partition)).map((row) => [row.definition, row.key, row.start, row.size]);
    expect(await open(0)).toEqual([
      ['a-first', 'z', 0, 10],
      ['device', 'a', -10, 5],
      ['device', 'a', -10, 10],
      ['device', 'a', 10, 10],
      ['device', 'b', 10, 10],
      ['latest', '', 0, 0],
    ]);
    expect((await store.openWindows(0, ['latest', 'device'])).map(({ definition }) => definition)).toEqual([
      'a-first',
      ...['device', 'device', 'device', 'device'],
    ]);
    expect(await store.openWindows(0, ['device'])).toHaveLength(6);
    expect(await store.openWindows(1)).toEqual([rows[5]]);
    expect(await store.openWindows(2)).toEqual([]);
    await put({ windows: [window('a', 0, { partition: 1, closed: true })] });
    expect(await open(1)).toEqual([]);
    expect(await open(0)).toHaveLength(6);
  });

  test('gives all open windows, however many there are', async () => {
    const count = 6_000;
    const windows = Array.from({ length: count }, (_, n) =>
      window(`device-${n % 9}`, n * 10, { metrics: {}, definition: n % 2 === 0 ? 'device' : 'other' }),
    );
    await put({ windows });
    const open = await store.openWindows(0);
    expect(open).toHaveLength(count);
    const names = open.map(({ definition, key, start }) => `${definition} ${key} ${`${start}`.padStart(6)}`);
    expect(names).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(count);
  });

  test('partitions keep rows of their own under one key', async () => {
    const fleet = { definition: 'fleet', key: '' };
    const partial = (partition: number, start: number, events = partition + 1) =>
      window('', start, { definition: 'fleet', partition, events });
    await put({ windows: [partial(2, 0), partial(0, 10), partial(0, 0), partial(1, 0)] });
    await put({ tally: { ...tally(1n), partition: 1 }, windows: [partial(1, 10)] });
    expect(await windowsOf(fleet)).toEqual([
      ...[partial(0, 0), partial(1, 0), partial(2, 0)],
      ...[partial(0, 10), partial(1, 10)],
    ]);
    const paged = await pages((page) => store.windows(fleet, ALL, page), 2);
    expect(paged.map((rows) => rows.map((row) => [row.start, row.partition]))).toEqual([
      [
        [0, 0],
        [0, 1],
      ],
      [
        [0, 2],
        [10, 0],
      ],
      [[10, 1]],
    ]);
    await put({ windows: [partial(1, 0, 9)], removed: [partial(2, 0)] });
    expect((await windowsOf(fleet)).map(({ events }) => events)).toEqual([1, 9, 1, 2]);
    expect(await keysOf('fleet')).toEqual(['']);
  });

  test('windows of one start and of several sizes are rows of their own', async () => {
    const rows = [window('a', 0, { size: 0, end: 7 }), window('a', 0), window('a', 0, { size: 20, end: 20 })];
    await put({ windows: rows.toReversed() });
    expect(await windowsOf(device('a'))).toEqual(rows);
  });

  test('removes windows that are no more, before it writes', async () => {
    const session = (start: number, end: number) =>
      window('a', start, { definition: 'sessions', size: 0, end });
    const series = { definition: 'sessions', key: 'a' };
    await put({ windows: [session(0, 5), session(20, 25), session(40, 45), window('a', 20)] });
    // One that began before merges two: the later one is gone, the earlier one is written.
    await put({ windows: [session(0, 25)], removed: [session(20, 25), session(0, 5), session(99, 100)] });
    expect(await windowsOf(series)).toEqual([session(0, 25), session(40, 45)]);
    expect(await windowsOf(device('a'))).toEqual([window('a', 20)]);
    await put({ removed: [session(0, 25), session(40, 45)] });
    expect(await windowsOf(series)).toEqual([]);
    expect(await keysOf('sessions')).toEqual([]);
    expect((await store.changedSince(0n, 10)).map(({ definition }) => definition)).toEqual(['device']);
  });

  test('gives each key of a definition once, in order, by pages', async () => {
    const keys = Array.from({ length: 25 }, (_, n) => `key-${String(n).padStart(2, '0')}`);
    await put({
      windows: [
        ...keys.toReversed().flatMap((key) => [0, 10, 20].map((start) => window(key, start))),
        window('other', 0, { definition: 'devic' }),
        window('other', 0, { definition: 'devices' }),
      ],
    });
    const paged = await pages((page) => store.keys('device', page), 10);
    expect(paged.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(paged.flat()).toEqual(keys);
    expect(await keysOf('devices')).toEqual(['other']);
    expect(await keysOf('none')).toEqual([]);
    expect((await pages((page) => store.keys('device', page), 25)).map((page) => page.length)).toEqual([25]);
    const cursor = 'x';
    await expect(store.keys('device', { limit: 1, cursor })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
  });

  test('feeds every change on, in order, each row at its latest', async () => {
    await put({ windows: [window('a', 0), window('b', 0), window('c', 0)] });
    const first = await store.changedSince(0n, 2);
    expect(first.map((row) => row.key)).toEqual(['a', 'b']);
    await put({ windows: [window('a', 0, { events: 4 })] });
    const rest = await store.changedSince(first[1]!.change, 10);
    expect(rest.map(({ definition, key, start }) => [definition, key, start])).toEqual([
      ['device', 'c', 0],
      ['device', 'a', 0],
    ]);
    expect(rest[0]!.change < rest[1]!.change).toBe(true);
    expect(await store.changedSince(rest[1]!.change, 10)).toEqual([]);
    expect((await store.recentWindows(2)).map((row) => [row.key, row.events])).toEqual([
      ['a', 4],
      ['c', 3],
    ]);
  });

  test('gives changed rows whole, with their revisions, so that a consumer sees corrections as such', async () => {
    const before = await store.lastChange();
    await put({ windows: [window('a', 0), window('b', 0, { states: { door: states('open') } })] });
    const open = await store.windowsSince(before, 10);
    expect(open.map(({ change: _, ...row }) => row)).toEqual([
      window('a', 0),
      window('b', 0, { states: { door: states('open') } }),
    ]);
    expect(open.map(({ change }) => change)).toEqual(
      (await store.changedSince(before, 10)).map(({ change }) => change),
    );
    const seen = await store.lastChange();
    expect(await store.windowsSince(seen, 10)).toEqual([]);
    await put({ windows: [window('a', 0, { revision: 1 })] });
    await put({ windows: [window('a', 0, { revision: 2, events: 4 }), window('b', 0, { revision: 1 })] });
    const rows = await store.windowsSince(seen, 1);
    expect(rows.map(({ key, revision, events }) => [key, revision, events])).toEqual([['a', 2, 4]]);
    const rest = await store.windowsSince(rows[0]!.change, 10);
    expect(rest.map(({ key, revision }) => [key, revision])).toEqual([['b', 1]]);
    expect(await store.lastChange()).toBe(rest[0]!.change);
  });

  test('a change never comes twice, not even when the newest row was trimmed', async () => {
    await put({ windows: [window('a', 0, { closed: true })] });
    const change = (await store.changedSince(0n, 1))[0]!.change;
    await store.trimWindows(device('a'), 1000);
    expect(await store.lastChange()).toBe(change);
    await put({ windows: [window('b', 0)] });
    expect(await store.changedSince(change, 10)).toHaveLength(1);
  });
}
