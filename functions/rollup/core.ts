/**
 * Rollups: rows of a finer level merged into UTC-aligned buckets of a coarser one.
 *
 * A bucket that changed is computed again from all rows in it. So doing it twice, or after a crash in the middle,
 * gives the same; nothing is ever added to what is there.
 */
import type { ChangedWindow, MetricFigures } from '../../stores/aggregation.js';
import type { Period, RollupRow } from '../../stores/rollups.js';

/** Length of a period's buckets, ms. */
export const PERIOD_MS: Readonly<Record<Period, number>> = {
  '1m': 60_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
};

export interface Bucket {
  readonly deviceId: string;
  /** Epoch ms. */
  readonly start: number;
}

/** The buckets that these changes fall into, each once, in order of their first change. */
export function dirtyBuckets(changes: readonly ChangedWindow[], period: Period): Bucket[] {
  const seen = new Map<string, Set<number>>();
  const buckets: Bucket[] = [];
  for (const { deviceId, start: changed } of changes) {
    const start = bucketStart(changed, period);
    let starts = seen.get(deviceId);
    if (starts === undefined) {
      starts = new Set();
      seen.set(deviceId, starts);
    }
    if (starts.has(start)) continue;
    starts.add(start);
    buckets.push({ deviceId, start });
  }
  return buckets;
}

export function bucketStart(time: number, period: Period): number {
  return Math.floor(time / PERIOD_MS[period]) * PERIOD_MS[period];
}

/** What windows and rollups have in common. */
export interface Mergeable {
  readonly events: number;
  readonly metrics: Readonly<Record<string, MetricFigures>>;
}

/** The bucket's row from all finer rows in it, oldest first (sums of fractions depend on the order). */
export function mergeRows(
  { deviceId, start }: Bucket,
  period: Period,
  rows: readonly Mergeable[],
): RollupRow {
  // Metrics are named by devices: in a Map a name like `__proto__` is one like any other.
  const merged = new Map<string, MetricFigures>();
  let events = 0;
  for (const row of rows) {
    events += row.events;
    for (const [metric, figures] of Object.entries(row.metrics)) {
      const into = merged.get(metric);
      if (into === undefined) merged.set(metric, { ...figures });
      else mergeFigures(into, figures);
    }
  }
  return { deviceId, period, start, events, metrics: Object.fromEntries(merged) };
}

/** Adds the figures of a later row. At equal times the earlier row keeps `first`, and the later one gives `last`. */
function mergeFigures(into: MetricFigures, later: MetricFigures): void {
  into.count += later.count;
  into.sum += later.sum;
  into.min = Math.min(into.min, later.min);
  into.max = Math.max(into.max, later.max);
  if (later.firstTime < into.firstTime) {
    into.first = later.first;
    into.firstTime = later.firstTime;
  }
  if (later.lastTime >= into.lastTime) {
    into.last = later.last;
    into.lastTime = later.lastTime;
  }
}
