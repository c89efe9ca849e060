import fc from 'fast-check';
import { create } from '../../../functions/rollup/handler.js';
import type { MetricFigures, WindowRow } from '../../../stores/aggregation.js';
import { PERIODS, type Period } from '../../../stores/rollups.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../support/platform.js';

const T0 = Date.UTC(2024, 0, 1);
const WINDOW = 10_000;
const LENGTH: Record<Period, number> = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 };

interface Reading {
  readonly deviceId: string;
  readonly time: number;
  readonly value: number;
}

function figuresOf(readings: readonly Reading[]): MetricFigures {
  const values = readings.map(({ value }) => value);
  const byTime = [...readings].sort((a, b) => a.time - b.time);
  return {
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    min: Math.min(...values),
    max: Math.max(...values),
    first: byTime[0]!.value,
    firstTime: byTime[0]!.time,
    last: byTime.at(-1)!.value,
    lastTime: byTime.at(-1)!.time,
  };
}

/** Readings by device and bucket of this length, straight from the definition. */
function buckets(readings: readonly Reading[], length: number) {
  const groups = new Map<string, Reading[]>();
  for (const reading of readings) {
    const key = `${reading.deviceId} ${Math.floor(reading.time / length)}`;
    groups.set(key, [...(groups.get(key) ?? []), reading]);
  }
  return [...groups.values()].map((group) => ({
    deviceId: group[0]!.deviceId,
    start: Math.floor(group[0]!.time / length) * length,
    events: group.length,
    metrics: { temperature: figuresOf(group) },
  }));
}

let offset = 0n;

/** Writes the windows that hold these readings, whole. */
async function aggregate(platform: MemoryPlatform, readings: readonly Reading[]): Promise<void> {
  const windows: WindowRow[] = buckets(readings, WINDOW).map((bucket) => ({
    ...bucket,
    size: WINDOW,
    partition: 0,
    offset: ++offset,
    closed: true,
  }));
  const tally = {
    partition: 0,
    nextOffset: ++offset,
    aggregated: 0,
    late: 0,
    duplicate: 0,
    refused: 0,
    ticks: 0,
  };
  await platform.stores.aggregation.commit({ tally, devices: [], windows, late: [] });
}

async function rollUp(platform: MemoryPlatform, remainingMs?: number): Promise<void> {
  const { scheduled } = await create(platform);
  await scheduled!({ time: 0 }, invocation(remainingMs));
}

async function rolledUp(platform: MemoryPlatform, deviceIds: readonly string[], period: Period) {
  const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const found = await Promise.all(
    deviceIds.map((id) =>
      platform.stores.rollups.rollups(id, period, range, { limit: 100_000, cursor: null }),
    ),
  );
  return found.flatMap(({ items }) => items);
}

function byStart(a: { deviceId: string; start: number }, b: { deviceId: string; start: number }): number {
  return a.deviceId < b.deviceId ? -1 : a.deviceId > b.deviceId ? 1 : a.start - b.start;
}

async function expectRollups(platform: MemoryPlatform, readings: readonly Reading[]): Promise<void> {
  const ids = [...new Set(readings.map(({ deviceId }) => deviceId))].sort();
  for (const period of PERIODS) {
    const expected = buckets(readings, LENGTH[period]).map((bucket) => ({ ...bucket, period }));
    expect((await rolledUp(platform, ids, period)).sort(byStart)).toEqual(expected.sort(byStart));
  }
}

function hourly(deviceId: string, days: number): Reading[] {
  return Array.from({ length: days * 24 }, (_, hour) => ({
    deviceId,
    time: T0 + hour * 3_600_000,
    value: hour,
  }));
}

test('readings roll up to minutes, hours and days, in whatever order and however often they come', async () => {
  const reading = fc.record({
    deviceId: fc.constantFrom('a', 'b'),
    // Two days, dense around a minute's, an hour's and a day's edge. Whole values: sums are exact in any order.
    time: fc
      .tuple(fc.constantFrom(0, 60_000, 3_600_000, 86_400_000), fc.integer({ min: -60_000, max: 60_000 }))
      .map(([edge, around]) => T0 + 86_400_000 + edge + around),
    value: fc.integer({ min: -50, max: 50 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(reading, {
        minLength: 1,
        maxLength: 40,
        selector: ({ deviceId, time }) => `${deviceId}${time}`,
      }),
      fc.array(fc.nat(40), { maxLength: 4 }),
      async (readings, runs) => {
        const platform = memoryPlatform();
        for (const upTo of [...runs.sort((a, b) => a - b), readings.length]) {
          const part = readings.slice(0, upTo);
          if (part.length > 0) await aggregate(platform, part);
          await rollUp(platform);
        }
        await rollUp(platform);
        await expectRollups(platform, readings);
        await platform.stores.close();
      },
    ),
    { numRuns: 40 },
  );
});

test('catches up after days in bounded steps, and goes on where time ran short', async () => {
  const platform = memoryPlatform();
  const readings = hourly('a', 230);
  await aggregate(platform, readings);
  await rollUp(platform, 500);
  expect(await platform.stores.rollups.rowCount('1m')).toBe(0);
  await rollUp(platform);
  await expectRollups(platform, readings);
});

test('one late device computes only its own buckets again', async () => {
  const platform = memoryPlatform();
  await aggregate(platform, [...hourly('a', 2), ...hourly('b', 2)]);
  await rollUp(platform);
  const before = (await platform.stores.rollups.changedSince('1h', 0n, 10_000)).at(-1)!.change;
  await aggregate(platform, [{ deviceId: 'b', time: T0 + 5 * 3_600_000, value: 99 }]);
  await rollUp(platform);
  expect(await platform.stores.rollups.changedSince('1h', before, 10)).toMatchObject([
    { deviceId: 'b', start: T0 + 5 * 3_600_000 },
  ]);
});

test('says so when windows do not divide a minute', async () => {
  const platform = memoryPlatform({ aggregate: { windowMs: 7_000, allowedLatenessMs: 0 } });
  await create(platform);
  expect(platform.logged).toMatchObject([{ windowMs: 7_000 }]);
});
