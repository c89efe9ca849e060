/** Which figures there are, as `metrics:` of a definition names them. */
import { suggestion } from '../../../common/problems.js';
import { quantileOf } from '../figures/plans.js';

/** Cost nothing, and are always kept. */
export const BASIC_FIGURES = ['count', 'sum', 'min', 'max', 'mean', 'first', 'last'] as const;
/** They follow the order of one device's events: those of several devices have none. */
export const ORDERED_FIGURES = ['delta', 'rate', 'timeWeightedMean', 'duration'] as const;
const OTHER_FIGURES = ['stddev', 'distinct'] as const;

const KNOWN: readonly string[] = [...BASIC_FIGURES, ...OTHER_FIGURES, ...ORDERED_FIGURES];

/** Members of an event that are no metrics. */
const NO_METRICS = ['ts', 'seq', 'deviceId', 'deviceType'];

export function isOrdered(figure: string): boolean {
  return (ORDERED_FIGURES as readonly string[]).includes(figure);
}

/** Why there is no such figure, or undefined. */
export function figureProblem(figure: string): string | undefined {
  if (KNOWN.includes(figure)) return undefined;
  if (!/^p\d/.test(figure))
    return `there is no figure ${figure}${suggestion(figure, [...KNOWN, 'p50', 'p99'])}`;
  const quantile = quantileOf(figure) ?? 1;
  if (quantile > 0 && quantile < 1) return undefined;
  return `${figure}: a percentile is above p0 and below p100, with six decimals at the most`;
}

/** Why this names no metric, or undefined. */
export function metricProblem(metric: string): string | undefined {
  if (metric === '' || metric === '__proto__') return 'cannot be the name of a metric';
  return NO_METRICS.includes(metric) ? `${metric} is no metric` : undefined;
}
