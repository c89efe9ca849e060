/**
 * Rollups: rows of a finer level merged into the longer buckets of a coarser one, series by series.
 *
 * ```
 * windows -> 1m -> 1h -> 1d            aligned to UTC
 *                     -> day -> week   of the calendar in the settings' time zone
 * ```
 *
 * A bucket that changed is computed again from all rows in it. So doing it twice, or after a crash in the middle,
 * gives the same; nothing is ever added to what is there.
 *
 * Where a day of the calendar begins or ends within a UTC hour (Asia/Kolkata, Asia/Kathmandu, the half hour of
 * Lord Howe), its first and last hour are taken from their minutes, all others from rows of an hour: exact, and some
 * 80 rows at the most instead of 1,440. What tells that a day changed are the hours in any case: an hour is written
 * after its minutes, and one that lies in two days changes both.
 */
import type { Changed, Measured, Series, TimeRange } from '../../stores/aggregation.js';
import type { Period, RollupRow } from '../../stores/rollups.js';
import { mergeMeasured } from '../aggregate/figures/merge.js';
import type { Calendar, Span } from './calendar.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** What a level is made of. */
export type Level = 'windows' | Period;

/** Whose changes a period follows. */
export const SOURCE: Readonly<Record<Period, Level>> = {
  '1m': 'windows',
  '1h': '1m',
  '1d': '1h',
  day: '1h',
  week: 'day',
};

const LENGTH = { '1m': MINUTE, '1h': HOUR, '1d': 24 * HOUR } as const;

export interface Bucket extends Series, Span {}

export interface DirtyBucket extends Bucket {
  /** The first change that made it dirty. */
  readonly change: bigint;
}

/** The buckets of a period that hold something of a row of its source that starts at `start` (epoch ms). */
export function bucketsAt(period: Period, start: number, calendar: Calendar): readonly Span[] {
  if (period === 'week') return [calendar.week(start)];
  if (period !== 'day') return [aligned(start, LENGTH[period])];
  const first = calendar.day(start);
  // Days are longer than an hour: two is all that one can touch.
  return first.end < start + HOUR ? [first, calendar.day(first.end)] : [first];
}

/** The bucket of a period that holds this time (epoch ms). */
export function bucketOf(period: Period, time: number, calendar: Calendar): Span {
  if (period === 'day') return calendar.day(time);
  return period === 'week' ? calendar.week(time) : aligned(time, LENGTH[period]);
}

function aligned(time: number, length: number): Span {
  const start = Math.floor(time / length) * length;
  return { start, end: start + length };
}

/** The buckets that these changes fall into, each once, in order of their first change. */
export function dirtyBuckets(changes: readonly Changed[], period: Period, calendar: Calendar): DirtyBucket[] {
  const seen = new Map<string, Map<string, Set<number>>>();
  const buckets: DirtyBucket[] = [];
  for (const { definition, key, start: changed, change } of changes) {
    const starts = entry(
      entry(seen, definition, () => new Map<string, Set<number>>()),
      key,
      () => new Set<number>(),
    );
    for (const { start, end } of bucketsAt(period, changed, calendar)) {
      if (starts.has(start)) continue;
      starts.add(start);
      buckets.push({ definition, key, start, end, change });
    }
  }
  return buckets;
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** Where the rows of a bucket are, in order of time. */
export function partsOf(
  period: Period,
  { start, end }: Span,
): readonly (TimeRange & { readonly level: Level })[] {
  if (period !== 'day') return [{ level: SOURCE[period], from: start, to: end }];
  const firstHour = Math.ceil(start / HOUR) * HOUR;
  const lastHour = Math.floor(end / HOUR) * HOUR;
  const parts = [
    { level: '1m', from: start, to: firstHour },
    { level: '1h', from: firstHour, to: lastHour },
    { level: '1m', from: lastHour, to: end },
  ] as const;
  return parts.filter(({ from, to }) => from < to);
}

/** The bucket's row from all finer rows in it, oldest first (sums of fractions depend on the order). */
export function mergeRows(
  { definition, key, start, end }: Bucket,
  period: Period,
  rows: readonly Measured[],
): RollupRow {
  return { definition, key, period, start, end, ...mergeMeasured(rows) };
}

/**
 * Whether a row holds all that another one of the same bucket did: numbers of events only grow, extremes only move
 * apart. A row from which retention has taken a part since does not.
 */
export function covers(row: Measured, earlier: Measured): boolean {
  if (row.events < earlier.events) return false;
  for (const [metric, before] of Object.entries(earlier.metrics)) {
    const now = Object.hasOwn(row.metrics, metric) ? row.metrics[metric] : undefined;
    if (now === undefined || now.count < before.count) return false;
    if (now.min > before.min || now.max < before.max) return false;
    if (now.firstTime > before.firstTime || now.lastTime < before.lastTime) return false;
  }
  return true;
}
