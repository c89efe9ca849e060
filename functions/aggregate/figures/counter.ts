/**
 * Sums of a number over time: what a counter rose, how often it started anew, and the area under the values.
 */
import type { MetricFigures, OrderedFigures } from '../../../stores/aggregation.js';
import { finite } from './finite.js';
import { type Sums, Timeline, type TimelineState } from './timeline.js';

export type Totals = Pick<OrderedFigures, 'increase' | 'resets' | 'area'>;

/** A value below the one before: the counter started anew, and has risen to that value since. */
const SUMS: Sums<number, Totals> = {
  none: () => ({ increase: 0, resets: 0, area: 0 }),
  copy: ({ increase, resets, area }) => ({ increase, resets, area }),
  step(totals, value, time, nextValue, nextTime) {
    const reset = nextValue < value;
    if (reset) totals.resets++;
    totals.increase = finite(totals.increase + (reset ? nextValue : finite(nextValue - value)));
    totals.area = finite(totals.area + finite(value * (nextTime - time)));
  },
  add(totals, other, by) {
    totals.increase = finite(totals.increase + finite(other.increase * by));
    totals.resets += other.resets;
    totals.area = finite(totals.area + finite(other.area * by));
  },
};

export type Counter = Timeline<number, Totals>;

export function newCounter(value: number, time: number): Counter {
  return new Timeline(SUMS, value, time);
}

export function restoreCounter(figures: MetricFigures, ordered: OrderedFigures): Counter {
  return Timeline.restore(SUMS, counterState(figures, ordered));
}

export function counterState(figures: MetricFigures, ordered: OrderedFigures): TimelineState<number, Totals> {
  return { span: figures, totals: ordered, samples: ordered.samples, folded: ordered.folded };
}

export function counterFigures(counter: Counter): OrderedFigures {
  const { totals, samples, folded } = counter.state();
  const figures: OrderedFigures = totals;
  if (samples !== undefined) figures.samples = [...samples];
  if (folded !== undefined) figures.folded = folded;
  return figures;
}
