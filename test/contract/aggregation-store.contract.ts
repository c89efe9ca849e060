/**
 * What every AggregationStore owes, whatever it is built on; of its windows more in `aggregation-windows.contract.ts`.
 * `open` gives an empty store.
 */
import type { AggregationCommit, AggregationStore, MetricFigures, Series } from '../../stores/aggregation.js';
import {
  ALL,
  device,
  FIRST,
  figures,
  late,
  progress,
  states,
  tally,
  window,
} from '../support/aggregation-rows.js';
import { aggregationWindowsContract } from './aggregation-windows.contract.js';
import { pages } from './validation-store.contract.js';

/** Beyond exact doubles: offsets must come back as they went in. */
const FAR = 2n ** 53n + 1n;
/** U+0000, U+0001, half a character, what means something in SQL, JSON and arrays: names that must stay different. */
const ODD = [
  '',
  '\u0000',
  '\u0001',
  'a',
  'a\u0000',
  'a\u0000b',
  'a\u0001',
  '__proto__',
  'ü',
  '\ud83c',
  '\udf21\ud83c',
  '\ufffd',
  '\u{1F321}',
  `"'{},\\$1 NULL`,
  'site=north,type=reefer',
];

export function aggregationStoreContract(open: () => Promise<AggregationStore>): void {
  let store: AggregationStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());
  const put = (commit: Partial<AggregationCommit>) =>
    store.commit({ tally: tally(1n), progress: [], windows: [], removed: [], late: [], ...commit });
  const windowsOf = async (series: Series) => (await store.windows(series, ALL, FIRST)).items;
  const keysOf = async (definition: string) => (await store.keys(definition, FIRST)).items;

  test('is empty at first', async () => {
    expect(await store.tally(0)).toBeNull();
    expect(await store.tallies()).toEqual([]);
    expect(await store.progress(0, '', ['a'])).toEqual([]);
    expect(await store.openWindows(0)).toEqual([]);
    expect(await keysOf('device')).toEqual([]);
    expect(await store.changedSince(0n, 10)).toEqual([]);
    expect(await store.windowsSince(0n, 10)).toEqual([]);
    expect(await store.lastChange()).toBe(0n);
    expect(await store.recentWindows(10)).toEqual([]);
    expect(await store.late({}, FIRST)).toEqual({ items: [], next: null });
  });

  test('gives back what was committed, exactly', async () => {
    const counts = tally(FAR, {
      ...{ aggregated: 1, late: 2, duplicate: 3, refused: 4, ticks: 5 },
      ...{ ahead: 6, behind: 7, corrections: 8 },
    });
    const named = JSON.parse(
      `{"__proto__":${JSON.stringify(figures(1))},"é'":${JSON.stringify(figures(2))}}`,
    );
    const full: MetricFigures = {
      ...figures(3),
      ...{ mean: 0.1, m2: 1e-300, distinct: 'AAE=' },
      ordered: { increase: 7, resets: 1, area: -0.5, samples: [[-1, 2.5]] },
      sketch: { zero: 1, positive: [-5, 2, 7, 1], negative: [] },
    };
    const rows = [
      window('a', -20, { offset: FAR, metrics: named, closed: true, revision: 2 }),
      window('a', 0, { end: 8, metrics: { counter: full }, states: { door: states('open') } }),
      window('b', 0),
    ];
    const devices = [progress('a', { offset: FAR })];
    const event = late(FAR, 5, { definitions: ['device', 'site-hourly'] });
    await put({ tally: counts, progress: devices, windows: rows, late: [event] });
    expect(await store.tally(0)).toEqual(counts);
    expect(await store.tallies()).toEqual([counts]);
    expect(await store.progress(0, '', ['a', 'nobody'])).toEqual(devices);
    const items = await windowsOf(device('a'));
    expect(items).toEqual(rows.slice(0, 2));
    expect(Object.keys(items[0]!.metrics)).toEqual(['__proto__', "é'"]);
    expect(Object.keys(items[1]!.states!.door!.durations!)).toEqual(['__proto__', 'open']);
    expect('states' in items[0]!).toBe(false);
    expect((await store.late({}, FIRST)).items).toEqual([event]);
    await put({ windows: [window('a', 0)] });
    expect(await windowsOf(device('a'))).toEqual([rows[0], window('a', 0)]);
  });

  test('rows are JSON with their members in one order, whatever the store', async () => {
    await put({
      progress: [progress('a')],
      windows: [window('a', 0, { states: { door: states('open') } })],
      late: [late(1n, 5)],
    });
    const members = (row: object | undefined) => Object.keys(row!).join(' ');
    expect(members((await windowsOf(device('a')))[0])).toBe(
      'definition key start size end partition offset closed revision events metrics states',
    );
    expect(members((await store.late({}, FIRST)).items[0])).toBe(
      'id partition offset deviceId eventTime arrivalTime windowStart definitions payload',
    );
    expect(members((await store.progress(0, '', ['a']))[0])).toBe('scope key partition offset state');
    expect(members((await store.tallies())[0])).toBe(
      'partition nextOffset aggregated late duplicate refused ticks ahead behind corrections',
    );
  });

  test('a row that one commit writes twice is there once, as it came last', async () => {
    const late2 = late(1n, 5, { payload: '"later"' });
    await put({
      windows: [window('a', 0, { events: 1 }), window('b', 0), window('a', 0, { events: 2 })],
      progress: ['{"v":1}', '{"v":2}'].map((state) => progress('a', { state })),
      late: [late(1n, 5), late2],
    });
    expect(await windowsOf(device('a'))).toEqual([window('a', 0, { events: 2 })]);
    expect((await store.progress(0, '', ['a']))[0]?.state).toBe('{"v":2}');
    expect((await store.late({}, FIRST)).items).toEqual([late2]);
    expect((await store.changedSince(0n, 10)).map((row) => row.key)).toEqual(['b', 'a']);
  });

  test('gives back values at their edges', async () => {
    const state = JSON.stringify({ text: 'ü\u0000\u{1F321}'.repeat(100_000) });
    const odd = { ...figures(-0), sum: Number.MAX_VALUE, min: -Number.MAX_VALUE, first: 2 ** 53 + 2 };
    const rows = [
      window('', -Number.MAX_SAFE_INTEGER, { metrics: {}, events: Number.MAX_SAFE_INTEGER }),
      window('', 0, { metrics: { '': odd, 'a\u0000b': figures(1e-300), '\\"{},': figures(1e21) } }),
    ];
    const far = progress('', { offset: 2n ** 62n, state });
    await put({ progress: [far], windows: rows });
    expect(await store.progress(0, '', [''])).toEqual([far]);
    const items = await windowsOf(device(''));
    expect(JSON.stringify(items.map(({ metrics }) => metrics))).toBe(
      JSON.stringify(rows.map(({ metrics }) => metrics)),
    );
    expect(items.map(({ start, events }) => [start, events])).toEqual([
      [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      [0, 3],
    ]);
  });

  test('names of any characters stay apart, and are in the order of their bytes', async () => {
    await put({
      windows: ODD.map((key, n) => window(key, 0, { events: n, states: { [key]: states(key) } })),
      progress: ODD.map((key, n) => progress(key, { offset: BigInt(n) })),
      late: ODD.map((deviceId, n) => late(BigInt(n), n, { deviceId, payload: deviceId })),
    });
    for (const [n, key] of ODD.entries()) {
      expect((await windowsOf(device(key))).map(({ events }) => events)).toEqual([n]);
      expect((await windowsOf(device(key)))[0]!.states).toEqual({ [key]: states(key) });
      expect(await store.progress(0, '', [key])).toEqual([progress(key, { offset: BigInt(n) })]);
      const events = (await store.late({ deviceId: key }, FIRST)).items;
      expect(events).toEqual([late(BigInt(n), n, { deviceId: key, payload: key })]);
    }
    const sound = (await keysOf('device')).filter((key) => !/\p{Surrogate}/u.test(key));
    const ordered = sound.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    expect(sound).toEqual(ordered);
    expect(new Set(await keysOf('device'))).toEqual(new Set(ODD));
    expect((await pages((page) => store.keys('device', page), 1)).flat()).toEqual(await keysOf('device'));
    expect((await store.openWindows(0)).map(({ key }) => key)).toEqual(await keysOf('device'));
    expect((await store.changedSince(0n, 100)).map(({ key }) => key)).toEqual(ODD);
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

  test('a commit computed from another position changes nothing', async () => {
    const kept = window('kept', 0);
    await put({ tally: tally(5n, { aggregated: 5 }), from: 0n, windows: [kept] });
    const change = await store.lastChange();
    const stale = {
      tally: tally(9n),
      from: 4n,
      progress: [progress('a')],
      windows: [window('a', 0)],
      removed: [kept],
      late: [late(6n, 1)],
    };
    await expect(put(stale)).rejects.toMatchObject({ code: 'STORE_STALE', canRetry: true });
    expect(await store.tally(0)).toEqual(tally(5n, { aggregated: 5 }));
    expect(await store.openWindows(0)).toEqual([kept]);
    expect(await store.progress(0, '', ['a'])).toEqual([]);
    expect(await store.windowsSince(change, 10)).toEqual([]);
    expect((await store.late({}, FIRST)).items).toEqual([]);
    await put({ ...stale, from: 5n });
    expect((await store.tally(0))?.nextOffset).toBe(9n);
    expect(await store.openWindows(0)).toEqual([window('a', 0)]);
  });

  test('progress is of a partition and a scope: devices apart from groups, groups of each definition apart', async () => {
    const rows = [
      progress('x', { state: '"device"' }),
      progress('x', { scope: 'sites', state: '"group"' }),
      progress('x', { scope: 'types', state: '"other"' }),
      progress('x', { scope: 'sites', partition: 1, state: '"partial"' }),
      progress('', { scope: 'fleet', state: '"all"' }),
    ];
    await put({ progress: rows });
    expect(await store.progress(0, '', ['x', ''])).toEqual([rows[0]]);
    expect(await store.progress(0, 'sites', ['x'])).toEqual([rows[1]]);
    expect(await store.progress(1, 'sites', ['x'])).toEqual([rows[3]]);
    expect(await store.progress(1, 'types', ['x'])).toEqual([]);
    expect(await store.progress(0, 'fleet', ['', 'x'])).toEqual([rows[4]]);
    await put({ progress: [progress('x', { scope: 'sites', offset: 9n })] });
    expect(await store.progress(0, 'sites', ['x'])).toEqual([progress('x', { scope: 'sites', offset: 9n })]);
    expect(await store.progress(1, 'sites', ['x'])).toEqual([rows[3]]);
  });

  test('pages windows oldest first within a range, and late events newest first', async () => {
    await put({
      windows: [30, 0, 20, 10, 40].map((start) => window('a', start)),
      late: [late(1n, 10), late(2n, 30), late(3n, 10), late(4n, 20, { deviceId: 'b' })],
    });
    const found = await pages((page) => store.windows(device('a'), { from: 0, to: 40 }, page), 3);
    expect(found.map((page) => page.map((row) => row.start))).toEqual([[0, 10, 20], [30]]);
    const lates = await pages((page) => store.late({}, page), 2);
    expect(lates.map((page) => page.map((row) => row.offset))).toEqual([
      [2n, 4n],
      [3n, 1n],
    ]);
    const ofDevice = await pages((page) => store.late({ deviceId: 'a' }, page), 2);
    expect(ofDevice.map((page) => page.map((row) => row.offset))).toEqual([[2n, 3n], [1n]]);
    expect((await store.late({ deviceId: 'nobody' }, FIRST)).items).toEqual([]);
    for (const cursor of ['', 'x', Buffer.from('["1"]').toString('base64url')]) {
      const page = { limit: 1, cursor };
      await expect(store.windows(device('a'), ALL, page)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      await expect(store.late({}, page)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      await expect(store.late({ deviceId: 'a' }, page)).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
    }
  });

  test('trims closed windows that ended, and late events that arrived long ago', async () => {
    await put({
      windows: [
        window('a', 0, { closed: true }),
        window('a', 10, { closed: true }),
        window('b', 0),
        window('a', -10),
        // A session's end is its own.
        window('a', -5, { closed: true, size: 0, end: 500 }),
        window('a', 0, { closed: true, definition: 'hourly' }),
      ],
      late: [late(1n, 10), late(2n, 20), late(3n, 30)],
    });
    expect(await store.trimWindows(device('a'), 19)).toBe(1);
    expect((await windowsOf(device('a'))).map((row) => row.start)).toEqual([-10, -5, 10]);
    expect(await windowsOf({ definition: 'hourly', key: 'a' })).toHaveLength(1);
    expect(await store.trimLate(30, 1)).toBe(1);
    expect(await store.trimLate(30, 5)).toBe(1);
    expect((await store.late({}, FIRST)).items.map((event) => event.offset)).toEqual([3n]);
  });

  describe('windows', () => aggregationWindowsContract(open));
}
