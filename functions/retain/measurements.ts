/**
 * Retention of windows and rollups of every definition, series by series: of devices, of groups, of the fleet.
 */
import type { AggregationDefinition } from '../../common/aggregations.js';
import type { Series } from '../../stores/aggregation.js';
import { PERIODS } from '../../stores/rollups.js';
import type { Page } from '../../stores/validation.js';
import type { InvocationContext, Platform } from '../contract.js';
import { calendarOf } from '../rollup/calendar.js';
import type { Level } from '../rollup/core.js';
import { cutoff } from './core.js';
import { newestClosedDay } from './newest.js';
import { oldestPending, seriesId } from './pending.js';
import { MARGIN } from './steps.js';

const PAGE = 500;
/** Series whose last cutoffs are remembered. */
const MAX_REMEMBERED = 200_000;

/** What was done about a series: cutoffs only move once a day. */
interface Trimmed {
  readonly newest: number;
  readonly cutoffs: string;
}

/** Makes the trimmer, which returns how many rows went. It remembers how far each series was trimmed. */
export function measurementTrimmer(
  platform: Platform,
): (now: number, context: InvocationContext) => Promise<number> {
  const { stores, settings } = platform;
  const { retention, aggregate } = settings;
  const calendar = calendarOf(aggregate.timeZone, aggregate.weekStartsOn);
  const trimmed = new Map<string, Trimmed>();

  return async (now, context) => {
    const pending = await oldestPending(stores, context);
    // So far behind that nobody can tell what is still needed: another time.
    if (pending === null) return 0;
    let deleted = 0;
    for (const definition of aggregate.definitions) {
      let cursor: string | null = null;
      do {
        const page: Page<string> = await stores.aggregation.keys(definition.name, { limit: PAGE, cursor });
        for (const key of page.items) {
          if (context.remainingTimeMs() < MARGIN) return deleted;
          deleted += await trimSeries(definition, { definition: definition.name, key }, now, pending);
        }
        cursor = page.next;
      } while (cursor !== null);
    }
    return deleted;
  };

  async function trimSeries(
    { allowedLatenessMs: allowedLateness, rollups }: AggregationDefinition,
    series: Series,
    now: number,
    pending: ReadonlyMap<string, number>,
  ): Promise<number> {
    const id = seriesId(series);
    const before = trimmed.get(id);
    const newest = await newestClosedDay(stores.aggregation, series, now, before?.newest);
    if (newest === undefined) return 0;
    const levels: readonly Level[] = rollups ? ['windows', ...PERIODS] : ['windows'];
    const due = levels.map((level) => {
      const kept = level === 'windows' ? retention.windows : retention.rollups[level];
      const horizon = { now, newest, retention: kept, allowedLateness, oldestPending: pending.get(id) };
      return { level, time: cutoff(level, horizon, calendar) };
    });
    const cutoffs = due.map(({ time }) => time).join();
    if (before?.cutoffs === cutoffs) return 0;
    let deleted = 0;
    for (const { level, time } of due) {
      deleted +=
        level === 'windows'
          ? await stores.aggregation.trimWindows(series, time)
          : await stores.rollups.trim(series, level, time);
    }
    if (trimmed.size >= MAX_REMEMBERED) trimmed.clear();
    trimmed.set(id, { newest, cutoffs });
    return deleted;
  }
}
