/**
 * A histogram with fixed bounds that costs a short search and two additions per observation and nothing besides:
 * no allocation, no labels. Prometheus' cumulative buckets are made of it when somebody asks.
 */
export interface Histogram {
  /** Upper bounds of the buckets, ascending; one more bucket takes what lies above. */
  readonly bounds: readonly number[];
  /** Observations by bucket, not cumulative: `bounds.length + 1` of them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface WritableHistogram extends Histogram {
  observe(value: number): void;
}

/** Durations of invocations in seconds: a bare batch takes tens of microseconds, Lambda's longest timeout is 15 min. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
  300, 900,
];

/** @param bounds in the unit that is observed, ascending */
export function createHistogram(bounds: readonly number[] = DURATION_BOUNDS): WritableHistogram {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  let sum = 0;
  return {
    bounds,
    counts,
    get sum() {
      return sum;
    },
    observe(value) {
      let bucket = 0;
      while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
      counts[bucket]!++;
      sum += value;
    },
  };
}
