/** How far percentiles are from the exact ones, relative to these: of a window's sketch, and of many sketches merged. */

import { mergeMeasured } from '../../functions/aggregate/figures/merge.js';
import { MetricSet } from '../../functions/aggregate/figures/metric-set.js';
import { metricPlans } from '../../functions/aggregate/figures/plans.js';
import { percentile } from '../../functions/aggregate/figures/sketch.js';
import { Random } from '../../simulators/random.js';
import type { Measured } from '../../stores/aggregation.js';

export interface PercentileResult {
  readonly distribution: string;
  readonly values: number;
  /** Largest relative error over the quantiles, of one sketch and of a hundred merged ones. */
  readonly worst: number;
  readonly worstMerged: number;
}

const QUANTILES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999];
const VALUES = 100_000;
const PARTS = 100;
const plans = metricPlans({ value: ['p50', 'p99'] });

const DISTRIBUTIONS: Readonly<Record<string, (unit: () => number) => number>> = {
  'uniform, -50 to 50': (unit) => unit() * 100 - 50,
  'normal, 20 ± 5': (unit) => 20 + 5 * normal(unit),
  'log-normal': (unit) => Math.exp(2 * normal(unit)),
  'Pareto, 1.1': (unit) => (1 - unit()) ** (-1 / 1.1),
};

export function measurePercentiles(): PercentileResult[] {
  return Object.entries(DISTRIBUTIONS).map(([distribution, draw]) => {
    const random = Random.named(1, distribution);
    const values = Array.from({ length: VALUES }, () => draw(() => random.unit()));
    const whole = measured(values);
    const parts = Array.from({ length: PARTS }, (_, part) =>
      measured(values.filter((_value, index) => index % PARTS === part)),
    );
    const sorted = Float64Array.from(values).sort();
    return {
      distribution,
      values: VALUES,
      worst: worstOf(whole, sorted),
      worstMerged: worstOf(mergeMeasured(parts), sorted),
    };
  });
}

function measured(values: readonly number[]): Measured {
  const set = new MetricSet(plans);
  values.forEach((value, time) => {
    set.add({ value }, time);
  });
  set.close();
  return { events: values.length, ...set.measured() };
}

function worstOf({ metrics }: Measured, sorted: Float64Array): number {
  const { sketch } = metrics.value!;
  const errors = QUANTILES.map((q) => {
    const exact = sorted[Math.floor(q * (sorted.length - 1))]!;
    return Math.abs((percentile(sketch!, q)! - exact) / exact);
  });
  return Math.max(...errors);
}

/** Box and Muller. */
function normal(unit: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit());
}
