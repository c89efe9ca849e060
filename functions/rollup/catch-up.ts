/**
 * Brings one period up to date: reads the change feed of its source from where it stopped, in bounded steps, and
 * commits rows together with the position in the feed. What is killed in between is done again with the same outcome.
 */
import type { AggregationDefinition } from '../../common/aggregations.js';
import type { Series } from '../../stores/aggregation.js';
import type { Period, RollupRow } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { Calendar } from './calendar.js';
import { type Bucket, covers, dirtyBuckets, mergeRows, SOURCE } from './core.js';
import { changesOf, finerRows } from './levels.js';

/** Changes per step: what is held in memory, and lost when the process dies. */
export const STEP = 5_000;
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
    const changes = await changesOf(stores, SOURCE[period], cursor, STEP);
    const last = changes.at(-1);
    if (last === undefined) return first ? 'idle' : 'done';
    if (first && !worthwhile(changes.length)) return 'waiting';
    const rolledUp = changes.filter(({ definition }) => definitions.has(definition));
    const buckets = dirtyBuckets(rolledUp, period, calendar);
    const rows: RollupRow[] = [];
    for (let at = 0; at < buckets.length; at += READS) {
      const some = buckets.slice(at, at + READS).map((bucket) => computed(bucket, period, options));
      for (const row of await Promise.all(some)) if (row !== undefined) rows.push(row);
    }
    await stores.rollups.commit(period, rows, last.change);
    cursor = last.change;
    if (changes.length < STEP) return 'done';
  }
}

/** The bucket's row from what is below it; undefined where what was rolled up stays as it is. */
async function computed(
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
