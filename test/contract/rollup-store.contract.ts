/** What every rollup store owes, whatever it keeps its rows in. */
import type { Period, RollupRow, RollupStore } from '../../stores/rollups.js';
import { pages } from './validation-store.contract.js';

function row(deviceId: string, start: number, events = 1, period: Period = '1m'): RollupRow {
  const figures = {
    count: events,
    sum: 0.1,
    min: -1.5,
    max: 2,
    first: 1,
    firstTime: 3,
    last: 2,
    lastTime: 4,
  };
  return { deviceId, period, start, events, metrics: { temperature: figures, größe: figures } };
}

export function rollupStoreContract(open: () => Promise<RollupStore>): void {
  let store: RollupStore;
  const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const all = { limit: 100, cursor: null };
  const starts = async (period: Period = '1m', change = 0n) =>
    (await store.changedSince(period, change, 100)).map(({ deviceId, start }) => `${deviceId}${start}`);

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
    expect((await store.rollups('a', '1m', range, all)).items).toEqual([row('a', 0), row('a', 60_000, 9)]);
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
    const paged = await pages((page) => store.rollups('a', '1m', { from: 1, to: 4 }, page), 2);
    expect(paged.map((items) => items.map(({ start }) => start))).toEqual([[1, 2], [3]]);
  });

  test('the change feed of a period gives each row once, where it changed last', async () => {
    const many = Array.from({ length: 12 }, (_, start) => row('a', start));
    await store.commit('1m', many, 1n);
    await store.commit('1h', [row('h', 0, 1, '1h')], 1n);
    const [, , third] = await store.changedSince('1m', 0n, 3);
    expect(third).toMatchObject({ deviceId: 'a', start: 2 });
    await store.commit('1m', [row('a', 0, 2), row('b', 7)], 2n);
    const later = Array.from({ length: 9 }, (_, index) => `a${index + 3}`);
    expect(await starts('1m', third!.change)).toEqual([...later, 'a0', 'b7']);
    expect(await starts('1h')).toEqual(['h0']);
  });

  test("trims one device's and one period's buckets that start before a time", async () => {
    await store.commit('1m', [row('a', 1), row('a', 2), row('a', 3), row('b', 1)], 1n);
    await store.commit('1h', [row('a', 1, 1, '1h')], 1n);
    expect(await store.trim('a', '1m', 3)).toBe(2);
    expect(await starts()).toEqual(['a3', 'b1']);
    expect(await store.rowCount('1m')).toBe(2);
    expect(await store.rowCount('1h')).toBe(1);
    // Change numbers are not given twice.
    const last = (await store.changedSince('1m', 0n, 100)).at(-1)!.change;
    await store.commit('1m', [row('a', 9)], 2n);
    expect(await starts('1m', last)).toEqual(['a9']);
  });
}
