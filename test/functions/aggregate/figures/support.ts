/** Streams of one metric, `x`, and what must come of them, computed plainly. */
import fc from 'fast-check';
import { MetricSet } from '../../../../functions/aggregate/figures/metric-set.js';
import { metricPlans } from '../../../../functions/aggregate/figures/plans.js';
import type { Measured } from '../../../../stores/aggregation.js';

export interface Sample {
  readonly time: number;
  readonly value: number;
}

export const ALL = ['stddev', 'delta', 'rate', 'timeWeightedMean', 'p50', 'p99', 'distinct'];
export const PLANS = metricPlans({ '*': ALL, s: ['duration', 'distinct'] });

/** Eighths add up without rounding. */
const value = fc.integer({ min: -800, max: 8_000 }).map((n) => n / 8);
const time = fc.integer({ min: 0, max: 500 }).map((n) => 1_700_000_000_000 + n * 100);

/** In stream order; event times in any order, with equal ones. */
export const samples = fc.array(fc.record({ time, value }), { minLength: 1, maxLength: 80 });
/** The same with no two at one time. */
export const distinctTimes = fc.uniqueArray(fc.record({ time, value }), {
  minLength: 1,
  maxLength: 80,
  selector: (sample) => sample.time,
});

export function setOf(events: readonly Sample[], plans = PLANS): MetricSet {
  const set = new MetricSet(plans);
  for (const event of events) addTo(set, event);
  return set;
}

/** The number as `x`, and how it compares to a limit as the state `s`. */
export function addTo(set: MetricSet, { time, value }: Sample): void {
  set.add({ ts: time, x: value, s: value > 500 ? 'high' : 'low' }, time);
}

export function rowOf(events: readonly Sample[]): Measured {
  return { events: events.length, ...setOf(events).measured() };
}

/** As the window's row is when it is closed. */
export function closedRowOf(events: readonly Sample[]): Measured {
  const set = setOf(events);
  set.close();
  return { events: events.length, ...set.measured() };
}

/** Of events in any order. */
export function counterOf(events: readonly Sample[]): { increase: number; resets: number; area: number } {
  const inOrder = events.toSorted((a, b) => a.time - b.time);
  const totals = { increase: 0, resets: 0, area: 0 };
  inOrder.slice(1).forEach(({ time, value }, at) => {
    const before = inOrder[at]!;
    totals.increase += value < before.value ? value : value - before.value;
    if (value < before.value) totals.resets++;
    totals.area += before.value * (time - before.time);
  });
  return totals;
}

/** A row as it comes back from a store. */
export function stored<T>(row: T): T {
  return JSON.parse(JSON.stringify(row)) as T;
}

/** Mean and m2 are sums in another order: they agree but for rounding. */
export function expectSameFigures(actual: Measured, expected: Measured): void {
  const { mean, m2, ...figures } = stored(actual).metrics.x!;
  const { mean: expectedMean, m2: expectedM2, ...expectedFigures } = stored(expected).metrics.x!;
  expect(figures).toEqual(expectedFigures);
  expect(mean).toBeCloseTo(expectedMean!, 6);
  expect(Math.abs(m2! - expectedM2!)).toBeLessThanOrEqual(1e-9 * (1 + expectedM2!));
  expect(stored(actual).states).toEqual(stored(expected).states);
  expect(actual.events).toBe(expected.events);
}
