/**
 * What the stores of aggregate and rollup held when there was one definition of windows, per device: rows as they were
 * written then, and what is to be read of them now. The statements are those of both kinds of database.
 */
import type { AggregationStore, MetricFigures, WindowRow } from '../../stores/aggregation.js';
import type { RollupStore } from '../../stores/rollups.js';

const figures = (value: number): MetricFigures => ({
  ...{ count: 2, sum: value, min: 1, max: value - 1 },
  ...{ first: 1, firstTime: 1_000, last: value - 1, lastTime: 2_000 },
});
const METRICS = { temperature: figures(20.5), humidity: figures(40) };
const text = JSON.stringify(METRICS);
const FAR = '9007199254740993';

/** Inserts for the tables of version 1. @param tables their names */
export function aggregationBefore(tables: { tallies: string; devices: string }): string[] {
  const columns = 'device_id, start, size, partition, "offset", closed, events, change, metrics';
  return [
    `INSERT INTO ${tables.tallies} VALUES (0, ${FAR}, 5, 1, 2, 3, 4), (1, 7, 7, 0, 0, 0, 0)`,
    `INSERT INTO ${tables.devices} VALUES ('a', 0, ${FAR}, '{"v":1,"device":"a"}'), ('b', 1, 6, '{"v":1}')`,
    `INSERT INTO windows (${columns}) VALUES ('a', -10000, 10000, 0, 5, TRUE, 2, 1, '${text}'),
       ('a', 0, 10000, 0, ${FAR}, FALSE, 2, 4, '${text}'), ('b', 0, 10000, 1, 6, FALSE, 2, 3, '${text}'),
       ('ü', 20000, 5000, 1, 6, TRUE, 2, 2, '{}')`,
    `INSERT INTO late (partition, "offset", device_id, event_time, arrival_time, window_start, payload)
       VALUES (0, 3, 'a', 5, 90000, 0, '{"ts":5}'), (1, 2, 'b', 6, 80000, 0, '{"ts":6}')`,
  ];
}

/** Inserts for the tables of version 1. */
export const ROLLUPS_BEFORE = [
  `INSERT INTO rollups (device_id, period, start, events, metrics, change) VALUES
     ('a', '1m', 0, 2, '${text}', 1), ('a', '1m', 60000, 2, '${text}', 3), ('b', '1m', 0, 2, '${text}', 2),
     ('a', '1h', 3600000, 4, '${text}', 1), ('a', '1d', 86400000, 5, '${text}', 1)`,
];

const window = (key: string, start: number, more: Partial<WindowRow> = {}): WindowRow => ({
  ...{ definition: 'device', key, start, size: 10_000, end: start + 10_000, partition: 0 },
  ...{ offset: BigInt(FAR), closed: false, revision: 0, events: 2, metrics: METRICS },
  ...more,
});
const ALL = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
const FIRST = { limit: 100, cursor: null };
const NONE = { late: 0, duplicate: 0, refused: 0, ticks: 0, ahead: 0, behind: 0, corrections: 0 };

/** What was there is there, and the store goes on from it. */
export async function expectAggregationOfBefore(store: AggregationStore): Promise<void> {
  const device = (key: string) => ({ definition: 'device', key });
  const closed = window('a', -10_000, { offset: 5n, closed: true, revision: 1 });
  const [open, other] = [window('a', 0), window('b', 0, { partition: 1, offset: 6n })];
  const short = {
    size: 5_000,
    end: 25_000,
    partition: 1,
    offset: 6n,
    closed: true,
    revision: 1,
    metrics: {},
  };
  const tallies = [
    {
      ...NONE,
      partition: 0,
      nextOffset: BigInt(FAR),
      aggregated: 5,
      late: 1,
      duplicate: 2,
      refused: 3,
      ticks: 4,
    },
    { ...NONE, partition: 1, nextOffset: 7n, aggregated: 7 },
  ];
  expect(await store.tallies()).toEqual(tallies);
  expect(await store.progress(0, '', ['a', 'b'])).toEqual([
    { scope: '', key: 'a', partition: 0, offset: BigInt(FAR), state: '{"v":1,"device":"a"}' },
  ]);
  expect(await store.progress(1, '', ['a', 'b'])).toMatchObject([{ key: 'b', offset: 6n }]);
  expect(await store.openWindows(0)).toEqual([open]);
  expect(await store.openWindows(1)).toEqual([other]);
  expect((await store.keys('device', FIRST)).items).toEqual(['a', 'b', 'ü']);
  expect((await store.windows(device('a'), ALL, FIRST)).items).toEqual([closed, open]);
  expect((await store.windows(device('ü'), ALL, FIRST)).items).toEqual([window('ü', 20_000, short)]);
  const changes = await store.windowsSince(0n, 10);
  expect(changes.map(({ change, key, start }) => [change, key, start])).toEqual([
    [1n, 'a', -10_000],
    [2n, 'ü', 20_000],
    [3n, 'b', 0],
    [4n, 'a', 0],
  ]);
  expect(await store.lastChange()).toBe(4n);
  expect((await store.late({}, FIRST)).items).toEqual(
    [
      { id: '0-3', partition: 0, offset: 3n, deviceId: 'a', eventTime: 5, arrivalTime: 90_000 },
      { id: '1-2', partition: 1, offset: 2n, deviceId: 'b', eventTime: 6, arrivalTime: 80_000 },
    ].map((event) => ({
      ...event,
      windowStart: 0,
      definitions: ['device'],
      payload: `{"ts":${event.eventTime}}`,
    })),
  );
  expect((await store.late({ deviceId: 'b' }, FIRST)).items.map(({ id }) => id)).toEqual(['1-2']);

  const corrected = { ...open, closed: true, revision: 1 };
  await store.commit({
    tally: { ...tallies[1]!, nextOffset: 8n, aggregated: 8 },
    from: 7n,
    progress: [{ scope: '', key: 'b', partition: 1, offset: 7n, state: '{"v":2}' }],
    windows: [corrected],
    removed: [closed],
    late: [],
  });
  expect((await store.windows(device('a'), ALL, FIRST)).items).toEqual([corrected]);
  expect((await store.windowsSince(4n, 10)).map(({ change }) => change)).toEqual([5n]);
  expect(await store.progress(1, '', ['b'])).toMatchObject([{ offset: 7n, state: '{"v":2}' }]);
  expect(await store.trimWindows(device('a'), 10_000)).toBe(1);
}

/** Like `expectAggregationOfBefore`; cursors and numbers of changes were 9 and 3 for `1m`, 2 and 1 for the others. */
export async function expectRollupsOfBefore(store: RollupStore): Promise<void> {
  const series = { definition: 'device', key: 'a' };
  const row = { ...series, metrics: METRICS };
  expect((await store.rollups(series, '1m', ALL, FIRST)).items).toEqual([
    { ...row, period: '1m', start: 0, end: 60_000, events: 2 },
    { ...row, period: '1m', start: 60_000, end: 120_000, events: 2 },
  ]);
  expect((await store.rollups(series, '1h', ALL, FIRST)).items).toEqual([
    { ...row, period: '1h', start: 3_600_000, end: 7_200_000, events: 4 },
  ]);
  expect((await store.rollups(series, '1d', ALL, FIRST)).items).toEqual([
    { ...row, period: '1d', start: 86_400_000, end: 172_800_000, events: 5 },
  ]);
  expect((await store.changedSince('1m', 1n, 10)).map(({ change, key }) => [change, key])).toEqual([
    [2n, 'b'],
    [3n, 'a'],
  ]);
  const counts = ['1m', '1h', '1d', 'day', 'week'] as const;
  expect(await Promise.all(counts.map((period) => store.rowCount(period)))).toEqual([3, 1, 1, 0, 0]);
  expect(await Promise.all(counts.map((period) => store.cursor(period)))).toEqual([9n, 2n, 2n, 0n, 0n]);
  await store.commit('1m', [{ ...row, period: '1m', start: 120_000, end: 180_000, events: 1 }], 10n);
  await store.commit('week', [{ ...row, period: 'week', start: 0, end: 604_800_000, events: 1 }], 1n);
  expect((await store.changedSince('1m', 3n, 10)).map(({ change }) => change)).toEqual([4n]);
  expect(await store.trim(series, '1m', 60_000)).toBe(1);
  expect(await Promise.all(counts.map((period) => store.rowCount(period)))).toEqual([3, 1, 1, 0, 1]);
}
