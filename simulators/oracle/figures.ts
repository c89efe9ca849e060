/** Figures of windows and rollups while they are added up. */
import type { RollupFigures, WindowFigures } from './verdict.js';

/** Rollups that are foretold, ms: those of the calendar depend on a time zone, and have tests of their own. */
export const PERIODS = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 } as const;

/** One window of one metric of one device. */
export class WindowPlace {
  count = 0;
  /** Events that may be in it besides. */
  maybe = 0;
  /** Whether an event is in it or late, nobody knows. */
  uncertain = 0;
  readonly device: string;
  readonly metric: string;
  readonly start: number;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #first = 0;
  #firstTime = Number.POSITIVE_INFINITY;
  #last = 0;
  #lastTime = Number.NEGATIVE_INFINITY;

  constructor(device: string, metric: string, start: number) {
    this.device = device;
    this.metric = metric;
    this.start = start;
  }

  get isSure(): boolean {
    return this.maybe === 0 && this.uncertain === 0;
  }

  /** In the order in which events were stored: of equal times, the first keeps `first`, the last gives `last`. */
  add(value: number, time: number): void {
    this.count++;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    if (time < this.#firstTime) {
      this.#first = value;
      this.#firstTime = time;
    }
    if (time >= this.#lastTime) {
      this.#last = value;
      this.#lastTime = time;
    }
  }

  figures(): WindowFigures {
    const { count } = this;
    return {
      count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
      first: this.#first,
      last: this.#last,
    };
  }
}

/** Buckets in which something is uncertain are left out: they cannot be held against anything. */
export function rollupsOf(places: Iterable<WindowPlace>): Map<string, RollupFigures> {
  const rollups = new Map<string, { count: number; sum: number; min: number; max: number }>();
  const unsure = new Set<string>();
  for (const place of places) {
    const { count, sum, min, max } = place.figures();
    for (const [period, size] of Object.entries(PERIODS)) {
      const key = `${place.device} ${place.metric} ${period} ${Math.floor(place.start / size) * size}`;
      if (!place.isSure) unsure.add(key);
      if (count === 0) continue;
      const bucket = rollups.get(key);
      if (bucket === undefined) rollups.set(key, { count, sum, min, max });
      else {
        bucket.count += count;
        bucket.sum += sum;
        bucket.min = Math.min(bucket.min, min);
        bucket.max = Math.max(bucket.max, max);
      }
    }
  }
  for (const key of unsure) rollups.delete(key);
  return rollups;
}
