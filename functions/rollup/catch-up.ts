/**
 * Brings one period up to date: reads the change feed of its source from where it stopped, in bounded steps, and
 * commits rows together with the position in the feed. What is killed in between is done again with the same outcome.
 *
 * After a downtime the feed has an hour's minutes of thousands of devices in order of time. So many changes are looked
 * at before the first bucket is computed, and few at a time committed: else every hour would be computed sixty times.
 */
import type { AggregationDefinition } from '../../common/aggregations.js';
import type { Changed, Series } from '../../stores/aggregation.js';
import type { Period, RollupRow } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { Calendar } from './calendar.js';
import { type Bucket, covers, dirtyBuckets, mergeRows, SOURCE } from './core.js';
import { changesOf, finerRows } from './levels.js';

/** Changes looked at together: some 150 bytes each. */
export const AHEAD = 200_000;
const FEED_PAGE = 20_000;
/** Buckets per commit: their rows are held in memory, and lost when the process dies. */
const STEP = 5_000;
/** A step is not begun with less time than this left (ms). */
const MARGIN = 1_000;
/** Buckets read at a time: a database elsewhere takes a moment to answer each. */
const READS = 16;

export interface CatchUpOptions {
  readonly stores: Pick<Stores, 'aggregation' | 'rollups'>;
  readonly calendar: Calendar;
  /** Those with rollups, by name. */
  readonly definitions: ReadonlyMap<string, AggregationDefinition>;
  /** Whether a bucket may lack rows that it was made of: then it is only written when it still covers what it was. */
  mayLack(definition: AggregationDefinition): boolean;
  remainingTimeMs(): number;
  /** Told of a bucket that cannot be computed again: retention has removed a part of what it was made of. */
  kept(period: Period, bucket: Bucket): void;
}

/**
 * @param worthwhile with fewer changes than this nothing is done yet, for the sake of buckets that go on changing
 * @returns `idle` when there was nothing to do, `done`, `waiting` for more changes, or `late` when time ran short
 */
export async function catchUp(
  period: Period,
  options: CatchUpOptions,
  worthwhile: (changes: number) => boolean,
): Promise<'idle' | 'done' | 'waiting' | 'late'> {
  const { stores, calendar, definitions } = options;
  let cursor = await stores.rollups.cursor(period);
  for (let first = true; ; first = false) {
    if (options.remainingTimeMs() < MARGIN) return 'late';
    const changes = await changesAhead(period, cursor, options);
    const last = changes.at(-1);
    if (last === undefined) return first ? 'idle' : 'done';
    if (first && !worthwhile(changes.length)) return 'waiting';
    const rolledUp = changes.filter(({ definition }) => definitions.has(definition));
    const buckets = dirtyBuckets(rolledUp, period, calendar);
    for (let at = 0; at < buckets.length; at += STEP) {
      if (at > 0 && options.remainingTimeMs() < MARGIN) return 'late';
      const rows = await computed(buckets.slice(at, at + STEP), period, options);
      // Buckets are in order of their first change: all that changed before the next one's is contained.
      const next = buckets[at + STEP];
      await stores.rollups.commit(period, rows, next === undefined ? last.change : next.change - 1n);
    }
    if (buckets.length === 0) await stores.rollups.commit(period, [], last.change);
    cursor = last.change;
    if (changes.length < AHEAD) return 'done';
  }
}

async function changesAhead(
  period: Period,
  cursor: bigint,
  { stores }: CatchUpOptions,
): Promise<readonly Changed[]> {
  const changes: Changed[] = [];
  for (let change = cursor; changes.length < AHEAD; ) {
    const page = await changesOf(stores, SOURCE[period], change, FEED_PAGE);
    for (const changed of page) changes.push(changed);
    if (page.length < FEED_PAGE) break;
    change = page.at(-1)!.change;
  }
  return changes;
}

async function computed(
  buckets: readonly Bucket[],
  period: Period,
  options: CatchUpOptions,
): Promise<RollupRow[]> {
  const rows: RollupRow[] = [];
  for (let at = 0; at < buckets.length; at += READS) {
    const some = buckets.slice(at, at + READS).map((bucket) => rowOf(bucket, period, options));
    for (const row of await Promise.all(some)) if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** The bucket's row from what is below it; undefined where what was rolled up stays as it is. */
async function rowOf(
  bucket: Bucket,
  period: Period,
  options: CatchUpOptions,
): Promise<RollupRow | undefined> {
  const { stores, definitions, mayLack, kept } = options;
  const finer = await finerRows(stores, bucket, period);
  // Nothing left below: retention was here.
  if (finer.length === 0) return undefined;
  const row = mergeRows(bucket, period, finer);
  if (mayLack(definitions.get(bucket.definition)!)) {
    const stored = await storedRow(stores, bucket, period, bucket);
    if (stored !== undefined && !covers(row, stored)) {
      kept(period, bucket);
      return undefined;
    }
  }
  return row;
}

async function storedRow(
  { rollups }: Pick<Stores, 'rollups'>,
  series: Series,
  period: Period,
  { start }: Bucket,
): Promise<RollupRow | undefined> {
  const range = { from: start, to: start + 1 };
  return (await rollups.rollups(series, period, range, { limit: 1, cursor: null })).items[0];
}
