/**
 * How far a series has come for good: the latest UTC day from which on it has a closed window. What is older than a
 * closed window of the same device is closed as well.
 *
 * The store lists windows forwards only, so this asks for the first one at or after a day: today's, then twice as far
 * back each time, then halving. A series that is alive answers the first question.
 */
import type { AggregationStore, Series } from '../../stores/aggregation.js';
import { dayOf } from './core.js';

const DAY = 86_400_000;
/** When galloping back reaches this, there is nothing. */
const OLDEST = 0;

/**
 * @param now epoch ms: what is later, by a clock that runs ahead, does not count
 * @param known what this returned before, if it did: the answer never goes back
 * @returns start of a UTC day, epoch ms; undefined when no window is closed
 */
export async function newestClosedDay(
  store: Pick<AggregationStore, 'windows'>,
  series: Series,
  now: number,
  known?: number,
): Promise<number | undefined> {
  const today = dayOf(now);
  if (known !== undefined && (known >= today || !(await isClosedFrom(store, series, known + DAY))))
    return known;
  let found = today;
  for (let back = DAY; !(await isClosedFrom(store, series, found)); back *= 2) {
    if (found <= OLDEST) return undefined;
    found = Math.max(today - back, OLDEST);
  }
  // Closed from `found` on, and not any more from `beyond` on.
  let beyond = found === today ? today + DAY : today;
  while (beyond - found > DAY) {
    const middle = dayOf(found + (beyond - found) / 2);
    if (await isClosedFrom(store, series, middle)) found = middle;
    else beyond = middle;
  }
  return found;
}

/** Whether the first window that starts at or after `from` is closed. */
async function isClosedFrom(
  store: Pick<AggregationStore, 'windows'>,
  series: Series,
  from: number,
): Promise<boolean> {
  const range = { from, to: Number.MAX_SAFE_INTEGER };
  const { items } = await store.windows(series, range, { limit: 1, cursor: null });
  return items[0]?.closed === true;
}
