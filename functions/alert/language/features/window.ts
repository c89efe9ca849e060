/** Trailing windows: of a metric (`window('10s').temperature`), and of events that satisfied a condition (`matches`). */
import type { Feature, Sample } from '../feature.js';
import { figureOf } from './figures.js';
import { add, advance, decodeSeries, emptyAt, emptySeries, encodeSeries, type Series } from './series.js';
import { numberOf } from './value.js';

const count = figureOf('count');

export interface WindowFeature extends Feature<Series> {
  readonly width: number;
}

/** (newest event time of the device - width, newest]. Its value is how many readings are in it. */
export function windowOf(metric: string, width: number): WindowFeature {
  return trailing(`window:${width}:${metric}`, [metric], width, ({ event }) => numberOf(event, metric));
}

/**
 * How many events of the last `width` satisfied a condition.
 * @param source says the condition
 */
export function matchesWithin(
  source: string,
  metrics: readonly string[],
  width: number,
  holds: (sample: Sample) => boolean,
): WindowFeature {
  return trailing(`matches:${width}:${source}`, metrics, width, (sample) => (holds(sample) ? 1 : undefined));
}

function trailing(
  id: string,
  metrics: readonly string[],
  width: number,
  reading: (sample: Sample) => number | undefined,
): WindowFeature {
  return {
    id,
    metrics,
    width,
    start: emptySeries,
    observe(series, sample) {
      const { eventTime } = sample;
      const value = reading(sample);
      advance(series, eventTime, width);
      if (value !== undefined) add(series, eventTime, value, width);
    },
    value: (series, at) => count(series, at, width),
    nextChange(series, at) {
      // Readings leave one by one; to look each time would keep every device that is alive busy with ticks.
      const empty = emptyAt(series, width);
      return empty > at ? empty : Number.POSITIVE_INFINITY;
    },
    encode: encodeSeries,
    decode: decodeSeries,
  };
}
