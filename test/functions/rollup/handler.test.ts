import fc from 'fast-check';
import { type AggregationDefinition, tumblingPerDevice } from '../../../common/aggregations.js';
import { percentile } from '../../../functions/aggregate/figures/sketch.js';
import { calendarOf } from '../../../functions/rollup/calendar.js';
import { create } from '../../../functions/rollup/handler.js';
import { PERIODS, type Period, type RollupRow } from '../../../stores/rollups.js';
import type { Stores } from '../../../stores/stores.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../support/platform.js';
import { measured, type Reading, rolledUp, windowRows, writeWindows } from '../../support/window-rows.js';

const T0 = Date.UTC(2024, 0, 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const EVERYTHING = { from: 0, to: Number.MAX_SAFE_INTEGER };
const LENGTH = { '1m': MINUTE, '1h': HOUR, '1d': DAY };

const DEVICE = rolledUp('device');
const SITE = rolledUp('site', { by: ['site'] });

function platformOf(
  timeZone = 'UTC',
  definitions: readonly AggregationDefinition[] = [DEVICE, SITE],
  stores?: Stores,
): MemoryPlatform {
  return memoryPlatform(
    { aggregate: { ...tumblingPerDevice(10_000, 60_000), timeZone, definitions } },
    stores,
  );
}

/** Writes the windows that hold these readings, whole. */
async function aggregate(
  { stores }: MemoryPlatform,
  readings: readonly Reading[],
  definition = DEVICE,
): Promise<void> {
  await writeWindows(stores.aggregation, windowRows(definition, readings));
}

async function rollUp(platform: MemoryPlatform, remainingMs?: number): Promise<void> {
  const { scheduled } = await create(platform);
  await scheduled!({ time: 0 }, invocation(remainingMs));
}

async function rollups(
  { stores }: MemoryPlatform,
  keys: readonly string[],
  period: Period,
  definition = DEVICE,
): Promise<RollupRow[]> {
  const rows: RollupRow[] = [];
  for (const key of keys) {
    const series = { definition: definition.name, key };
    const page = { limit: 100_000, cursor: null };
    rows.push(...(await stores.rollups.rollups(series, period, EVERYTHING, page)).items);
  }
  return rows;
}

/** Each period's rows straight from the readings, by key and start. */
function expected(readings: readonly Reading[], period: Period, timeZone: string, definition = DEVICE) {
  const calendar = calendarOf(timeZone, 'monday');
  const spanOf = (time: number) => {
    if (period === 'day') return calendar.day(time);
    if (period === 'week') return calendar.week(time);
    const start = Math.floor(time / LENGTH[period]) * LENGTH[period];
    return { start, end: start + LENGTH[period] };
  };
  const groups = new Map<string, Reading[]>();
  for (const reading of readings) {
    const id = `${reading.key} ${spanOf(reading.time).start}`;
    groups.set(id, [...(groups.get(id) ?? []), reading]);
  }
  return [...groups.values()]
    .map((group) => ({
      definition: definition.name,
      key: group[0]!.key,
      period,
      ...spanOf(group[0]!.time),
      ...measured(definition, group),
    }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.start - b.start));
}

async function expectRollups(
  platform: MemoryPlatform,
  readings: readonly Reading[],
  definition = DEVICE,
): Promise<void> {
  const { timeZone } = platform.settings.aggregate;
  const keys = [...new Set(readings.map(({ key }) => key))].sort();
  for (const period of PERIODS) {
    expect(await rollups(platform, keys, period, definition)).toEqual(
      expected(readings, period, timeZone, definition),
    );
  }
}

function hourly(key: string, days: number, from = T0): Reading[] {
  return Array.from({ length: days * 24 }, (_, hour) => ({ key, time: from + hour * HOUR, value: hour }));
}

class Killed extends Error {}

/** Stores whose `at`-th commit of rollups fails, before or after it has become durable. */
function killedAt(stores: Stores, at: number, durable: boolean): Stores {
  let commits = 0;
  const dying = new Proxy(stores.rollups, {
    get: (store, name, receiver) => {
      if (name !== 'commit') return Reflect.get(store, name, receiver);
      return async (...args: Parameters<typeof store.commit>) => {
        if (commits++ !== at) return store.commit(...args);
        if (durable) await store.commit(...args);
        throw new Killed();
      };
    },
  });
  return new Proxy(stores, {
    get: (all, name, receiver) => (name === 'rollups' ? dying : Reflect.get(all, name, receiver)),
  });
}

// Dense around the edges of a minute, an hour, a day; of the day of Berlin in which clocks go forward; of Kolkata's, Kathmandu's and
// Lord Howe's days.
const EDGES = [
  0,
  MINUTE,
  HOUR,
  DAY,
  Date.UTC(2024, 2, 30, 23) - T0,
  Date.UTC(2024, 2, 31, 1) - T0,
  Date.UTC(2024, 2, 31, 18, 30) - T0,
  Date.UTC(2024, 2, 31, 18, 15) - T0,
  Date.UTC(2024, 3, 6, 13) - T0,
  Date.UTC(2024, 3, 7, 13, 30) - T0,
];
// Whole values: sums are exact in any order.
const anyReading = fc.record({
  key: fc.constantFrom('a', 'b'),
  time: fc
    .tuple(fc.constantFrom(...EDGES), fc.integer({ min: -MINUTE, max: MINUTE }))
    .map(([edge, around]) => T0 + edge + around),
  value: fc.integer({ min: -50, max: 50 }),
});
const anyReadings = fc.uniqueArray(anyReading, {
  minLength: 1,
  maxLength: 40,
  selector: ({ key, time }) => `${key}${time}`,
});
const anyZone = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
);

test('in whatever order windows change and whenever a run is killed, rollups are those of all readings at once', async () => {
  const run = fc.record({ upTo: fc.nat(40), killedAt: fc.nat(6), durable: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(anyReadings, anyZone, fc.array(run, { maxLength: 4 }), async (readings, zone, runs) => {
      const platform = platformOf(zone);
      for (const { upTo, killedAt: at, durable } of [...runs].sort((a, b) => a.upTo - b.upTo)) {
        const part = readings.slice(0, upTo);
        if (part.length > 0) await aggregate(platform, part);
        const dying = platformOf(zone, [DEVICE, SITE], killedAt(platform.stores, at, durable));
        await rollUp(dying).catch((error: unknown) => {
          if (!(error instanceof Killed)) throw error;
        });
      }
      await aggregate(platform, readings);
      await rollUp(platform);
      await expectRollups(platform, readings);
      await platform.stores.close();
    }),
    { numRuns: 40 },
  );
});

test('a group is merged from the windows of all partitions', async () => {
  await fc.assert(
    fc.asyncProperty(anyReadings, fc.infiniteStream(fc.nat(2)), async (readings, partitions) => {
      const platform = platformOf();
      const spread = readings.map((reading) => ({
        ...reading,
        key: `site=${reading.key}`,
        partition: partitions.next().value,
      }));
      await aggregate(platform, spread.slice(0, spread.length / 2), SITE);
      await rollUp(platform);
      await aggregate(platform, spread, SITE);
      await rollUp(platform);
      await expectRollups(platform, spread, SITE);
      await platform.stores.close();
    }),
    { numRuns: 20 },
  );
});

test('definitions without rollups have none', async () => {
  const plain = rolledUp('plain', { rollups: false });
  const platform = platformOf('UTC', [DEVICE, plain]);
  await aggregate(platform, hourly('a', 1), plain);
  await aggregate(platform, hourly('a', 1));
  await rollUp(platform);
  expect(await rollups(platform, ['a'], '1h', plain)).toEqual([]);
  await expectRollups(platform, hourly('a', 1));
});

test('what a definition kept before it had tumbling windows is in no rollup: sessions, the last events, hours', async () => {
  const platform = platformOf();
  const readings = [{ key: 'd', time: T0 + 61_000, value: 5 }];
  const [window] = windowRows(DEVICE, readings);
  const before = [
    { start: T0 + 60_500, size: 0, end: T0 + 65_500 },
    { start: 0, size: 0, end: T0 + 61_001 },
    { start: T0, size: HOUR, end: T0 + HOUR },
  ];
  await writeWindows(platform.stores.aggregation, [
    window!,
    ...before.map((span) => ({ ...window!, ...span })),
  ]);
  await rollUp(platform);
  const rows = await rollups(platform, ['d'], '1m');
  expect(rows.map(({ start, events }) => [start, events])).toEqual([[T0 + MINUTE, 1]]);
});

test('a rollup that was down for two days catches up in bounded steps, and neither loses nor doubles', async () => {
  const keys = ['a', 'b', 'c'];
  const readings = Array.from({ length: 2 * 24 * 60 * 2 * 3 }, (_, i) => ({
    key: keys[i % 3]!,
    time: T0 + Math.floor(i / 3) * 30_000,
    value: i % 100,
  }));
  const windows = windowRows(DEVICE, readings);
  const platform = platformOf();
  await writeWindows(platform.stores.aggregation, windows);
  const { rollups: store } = platform.stores;
  const steps: number[] = [];
  const counting = new Proxy(store, {
    get: (target, name, receiver) => {
      if (name !== 'commit') return Reflect.get(target, name, receiver);
      return (...args: Parameters<typeof target.commit>) => {
        steps.push(args[1].length);
        return target.commit(...args);
      };
    },
  });
  const counted = new Proxy(platform.stores, {
    get: (all, name, receiver) => (name === 'rollups' ? counting : Reflect.get(all, name, receiver)),
  });
  await rollUp(platformOf('UTC', [DEVICE], counted));
  // Each bucket once: minutes, hours, days, days, weeks.
  expect(steps).toEqual([5_000, 3_640, 144, 6, 6, 3]);
  const expectedRows = await Promise.all(PERIODS.map((period) => rollups(platform, keys, period)));
  expect(expectedRows.map(({ length }) => length)).toEqual([8_640, 144, 6, 6, 3]);
  // SUM of rollups equals the raw sum.
  const raw = readings.reduce((sum, { value }) => sum + value, 0);
  for (const rows of expectedRows) {
    expect(rows.reduce((sum, { metrics }) => sum + metrics.temperature!.sum, 0)).toBe(raw);
    expect(rows.reduce((sum, { events }) => sum + events, 0)).toBe(readings.length);
  }

  // Killed at every commit in turn, before and after it is durable: the same rows.
  for (const durable of [false, true]) {
    const other = platformOf('UTC', [DEVICE]);
    await writeWindows(other.stores.aggregation, windows);
    // What a killed run leaves behind is its commits before: so each dies at its first, or at its second.
    let kills = 0;
    for (let killed = true; killed; kills++) {
      const dying = platformOf('UTC', [DEVICE], killedAt(other.stores, durable ? 0 : 1, durable));
      killed = await rollUp(dying).then(
        () => false,
        (error: unknown) => {
          if (error instanceof Killed) return true;
          throw error;
        },
      );
    }
    expect(kills).toBeGreaterThanOrEqual(steps.length);
    expect(await Promise.all(PERIODS.map((period) => rollups(other, keys, period)))).toEqual(expectedRows);
  }
});

test('what a run has no time for, the next one does', async () => {
  const platform = platformOf();
  const readings = hourly('a', 230);
  await aggregate(platform, readings);
  await rollUp(platform, 500);
  expect(await platform.stores.rollups.rowCount('1m')).toBe(0);
  await rollUp(platform);
  await expectRollups(platform, readings);
});

test('one late device among 1,000 computes only its own buckets again', async () => {
  const platform = platformOf();
  const keys = Array.from({ length: 1_000 }, (_, i) => `device-${i}`);
  await aggregate(
    platform,
    keys.flatMap((key) => [0, 1, 5].map((hour) => ({ key, time: T0 + hour * HOUR, value: hour }))),
  );
  await rollUp(platform);
  const { rollups: store } = platform.stores;
  const last = async (period: Period) => (await store.changedSince(period, 0n, 10_000)).at(-1)!.change;
  const before = await Promise.all(PERIODS.map(last));
  await aggregate(platform, [{ key: 'device-77', time: T0 + HOUR, value: 99 }]);
  await rollUp(platform);
  const written = await Promise.all(
    PERIODS.map(async (period, i) => store.changedSince(period, before[i]!, 10)),
  );
  const start = [T0 + HOUR, T0 + HOUR, T0, T0, T0];
  expect(written).toMatchObject(start.map((at) => [{ definition: 'device', key: 'device-77', start: at }]));
});

test('percentiles of a day, from merged sketches, are within 1 % of the exact ones', async () => {
  const platform = platformOf();
  const readings = Array.from({ length: 5_000 }, (_, i) => ({
    key: 'a',
    time: T0 + i * 17_000,
    // Long-tailed, and in no order.
    value: 1 / (1.0001 - ((i * 7_919) % 5_000) / 5_000),
  }));
  await aggregate(platform, readings);
  await rollUp(platform);
  const sorted = readings.map(({ value }) => value).sort((a, b) => a - b);
  for (const period of ['1d', 'day', 'week'] as const) {
    const [row] = await rollups(platform, ['a'], period);
    const { sketch } = row!.metrics.temperature!;
    for (const q of [0.01, 0.5, 0.9, 0.99, 0.999]) {
      const exact = sorted[Math.floor(q * (sorted.length - 1))]!;
      expect(Math.abs(percentile(sketch!, q)! / exact - 1)).toBeLessThanOrEqual(0.0101);
    }
  }
});

test('days on which clocks change have 23 and 25 hours', async () => {
  const platform = platformOf('Europe/Berlin');
  const everyHour = (from: string, days: number) => hourly('a', days, Date.parse(from));
  await aggregate(platform, [...everyHour('2024-03-29T23:00Z', 3), ...everyHour('2024-10-25T22:00Z', 3)]);
  await rollUp(platform);
  const days = await rollups(platform, ['a'], 'day');
  expect(days.map(({ start, events }) => [new Date(start).toISOString().slice(0, 16), events])).toEqual([
    ['2024-03-29T23:00', 24],
    ['2024-03-30T23:00', 23],
    ['2024-03-31T22:00', 24],
    ['2024-04-01T22:00', 1],
    ['2024-10-25T22:00', 24],
    ['2024-10-26T22:00', 25],
    ['2024-10-27T23:00', 23],
  ]);
});

test('with much to do, longer periods wait for more changes; not for long, and not at all with little to do', async () => {
  const platform = platformOf();
  const { scheduled } = await create(platform);
  const run = (time: number) => scheduled!({ time: T0 + time }, invocation());
  const many = (value: number) =>
    Array.from({ length: 600 }, (_, i) => ({ key: `device-${i}`, time: T0, value }));
  const sums = async () =>
    Promise.all(
      PERIODS.map(
        async (period) => (await rollups(platform, ['device-7'], period))[0]!.metrics.temperature!.sum,
      ),
    );
  await aggregate(platform, many(1));
  await run(0);
  expect(await sums()).toEqual([1, 1, 1, 1, 1]);
  await aggregate(platform, many(2));
  await run(10_000);
  expect(await sums()).toEqual([2, 1, 1, 1, 1]);
  await aggregate(platform, many(3));
  await run(60_000);
  expect(await sums()).toEqual([3, 3, 1, 1, 1]);
  await aggregate(platform, many(4));
  await run(600_000);
  expect(await sums()).toEqual([4, 4, 4, 4, 4]);
  await aggregate(platform, [{ key: 'device-7', time: T0, value: 5 }]);
  await run(610_000);
  expect(await sums()).toEqual([5, 5, 5, 5, 5]);
  await aggregate(platform, many(6));
  await run(620_000);
  expect(await sums()).toEqual([6, 5, 5, 5, 5]);
  // Nothing came since: there is nothing to wait for.
  await run(630_000);
  expect(await sums()).toEqual([6, 6, 6, 6, 6]);
});

test('a group that lost windows to retention keeps its rollups when a member comes back with a backlog', async () => {
  const platform = platformOf();
  const key = 'site=north';
  await aggregate(platform, hourly(key, 3), SITE);
  await rollUp(platform);
  const before = await rollups(platform, [key], '1d', SITE);
  await platform.stores.aggregation.trimWindows({ definition: 'site', key }, T0 + DAY);
  await aggregate(platform, [{ key, time: T0 + HOUR + 5, value: 7, partition: 3 }], SITE);
  await rollUp(platform);
  expect(await rollups(platform, [key], '1d', SITE)).toEqual(before);
  expect(platform.logged).toMatchObject([{ period: '1m', buckets: 1 }]);
});
