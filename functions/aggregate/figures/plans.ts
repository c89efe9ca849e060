/**
 * Which figures are kept of which metric: a definition's `metrics`, resolved.
 */
import type { AggregationDefinition, FigureName } from '../../../common/aggregations.js';
import { Layouts } from './layout.js';

/** What one metric keeps, besides the eight that are always kept of numbers. */
export interface MetricPlan {
  readonly wanted: readonly FigureName[];
  /** For `stddev`. */
  readonly deviation: boolean;
  /** For `delta`, `rate` and `timeWeightedMean`. */
  readonly ordered: boolean;
  /** For `p50`, `p99`, … */
  readonly sketch: boolean;
  readonly distinct: boolean;
  /** Whether any of the four above is kept. */
  readonly extra: boolean;
  /** Whether strings and booleans are kept as well. */
  readonly states: boolean;
  readonly durations: boolean;
}

export interface MetricPlans {
  /** Whether strings or booleans of any metric are kept. */
  readonly states: boolean;
  /** The order of metrics in memory, shared by all windows of the definition. */
  readonly layouts: Layouts;
  /** A metric's plan; undefined: it is not aggregated. */
  planOf(name: string): MetricPlan | undefined;
}

export function metricPlans(metrics: AggregationDefinition['metrics']): MetricPlans {
  const named = new Map<string, MetricPlan>();
  for (const [name, wanted] of Object.entries(metrics)) named.set(name, planFor(wanted, name !== '*'));
  const others = named.get('*');
  return {
    states: [...named.values()].some((plan) => plan.states),
    layouts: new Layouts(),
    planOf: (name) => named.get(name) ?? others,
  };
}

/** `p99.9` -> 0.999; undefined when the name is no percentile. */
export function quantileOf(figure: FigureName): number | undefined {
  const match = /^p(\d{1,2}(?:\.\d{1,6})?|100)$/.exec(figure);
  // Read, not divided: 99.9 / 100 is not quite 0.999.
  return match === null ? undefined : Number(`${match[1]}e-2`);
}

/**
 * Whoever says `*` with figures that strings have too means numbers: strings are kept where the metric is named, or
 * where a figure is wanted for their sake.
 */
function planFor(wanted: readonly FigureName[], named: boolean): MetricPlan {
  const any = (...figures: FigureName[]): boolean => figures.some((figure) => wanted.includes(figure));
  const deviation = any('stddev');
  const ordered = any('delta', 'rate', 'timeWeightedMean');
  const sketch = wanted.some((figure) => quantileOf(figure) !== undefined);
  const distinct = any('distinct');
  const durations = any('duration');
  return {
    wanted,
    deviation,
    ordered,
    sketch,
    distinct,
    extra: deviation || ordered || sketch || distinct,
    states: durations || distinct || (named && any('count', 'first', 'last')),
    durations,
  };
}
