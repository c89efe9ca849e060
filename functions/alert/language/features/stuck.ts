/** A sensor that says the same again and again: `stuck('temperature', '1h')`. */
import type { Feature } from '../feature.js';
import { scalarOf } from './value.js';

/** One that says nothing, or little, is absent, not stuck. */
export const MIN_READINGS = 3;

interface Run {
  /** Null before the first reading. */
  value: number | boolean | string | null;
  /** Event times of the first and the last reading that said so. */
  from: number;
  to: number;
  readings: number;
}

/** Whether all readings of at least `width`, three at least, were the same. One that comes late changes nothing. */
export function stuckFor(metric: string, width: number): Feature<Run> {
  return {
    id: `stuck:${width}:${metric}`,
    metrics: [metric],
    start: () => ({ value: null, from: 0, to: 0, readings: 0 }),
    observe(run, { event, eventTime }) {
      const value = scalarOf(event, metric);
      if (value === undefined || (run.value !== null && eventTime < run.to)) return;
      if (value !== run.value) {
        run.value = value;
        run.from = eventTime;
        run.readings = 0;
      }
      run.to = eventTime;
      run.readings++;
    },
    value: ({ value, from, to, readings }) =>
      value === null ? undefined : readings >= MIN_READINGS && to - from >= width,
    nextChange: () => Number.POSITIVE_INFINITY,
    encode: ({ value, from, to, readings }) => [value, from, to, readings],
    decode(json) {
      const [value, from, to, readings] = json as [Run['value'], number, number, number];
      return { value, from, to, readings };
    },
  };
}
