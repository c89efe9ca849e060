/**
 * What every AggregationStore owes, whatever it is built on. `open` gives an empty store.
 */
import type {
  AggregationCommit,
  AggregationStore,
  AggregationTally,
  LateEvent,
  MetricFigures,
  WindowRow,
} from '../../stores/aggregation.js';
import { pages } from './validation-store.contract.js';

/** Beyond exact doubles: offsets must come back as they went in. */
const FAR = 2n ** 53n + 1n;
const ALL = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
const FIRST = { limit: 100, cursor: null };

export function aggregationStoreContract(open: () => Promise<AggregationStore>): void {
  let store: AggregationStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  const tally = (nextOffset: bigint, counts: Partial<AggregationTally> = {}): AggregationTally => ({
    partition: 0,
    aggregated: 0,
    late: 0,
    duplicate: 0,
    refused: 0,
    ticks: 0,
    ...counts,
    nextOffset,
  });
  const figures = (value: number): MetricFigures => ({
    count: 3,
    sum: value * 3,
    min: -value,
    max: 5e-324,
    first: 0.1 + 0.2,
    firstTime: 1_700_000_000_001,
    last: 1.7976931348623157e308,
    lastTime: 1_700_000_000_999,
  });
  const window = (deviceId: string, start: number, more: Partial<WindowRow> = {}): WindowRow => ({
    deviceId,
    start,
    size: 10,
    partition: 0,
    offset: 1n,
    closed: false,
    events: 3,
    metrics: { temperature: figures(20.1) },
    ...more,
  });
  const late = (offset: bigint, arrivalTime: number): LateEvent => ({
    id: `0-${offset}`,
    partition: 0,
    offset,
    deviceId: 'a',
    eventTime: 7,
    arrivalTime,
    windowStart: 0,
    payload: '{"ts":7}',
  });
  const put = (commit: Partial<AggregationCommit>) =>
    store.commit({ tally: tally(1n), devices: [], windows: [], late: [], ...commit });

  test('is empty at first', async () => {
    expect(await store.tally(0)).toBeNull();
    expect(await store.tallies()).toEqual([]);
    expect(await store.progress(['a'])).toEqual([]);
    expect(await store.openWindows(['a'])).toEqual([]);
    expect(await store.devicesWithOpenWindows(0)).toEqual([]);
    expect(await store.changedSince(0n, 10)).toEqual([]);
    expect(await store.recentWindows(10)).toEqual([]);
  });

  test('gives back what was committed, exactly', async () => {
    const counts = tally(FAR, { aggregated: 1, late: 2, duplicate: 3, refused: 4, ticks: 5 });
    const named = JSON.parse(
      `{"__proto__":${JSON.stringify(figures(1))},"é'":${JSON.stringify(figures(2))}}`,
    );
    const rows = [window('a', -20, { offset: FAR, metrics: named }), window('a', 0), window('b', 0)];
    const devices = [{ deviceId: 'a', partition: 0, offset: FAR, state: '{"v":1}' }];
    await put({ tally: counts, devices, windows: rows, late: [late(FAR, 5)] });
    expect(await store.tally(0)).toEqual(counts);
    expect(await store.tallies()).toEqual([counts]);
    expect(await store.progress(['a', 'nobody'])).toEqual(devices);
    const { items } = await store.windows('a', ALL, FIRST);
    expect(items).toEqual(rows.slice(0, 2));
    expect(Object.keys(items[0]!.metrics)).toEqual(['__proto__', "é'"]);
    expect((await store.late(FIRST)).items).toEqual([late(FAR, 5)]);
  });

  test('a row that one commit writes twice is there once, as it came last', async () => {
    const late2 = { ...late(1n, 5), payload: '"later"' };
    await put({
      windows: [window('a', 0, { events: 1 }), window('b', 0), window('a', 0, { events: 2 })],
      devices: ['{"v":1}', '{"v":2}'].map((state) => ({ deviceId: 'a', partition: 0, offset: 1n, state })),
      late: [late(1n, 5), late2],
    });
    expect((await store.windows('a', ALL, FIRST)).items).toEqual([window('a', 0, { events: 2 })]);
    expect((await store.progress(['a']))[0]?.state).toBe('{"v":2}');
    expect((await store.late(FIRST)).items).toEqual([late2]);
    expect((await store.changedSince(0n, 10)).map((row) => row.deviceId)).toEqual(['b', 'a']);
  });

  test('gives back values at their edges', async () => {
    const state = JSON.stringify({ text: 'ü\u0000\u{1F321}'.repeat(100_000) });
    const odd = { ...figures(-0), sum: Number.MAX_VALUE, min: -Number.MAX_VALUE, first: 2 ** 53 + 2 };
    const rows = [
      window('', -Number.MAX_SAFE_INTEGER, { metrics: {}, events: Number.MAX_SAFE_INTEGER }),
      window('', 0, { metrics: { '': odd, 'a\u0000b': figures(1e-300), '\\"{},': figures(1e21) } }),
    ];
    await put({ devices: [{ deviceId: '', partition: 0, offset: 2n ** 62n, state }], windows: rows });
    expect(await store.progress([''])).toEqual([{ deviceId: '', partition: 0, offset: 2n ** 62n, state }]);
    const { items } = await store.windows('', ALL, FIRST);
    expect(JSON.stringify(items.map(({ metrics }) => metrics))).toBe(
      JSON.stringify(rows.map(({ metrics }) => metrics)),
    );
    expect(items.map(({ start, events }) => [start, events])).toEqual([
      [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      [0, 3],
    ]);
  });

  test('of commits computed from the same position at the same time, one is made', async () => {
    const attempts = Array.from({ length: 8 }, (_, n) =>
      put({ tally: tally(1n, { aggregated: 1 }), from: 0n, windows: [window(`device-${n}`, 0)] }),
    );
    const results = await Promise.allSettled(attempts);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const refused = results.filter((result) => result.status === 'rejected');
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'STORE_STALE', canRetry: true });
    expect(await store.changedSince(0n, 10)).toHaveLength(1);
  });

  test('knows which windows are open', async () => {
    await put({
      windows: [
        window('a', 0, { closed: true }),
        window('a', 10),
        window('b', 0),
        window('c', 0, { closed: true }),
      ],
    });
    expect((await store.openWindows(['a', 'c'])).map((row) => [row.deviceId, row.start])).toEqual([
      ['a', 10],
    ]);
    expect([...(await store.devicesWithOpenWindows(0))].sort()).toEqual(['a', 'b']);
    expect(await store.devicesWithOpenWindows(1)).toEqual([]);
    await put({ windows: [window('b', 0, { closed: true })] });
    expect(await store.devicesWithOpenWindows(0)).toEqual(['a']);
  });

  test('a commit computed from another position changes nothing', async () => {
    await put({ tally: tally(5n, { aggregated: 5 }), from: 0n });
    const stale = { tally: tally(9n), from: 4n, windows: [window('a', 0)], late: [late(6n, 1)] };
    await expect(put(stale)).rejects.toMatchObject({ code: 'STORE_STALE', canRetry: true });
    expect(await store.tally(0)).toEqual(tally(5n, { aggregated: 5 }));
    expect(await store.changedSince(0n, 10)).toEqual([]);
    expect((await store.late(FIRST)).items).toEqual([]);
    await put({ ...stale, from: 5n });
    expect((await store.tally(0))?.nextOffset).toBe(9n);
  });

  test('feeds every change on, in order, each row at its latest', async () => {
    await put({ windows: [window('a', 0), window('b', 0), window('c', 0)] });
    const first = await store.changedSince(0n, 2);
    expect(first.map((row) => row.deviceId)).toEqual(['a', 'b']);
    await put({ windows: [window('a', 0, { events: 4 })] });
    const rest = await store.changedSince(first[1]!.change, 10);
    expect(rest.map((row) => row.deviceId)).toEqual(['c', 'a']);
    expect(rest[0]!.change < rest[1]!.change).toBe(true);
    expect(await store.changedSince(rest[1]!.change, 10)).toEqual([]);
    expect((await store.recentWindows(2)).map((row) => [row.deviceId, row.events])).toEqual([
      ['a', 4],
      ['c', 3],
    ]);
  });

  test('a change never comes twice, not even when the newest row was trimmed', async () => {
    await put({ windows: [window('a', 0, { closed: true })] });
    const change = (await store.changedSince(0n, 1))[0]!.change;
    await store.trimWindows('a', 1000);
    await put({ windows: [window('b', 0)] });
    expect(await store.changedSince(change, 10)).toHaveLength(1);
  });

  test('pages windows oldest first within a range, and late events newest first', async () => {
    await put({
      windows: [30, 0, 20, 10, 40].map((start) => window('a', start)),
      late: [late(1n, 10), late(2n, 30), late(3n, 10)],
    });
    const found = await pages((page) => store.windows('a', { from: 0, to: 40 }, page), 3);
    expect(found.map((page) => page.map((row) => row.start))).toEqual([[0, 10, 20], [30]]);
    const lates = await pages((page) => store.late(page), 2);
    expect(lates.map((page) => page.map((row) => row.offset))).toEqual([[2n, 3n], [1n]]);
    for (const cursor of ['', 'x', Buffer.from('["1"]').toString('base64url')]) {
      const page = { limit: 1, cursor };
      await expect(store.windows('a', ALL, page)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      await expect(store.late(page)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    }
  });

  test('trims closed windows that ended, and late events that arrived long ago', async () => {
    await put({
      windows: [
        window('a', 0, { closed: true }),
        window('a', 10, { closed: true }),
        window('b', 0),
        window('a', -10),
      ],
      late: [late(1n, 10), late(2n, 20), late(3n, 30)],
    });
    expect(await store.trimWindows('a', 19)).toBe(1);
    expect((await store.windows('a', ALL, FIRST)).items.map((row) => row.start)).toEqual([-10, 10]);
    expect(await store.trimLate(30, 1)).toBe(1);
    expect(await store.trimLate(30, 5)).toBe(1);
    expect((await store.late(FIRST)).items.map((event) => event.offset)).toEqual([3n]);
  });
}
