/** The levels of rollups as the stores have them: change feeds, and the rows of a bucket. */
import type { Changed, Measured, Series, TimeRange, WindowRow } from '../../stores/aggregation.js';
import type { Period } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { Page, PageRequest } from '../../stores/validation.js';
import { type Bucket, type Level, partsOf } from './core.js';

const PAGE = 1_000;
const MINUTE = 60_000;

/** The change feed of a level. Stores are reached for when they are used: each is opened by its first touch. */
export function changesOf(
  { aggregation, rollups }: Pick<Stores, 'aggregation' | 'rollups'>,
  level: Level,
  change: bigint,
  limit: number,
): Promise<readonly Changed[]> {
  return level === 'windows'
    ? aggregation.changedSince(change, limit)
    : rollups.changedSince(level, change, limit);
}

/** All rows of a level in a range of time, oldest first; of a group, the windows of all partitions. */
export async function rowsOf(
  { aggregation, rollups }: Pick<Stores, 'aggregation' | 'rollups'>,
  series: Series,
  level: Level,
  range: TimeRange,
): Promise<Measured[]> {
  const read = (page: PageRequest): Promise<Page<Measured>> =>
    level === 'windows'
      ? aggregation
          .windows(series, range, page)
          .then(({ items, next }) => ({ items: items.filter(isWhole), next }))
      : rollups.rollups(series, level, range, page);
  const rows: Measured[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Measured> = await read({ limit: PAGE, cursor });
    rows.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return rows;
}

/**
 * Whether a window is a whole part of its minute: the definition may have kept other windows before, and sessions, the
 * last events or hours under its name are in no minute's sum.
 */
function isWhole({ start, size }: WindowRow): boolean {
  return size > 0 && MINUTE % size === 0 && start % size === 0;
}

/** What a bucket is made of, oldest first. */
export async function finerRows(
  stores: Pick<Stores, 'aggregation' | 'rollups'>,
  bucket: Bucket,
  period: Period,
): Promise<Measured[]> {
  const rows: Measured[] = [];
  for (const { level, ...range } of partsOf(period, bucket)) {
    rows.push(...(await rowsOf(stores, bucket, level, range)));
  }
  return rows;
}
