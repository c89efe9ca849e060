/**
 * What people are shown of a row: the figures they want, computed from those that are kept.
 */
import type { FigureName } from '../../../common/aggregations.js';
import type { MetricFigures, StateFigures } from '../../../stores/aggregation.js';
import { HyperLogLog } from './hyperloglog.js';
import { quantileOf } from './plans.js';
import { percentile } from './sketch.js';

/**
 * Exactly the wanted figures of a number; null where one is not defined (the rate of one event), or was not kept when
 * the row was written.
 */
export function figuresOf(
  figures: MetricFigures,
  wanted: readonly FigureName[],
): Record<string, number | null> {
  const shown: Record<string, number | null> = {};
  for (const name of wanted) shown[name] = figureOf(figures, name);
  return shown;
}

/** As `figuresOf`, of a string or a boolean. `duration` is an object: value -> ms. */
export function stateFiguresOf(
  figures: StateFigures,
  wanted: readonly FigureName[],
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const name of wanted) {
    if (name === 'count' || name === 'first' || name === 'last') shown[name] = figures[name];
    else if (name === 'duration') shown[name] = figures.durations ? { ...figures.durations } : null;
    else shown[name] = name === 'distinct' ? distinctOf(figures.distinct) : null;
  }
  return shown;
}

function figureOf(figures: MetricFigures, name: FigureName): number | null {
  const { count, sum, firstTime, lastTime, last, m2, ordered } = figures;
  const span = lastTime - firstTime;
  switch (name) {
    case 'count':
    case 'sum':
    case 'min':
    case 'max':
    case 'first':
    case 'last':
      return figures[name];
    case 'mean':
      return sum / count;
    case 'stddev':
      // Of the population.
      return m2 === undefined ? null : Math.sqrt(m2 / count);
    case 'delta':
      return ordered?.increase ?? null;
    case 'rate':
      return ordered === undefined || span === 0 ? null : ordered.increase / (span / 1_000);
    case 'timeWeightedMean':
      if (ordered === undefined) return null;
      return span === 0 ? last : ordered.area / span;
    case 'distinct':
      return distinctOf(figures.distinct);
    default:
      return percentileOf(figures, name);
  }
}

/** No percentile lies outside of what there was, as the middle of the last bucket may. */
function percentileOf({ sketch, min, max }: MetricFigures, name: FigureName): number | null {
  const quantile = quantileOf(name);
  if (sketch === undefined || quantile === undefined) return null;
  const value = percentile(sketch, quantile);
  return value === null ? null : Math.min(Math.max(value, min), max);
}

function distinctOf(text: string | undefined): number | null {
  return text === undefined ? null : HyperLogLog.restore(text).estimate();
}
