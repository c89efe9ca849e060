/** Buckets that `rollup` has yet to bring up to date: that they differ from a rebuild says nothing. */

import type { Calendar } from '../../functions/rollup/calendar.js';
import { bucketsAt, SOURCE } from '../../functions/rollup/core.js';
import { changesOf } from '../../functions/rollup/levels.js';
import { PERIODS, type Period } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';

const CHANGES = 20_000;

export type Waiting = (definition: string, key: string, period: Period, start: number) => boolean;

export async function waitingBuckets(
  stores: Pick<Stores, 'aggregation' | 'rollups'>,
  calendar: Calendar,
): Promise<Waiting> {
  const waiting = new Set<string>();
  const mark = (definition: string, key: string, period: Period, start: number): void => {
    for (const bucket of bucketsAt(period, start, calendar)) {
      const name = nameOf(definition, key, period, bucket.start);
      if (waiting.has(name)) continue;
      waiting.add(name);
      // When this one is written, those that are made of it will wait.
      for (const coarser of PERIODS) {
        if (SOURCE[coarser] === period) mark(definition, key, coarser, bucket.start);
      }
    }
  };
  for (const period of PERIODS) {
    let change = await stores.rollups.cursor(period);
    for (;;) {
      const changes = await changesOf(stores, SOURCE[period], change, CHANGES);
      for (const { definition, key, start } of changes) mark(definition, key, period, start);
      if (changes.length < CHANGES) break;
      change = changes.at(-1)!.change;
    }
  }
  return (definition, key, period, start) => waiting.has(nameOf(definition, key, period, start));
}

function nameOf(definition: string, key: string, period: Period, start: number): string {
  return `${definition} ${period} ${start} ${key}`;
}
