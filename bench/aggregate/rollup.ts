/**
 * What rollups of 10,000 devices cost, on SQLite files with their real commits: windows of ten seconds into minutes,
 * minutes into hours, hours into days (UTC, and a calendar in which clocks change). Three metrics, one of them with
 * percentiles.
 *
 * A whole day of that is 8.64 million windows and 14.4 million minutes. So each level is measured on a part of the day
 * (two minutes of windows, half an hour of minutes, the whole day of hours), and the day is that times what is missing.
 * It is the cost of catching up with a day at once; a rollup that runs all along computes the current hour and day
 * again each time it does.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tumblingPerDevice } from '../../common/aggregations.js';
import { MetricSet } from '../../functions/aggregate/figures/metric-set.js';
import { metricPlans } from '../../functions/aggregate/figures/plans.js';
import { calendarOf } from '../../functions/rollup/calendar.js';
import { type CatchUpOptions, catchUp } from '../../functions/rollup/catch-up.js';
import type { Measured, WindowRow } from '../../stores/aggregation.js';
import { openStores } from '../../stores/open.js';
import type { Period, RollupRow } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';

const DEVICES = 10_000;
const WINDOW = 10_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of the clocks' change in Berlin. */
const T0 = Date.UTC(2026, 2, 29);
const WINDOW_MINUTES = 2;
const MINUTES = 30;
const HOURS = 24;
const KEYS = Array.from({ length: DEVICES }, (_, index) => `sensor-${index}`);

const { definitions } = tumblingPerDevice(WINDOW, MINUTE);
const METRICS = { '*': ['mean'], temperature: ['mean', 'p50', 'p99'] } as const;
const DEFINITION = { ...definitions[0]!, metrics: METRICS };

/** Rows per second by level, and seconds of one core for a day of all devices. */
export async function benchRollup(): Promise<Record<string, number>> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-rollups-'));
  try {
    const windows = await levelOf(join(directory, 'windows'), '1m', (stores) => putWindows(stores));
    const minutes = await levelOf(join(directory, 'minutes'), '1h', (stores) =>
      putRollups(stores, '1m', MINUTE, MINUTES),
    );
    const hours = await levelOf(join(directory, 'hours'), '1d', (stores) =>
      putRollups(stores, '1h', HOUR, HOURS),
    );
    const days = await levelOf(join(directory, 'days'), 'day', (stores) =>
      putRollups(stores, '1h', HOUR, HOURS),
    );
    const seconds = {
      windowsToMinutes: windows.cpu * ((24 * 60) / WINDOW_MINUTES),
      minutesToHours: minutes.cpu * ((24 * 60) / MINUTES),
      hoursToDays: hours.cpu,
      hoursToCalendarDays: days.cpu,
    };
    return {
      devices: DEVICES,
      windowsPerSecond: windows.perSecond,
      minutesPerSecond: minutes.perSecond,
      hoursPerSecond: hours.perSecond,
      hoursToCalendarPerSecond: days.perSecond,
      ...Object.fromEntries(
        Object.entries(seconds).map(([name, value]) => [`${name}CpuSecondsPerDay`, round(value)]),
      ),
      cpuSecondsPerDay: round(Object.values(seconds).reduce((sum, value) => sum + value, 0)),
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param put writes the rows below the period; returns how many there are */
async function levelOf(
  directory: string,
  period: Period,
  put: (stores: Stores) => Promise<number>,
): Promise<{ perSecond: number; cpu: number }> {
  mkdirSync(directory);
  const stores = openStores({ kind: 'sqlite', directory });
  try {
    const rows = await put(stores);
    const options: CatchUpOptions = {
      stores,
      calendar: calendarOf('Europe/Berlin', 'monday'),
      definitions: new Map([[DEFINITION.name, DEFINITION]]),
      mayLack: () => false,
      remainingTimeMs: () => Number.POSITIVE_INFINITY,
      kept: () => undefined,
    };
    const cpu = process.cpuUsage();
    const began = performance.now();
    await catchUp(period, options, () => true);
    const seconds = (performance.now() - began) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    return { perSecond: Math.round(rows / seconds), cpu: (user + system) / 1e6 };
  } finally {
    await stores.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function putWindows({ aggregation }: Stores): Promise<number> {
  const columns = KEYS.map((_, index) => measured(index, 10));
  const counts = { aggregated: 0, late: 0, duplicate: 0, refused: 0, ticks: 0, ahead: 0, behind: 0 };
  let rows = 0;
  for (let start = T0; start < T0 + WINDOW_MINUTES * MINUTE; start += WINDOW) {
    const windows = KEYS.map((key, index): WindowRow => {
      const position = { partition: 0, offset: BigInt(rows + index), closed: true, revision: 1 };
      const { name: definition } = DEFINITION;
      return { definition, key, start, size: WINDOW, end: start + WINDOW, ...position, ...columns[index]! };
    });
    rows += windows.length;
    const tally = { partition: 0, nextOffset: BigInt(rows), ...counts, corrections: 0 };
    await aggregation.commit({ tally, progress: [], windows, removed: [], late: [] });
  }
  return rows;
}

/** Rows of a period, in order of time as a rollup would have left them. */
async function putRollups(
  { rollups }: Stores,
  period: Period,
  length: number,
  buckets: number,
): Promise<number> {
  const columns = KEYS.map((_, index) => measured(index, 60));
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = T0 + bucket * length;
    const rows = KEYS.map((key, index): RollupRow => {
      const { name: definition } = DEFINITION;
      return { definition, key, period, start, end: start + length, ...columns[index]! };
    });
    await rollups.commit(period, rows, 0n);
  }
  return buckets * DEVICES;
}

/** Times do not matter for the cost. */
function measured(seed: number, events: number): Measured {
  const set = new MetricSet(metricPlans(METRICS));
  for (let i = 0; i < events; i++) {
    const temperature = 20 + ((seed * 31 + i * 17) % 40) / 4;
    set.add({ temperature, humidity: 40 + (i % 7), battery: 3.7 }, T0 + i * 1_000);
  }
  set.close();
  return { events, ...set.measured() };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
