/** The latest value of a metric by event time, of whatever event it came with: `device.latest.temperature`. */
import type { Feature } from '../feature.js';
import { scalarOf } from './value.js';

interface Latest {
  time: number;
  /** Null before the first. */
  value: number | boolean | string | null;
}

export function latestOf(metric: string): Feature<Latest> {
  return {
    id: `latest:${metric}`,
    metrics: [metric],
    start: () => ({ time: 0, value: null }),
    observe(state, { event, eventTime }) {
      const value = scalarOf(event, metric);
      if (value === undefined || (state.value !== null && eventTime < state.time)) return;
      state.value = value;
      state.time = eventTime;
    },
    value: ({ value }) => value ?? undefined,
    nextChange: () => Number.POSITIVE_INFINITY,
    encode: ({ time, value }) => [time, value],
    decode(json) {
      const [time, value] = json as [number, Latest['value']];
      return { time, value };
    },
  };
}
