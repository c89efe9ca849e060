/** The value at the same time before: `before('temperature', '1d')`. */
import type { Feature } from '../feature.js';
import { numberOf } from './value.js';

/** So many buckets make up the time in between. */
const BUCKETS = 288;
/** The bucket that is asked for, one for a reading that is missing there, and the one that is being filled. */
const KEPT = BUCKETS + 3;

interface Buckets {
  newest: number;
  /** Bucket -> time and value of its latest reading. At most `KEPT`. */
  readonly readings: Map<number, readonly [time: number, value: number]>;
}

/**
 * The latest reading of the bucket, 1/288 of `ago` long, in which the moment lies, or of the one before that: so close
 * it is to `ago` before. Undefined when there is none.
 */
export function valueBefore(metric: string, ago: number): Feature<Buckets> {
  const size = Math.ceil(ago / BUCKETS);
  return {
    id: `before:${ago}:${metric}`,
    metrics: [metric],
    start: () => ({ newest: Number.NEGATIVE_INFINITY, readings: new Map() }),
    observe(state, { event, eventTime }) {
      const value = numberOf(event, metric);
      if (value === undefined) return;
      const bucket = Math.floor(eventTime / size);
      if (eventTime > state.newest) {
        forget(state, bucket, size);
        state.newest = eventTime;
      } else if (bucket <= Math.floor(state.newest / size) - KEPT) return;
      const known = state.readings.get(bucket);
      if (known === undefined || eventTime >= known[0]) state.readings.set(bucket, [eventTime, value]);
    },
    value({ newest, readings }, at) {
      const bucket = Math.floor((Math.max(at, newest) - ago) / size);
      return (readings.get(bucket) ?? readings.get(bucket - 1))?.[1];
    },
    // It changes all the time; what decides is the next reading.
    nextChange: () => Number.POSITIVE_INFINITY,
    encode({ readings }) {
      const sorted = [...readings].sort(([a], [b]) => a - b);
      return sorted.map(([bucket, [time, value]]) => [bucket, time - bucket * size, value]);
    },
    decode(json) {
      const readings = new Map(
        (json as [number, number, number][]).map(([bucket, rest, value]) => [
          bucket,
          [bucket * size + rest, value] as const,
        ]),
      );
      const newest = [...readings.values()].reduce(
        (latest, [time]) => Math.max(latest, time),
        Number.NEGATIVE_INFINITY,
      );
      return { newest, readings };
    },
  };
}

/** Those that are too old once `bucket` is the newest. */
function forget({ newest, readings }: Buckets, bucket: number, size: number): void {
  const oldest = Math.floor(newest / size) - KEPT + 1;
  const keep = bucket - KEPT + 1;
  if (keep - oldest > KEPT) {
    readings.clear();
    return;
  }
  for (let index = oldest; index < keep; index++) readings.delete(index);
}
