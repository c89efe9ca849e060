/** Stored and rebuilt rows of each series, compared; with a correction, the rebuilt ones are written. */
import type { AggregationDefinition } from '../../common/aggregations.js';
import type { Settings } from '../../common/settings.js';
import { cutoff } from '../../functions/retain/core.js';
import { newestClosedDay } from '../../functions/retain/newest.js';
import { calendarOf } from '../../functions/rollup/calendar.js';
import type { Level } from '../../functions/rollup/core.js';
import type { Series, TimeRange, WindowRow } from '../../stores/aggregation.js';
import { PERIODS, type Period, type RollupRow } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { Correction } from './apply.js';
import { allRows, differing, pairs, type Row } from './compare.js';
import { firstSettledSession } from './horizon.js';
import { waitingBuckets } from './waiting.js';

export type MeasuredStores = Pick<Stores, 'aggregation' | 'rollups'>;

export interface Difference extends Series {
  readonly level: Level;
  /** Epoch ms. */
  readonly start: number;
  readonly end: number;
  /** Of windows of groups. */
  readonly partition?: number;
  readonly found: 'stored only' | 'rebuilt only' | 'different';
  /** What is different: `events`, `temperature.sum`, … */
  readonly figures: readonly string[];
}

export interface Counts {
  readonly equal: number;
  readonly different: number;
  readonly storedOnly: number;
  readonly rebuiltOnly: number;
  /** Buckets not compared because `rollup` has changes to read that they depend on. */
  readonly waiting: number;
}

const EVERYTHING: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER };

export interface ComparisonOptions {
  readonly settings: Settings;
  readonly stored: MeasuredStores;
  readonly rebuilt: MeasuredStores;
  /** Epoch ms: retention goes by it. */
  readonly now: number;
  /** What starts before this may lack records in the rebuild (epoch ms); 0: nothing does. */
  readonly from: number;
  /** What was asked for. */
  readonly range: TimeRange;
  /** Null: nothing is written. */
  readonly correction: Correction | null;
  /** Told of each, in order of level and time. */
  readonly onDifference: (difference: Difference) => void;
}

export interface Comparison {
  readonly counts: Counts;
  series(definition: AggregationDefinition, series: Series): Promise<void>;
}

export async function createComparison(options: ComparisonOptions): Promise<Comparison> {
  const { settings, stored, rebuilt, now, from, range: asked, correction, onDifference } = options;
  const { aggregate, retention } = settings;
  const calendar = calendarOf(aggregate.timeZone, aggregate.weekStartsOn);
  const waiting = await waitingBuckets(stored, calendar);
  const groups = new Set(aggregate.definitions.filter(({ by }) => by !== 'device').map(({ name }) => name));
  const counts = { equal: 0, different: 0, storedOnly: 0, rebuiltOnly: 0, waiting: 0 };

  /** @returns what is written in place of the stored row, `remove`, or undefined: it is as it should be */
  const judge = <R extends Row>(
    series: Series,
    level: Level,
    before: R | undefined,
    after: R | undefined,
    keptFrom: number,
  ): R | 'remove' | undefined => {
    const { start, end, partition } = (before ?? after)!;
    // Retention has taken it from the stores, or will.
    if (before === undefined && start < keptFrom) return undefined;
    const figures = before !== undefined && after !== undefined ? differing(before, after) : [];
    if (before !== undefined && after !== undefined && figures.length === 0) {
      counts.equal++;
      return undefined;
    }
    const found = before === undefined ? 'rebuilt only' : after === undefined ? 'stored only' : 'different';
    counts[found === 'different' ? 'different' : found === 'stored only' ? 'storedOnly' : 'rebuiltOnly']++;
    const { definition, key } = series;
    const place = partition === undefined || !groups.has(definition) ? {} : { partition };
    onDifference({ definition, key, level, start, end, ...place, found, figures });
    return start < keptFrom ? undefined : (after ?? 'remove');
  };

  const windowsOf = (
    { aggregation }: MeasuredStores,
    series: Series,
    range: TimeRange,
  ): AsyncGenerator<WindowRow> => allRows((page) => aggregation.windows(series, range, page));

  /** From when on the windows of a series lack nothing; undefined: never. */
  const comparableStart = async (
    { window }: AggregationDefinition,
    series: Series,
  ): Promise<number | undefined> => {
    if (from === 0) return 0;
    // What the latest events are depends on all there were; and such a window starts nowhere.
    if (window.type === 'last' || !Number.isFinite(from)) return undefined;
    if (window.type !== 'session') return from;
    return firstSettledSession(windowsOf(rebuilt, series, EVERYTHING), from, window.gapMs);
  };

  return {
    counts,
    async series(definition, series) {
      const start = await comparableStart(definition, series);
      if (start === undefined) return;
      const first = Math.max(start, asked.from);
      const range: TimeRange = { from: first, to: asked.to };
      const newest = await newestClosedDay(rebuilt.aggregation, series, now);
      const keptFrom = (level: Level): number => {
        if (newest === undefined) return Number.NEGATIVE_INFINITY;
        const kept = level === 'windows' ? retention.windows : retention.rollups[level];
        const { allowedLatenessMs: allowedLateness } = definition;
        const horizon = { now, newest, retention: kept, allowedLateness, oldestPending: undefined };
        return cutoff(level, horizon, calendar);
      };

      for await (const { stored: before, rebuilt: after } of pairs(
        windowsOf(stored, series, range),
        windowsOf(rebuilt, series, range),
      )) {
        const wanted = judge(series, 'windows', before, after, keptFrom('windows'));
        if (correction === null || wanted === undefined) continue;
        if (wanted === 'remove') await correction.removeWindow(before!);
        else await correction.putWindow(wanted);
      }
      if (!definition.rollups) return;
      const rollupsOf = ({ rollups }: MeasuredStores, period: Period): AsyncGenerator<RollupRow> =>
        allRows((page) => rollups.rollups(series, period, range, page));
      for (const period of PERIODS) {
        const both = pairs(rollupsOf(stored, period), rollupsOf(rebuilt, period));
        for await (const { stored: before, rebuilt: after } of both) {
          const { start } = (before ?? after)!;
          if (waiting(series.definition, series.key, period, start)) {
            counts.waiting++;
            continue;
          }
          const wanted = judge(series, period, before, after, keptFrom(period));
          if (wanted !== undefined && wanted !== 'remove') await correction?.putBucket(wanted);
        }
      }
    },
  };
}
