/** What every rollup store owes, whatever it keeps its rows in. */
import type { Series } from '../../stores/aggregation.js';
import { PERIODS, type Period, type RollupRow, type RollupStore } from '../../stores/rollups.js';
import { pages } from './validation-store.contract.js';

const LENGTHS: Readonly<Record<Period, number>> = {
  '1m': 60_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
  day: 86_400_000,
  week: 7 * 86_400_000,
};

function series(key: string, definition = 'device'): Series {
  return { definition, key };
}

function row(
  key: string,
  start: number,
  events = 1,
  period: Period = '1m',
  more: Partial<RollupRow> = {},
): RollupRow {
  const figures = {
    count: events,
    sum: 0.1,
    min: -1.5,
    max: 2,
    first: 1,
    firstTime: 3,
    last: 2,
    lastTime: 4,
    sketch: { zero: 0, positive: [1, events], negative: [-3, 2] },
  };
  const metrics = { temperature: figures, größe: figures };
  const end = start + LENGTHS[period];
  return { ...series(key), period, start, end, events, metrics, ...more };
}

export function rollupStoreContract(open: () => Promise<RollupStore>): void {
  let store: RollupStore;
  const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const all = { limit: 100, cursor: null };
  const starts = async (period: Period = '1m', change = 0n) =>
    (await store.changedSince(period, change, 100)).map(({ key, start }) => `${key}${start}`);

  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  test('rows and the cursor are written together, rows replacing earlier ones', async () => {
    expect(await store.cursor('1m')).toBe(0n);
    const cursor = 2n ** 60n + 1n;
    await store.commit('1m', [row('a', 0), row('a', 60_000)], 5n);
    await store.commit('1m', [row('a', 60_000, 9)], cursor);
    expect(await store.cursor('1m')).toBe(cursor);
    expect(await store.cursor('1h')).toBe(0n);
    expect((await store.rollups(series('a'), '1m', range, all)).items).toEqual([
      row('a', 0),
      row('a', 60_000, 9),
    ]);
    expect(await store.rowCount('1m')).toBe(2);
    expect(await store.rowCount('1d')).toBe(0);
  });

  test('a range excludes its end, and is paged oldest first', async () => {
    await store.commit(
      '1m',
      [3, 1, 4, 0, 2].map((start) => row('a', start)),
      1n,
    );
    await store.commit('1m', [row('b', 2)], 2n);
    const paged = await pages((page) => store.rollups(series('a'), '1m', { from: 1, to: 4 }, page), 2);
    expect(paged.map((items) => items.map(({ start }) => start))).toEqual([[1, 2], [3]]);
  });

  test('the change feed of a period gives each row once, where it changed last', async () => {
    const many = Array.from({ length: 12 }, (_, start) => row('a', start));
    await store.commit('1m', many, 1n);
    await store.commit('1h', [row('h', 0, 1, '1h')], 1n);
    const [, , third] = await store.changedSince('1m', 0n, 3);
    expect(third).toMatchObject({ definition: 'device', key: 'a', start: 2 });
    await store.commit('1m', [row('a', 0, 2), row('b', 7)], 2n);
    const later = Array.from({ length: 9 }, (_, index) => `a${index + 3}`);
    expect(await starts('1m', third!.change)).toEqual([...later, 'a0', 'b7']);
    expect(await starts('1h')).toEqual(['h0']);
  });

  test("trims one device's and one period's buckets that start before a time", async () => {
    await store.commit('1m', [row('a', 1), row('a', 2), row('a', 3), row('b', 1)], 1n);
    await store.commit('1h', [row('a', 1, 1, '1h')], 1n);
    expect(await store.trim(series('a'), '1m', 3)).toBe(2);
    expect(await starts()).toEqual(['a3', 'b1']);
    expect(await store.rowCount('1m')).toBe(2);
    expect(await store.rowCount('1h')).toBe(1);
    // Change numbers are not given twice.
    const last = (await store.changedSince('1m', 0n, 100)).at(-1)!.change;
    await store.commit('1m', [row('a', 9)], 2n);
    expect(await starts('1m', last)).toEqual(['a9']);
  });

  test('calendar days and weeks have the ends they are given', async () => {
    // The day on which clocks go forward has 23 hours.
    const short = row('a', 1_711_839_600_000, 5, 'day', { end: 1_711_839_600_000 + 23 * 3_600_000 });
    const week = row('a', 1_711_321_200_000, 9, 'week', { end: 1_711_321_200_000 + 167 * 3_600_000 });
    for (const period of PERIODS) expect(await store.cursor(period)).toBe(0n);
    await store.commit('day', [short, row('a', short.end, 2, 'day')], 3n);
    await store.commit('week', [week], 4n);
    expect((await store.rollups(series('a'), 'day', range, all)).items).toEqual([
      short,
      row('a', short.end, 2, 'day'),
    ]);
    expect((await store.rollups(series('a'), 'week', range, all)).items).toEqual([week]);
    // Written again with other ends: another time zone.
    const long = { ...short, end: short.end + 7_200_000 };
    await store.commit('day', [long], 5n);
    expect((await store.rollups(series('a'), 'day', { from: 0, to: short.end }, all)).items).toEqual([long]);
    expect([await store.rowCount('day'), await store.rowCount('week'), await store.rowCount('1d')]).toEqual([
      2, 1, 0,
    ]);
    expect([await store.cursor('day'), await store.cursor('week')]).toEqual([5n, 4n]);
  });

  test('keeps definitions and keys of any characters apart, and states with the figures', async () => {
    const keys = ['', 'a', 'a\u0000', 'a\u0001', '\ud83c', '\ufffd', '__proto__', 'site=ü,type={"}\\'];
    const state = { count: 1, first: 'on', firstTime: 1, last: 'off', lastTime: 2, durations: { on: 5 } };
    const rows = keys.flatMap((key, n) => [
      row(key, 0, n + 1, '1m', { states: { [key]: state } }),
      row(key, 0, n + 100, '1m', { definition: 'other' }),
    ]);
    await store.commit('1m', rows, 1n);
    for (const [n, key] of keys.entries()) {
      expect((await store.rollups(series(key), '1m', range, all)).items).toEqual([rows[2 * n]]);
      expect((await store.rollups(series(key, 'other'), '1m', range, all)).items).toEqual([rows[2 * n + 1]]);
    }
    expect((await store.changedSince('1m', 0n, 100)).map(({ definition, key }) => [definition, key])).toEqual(
      rows.map(({ definition, key }) => [definition, key]),
    );
    expect(await store.trim(series('a'), '1m', 1)).toBe(1);
    expect(await store.rowCount('1m')).toBe(rows.length - 1);
    expect((await store.rollups(series('a', 'other'), '1m', range, all)).items).toHaveLength(1);
    const [first] = (await store.rollups(series(''), '1m', range, all)).items;
    expect(Object.keys(first!).join(' ')).toBe('definition key period start end events metrics states');
    await store.commit('1m', [row('', 0)], 2n);
    expect((await store.rollups(series(''), '1m', range, all)).items).toEqual([row('', 0)]);
  });

  test('refuses cursors of other lists', async () => {
    for (const cursor of ['x', Buffer.from('["1"]').toString('base64url')]) {
      await expect(store.rollups(series('a'), '1m', range, { limit: 1, cursor })).rejects.toMatchObject({
        code: 'CURSOR_INVALID',
      });
    }
  });
}
