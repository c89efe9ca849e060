/** Which series have rows that a coarser level has yet to read, and from when on. */
import type { Series } from '../../stores/aggregation.js';
import { PERIODS } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { InvocationContext } from '../contract.js';
import { SOURCE } from '../rollup/core.js';
import { changesOf } from '../rollup/levels.js';
import { MARGIN } from './steps.js';

const CHANGES = 20_000;

/** A name for a series in maps; definitions have no spaces in their names. */
export function seriesId({ definition, key }: Series): string {
  return `${definition} ${key}`;
}

/** By `seriesId`, the start of the oldest row that waits, on any level; null when time ran short. */
export async function oldestPending(
  stores: Pick<Stores, 'aggregation' | 'rollups'>,
  context: InvocationContext,
): Promise<ReadonlyMap<string, number> | null> {
  const oldest = new Map<string, number>();
  for (const period of PERIODS) {
    let change = await stores.rollups.cursor(period);
    for (;;) {
      if (context.remainingTimeMs() < MARGIN) return null;
      const changes = await changesOf(stores, SOURCE[period], change, CHANGES);
      for (const changed of changes) {
        const id = seriesId(changed);
        oldest.set(id, Math.min(changed.start, oldest.get(id) ?? changed.start));
      }
      if (changes.length < CHANGES) break;
      change = changes.at(-1)!.change;
    }
  }
  return oldest;
}
