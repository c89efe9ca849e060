/** Silence: `absent('15m')`, nothing at all from the device; `absent('temperature', '15m')`, not this metric. */
import type { Feature } from '../feature.js';
import { metricOf, packNumber, unpackNumber } from './value.js';

interface Heard {
  newest: number;
  /** Latest event time at which it came; before it ever did, the time of the device's first event. */
  last: number;
  /** Whether it ever came. */
  came: boolean;
}

/** @param metric null: any event counts */
export function absentFor(metric: string | null, width: number): Feature<Heard> {
  return {
    id: metric === null ? `absent:${width}` : `absent:${width}:${metric}`,
    metrics: metric === null ? [] : [metric],
    start: () => ({ newest: Number.NEGATIVE_INFINITY, last: Number.NEGATIVE_INFINITY, came: false }),
    observe(state, { event, eventTime }) {
      state.newest = Math.max(state.newest, eventTime);
      if (metric === null || metricOf(event, metric) !== undefined) {
        state.last = state.came ? Math.max(state.last, eventTime) : eventTime;
        state.came = true;
      } else if (!state.came && state.last === Number.NEGATIVE_INFINITY) {
        state.last = eventTime;
      }
    },
    value: ({ newest, last }, at) =>
      last === Number.NEGATIVE_INFINITY ? undefined : Math.max(at, newest) - last >= width,
    nextChange: ({ last }, at) => (last + width > at ? last + width : Number.POSITIVE_INFINITY),
    encode: ({ newest, last, came }) => [packNumber(newest), packNumber(last), came ? 1 : 0],
    decode(json) {
      const [newest, last, came] = json as unknown[];
      return { newest: unpackNumber(newest), last: unpackNumber(last), came: came === 1 };
    },
  };
}
