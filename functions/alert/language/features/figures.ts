/** Figures of what a window holds: `window('10s').temperature.mean`. */
import { atRank } from './select.js';
import { KEPT_PER_PANE, type Pane, paneLength, reaches, type Series } from './series.js';

export const FIGURES = [
  'count',
  'sum',
  'min',
  'max',
  'mean',
  'first',
  'last',
  'stddev',
  'range',
  'delta',
  'increase',
  'rate',
  'slope',
] as const;
type Plain = (typeof FIGURES)[number];

/** p1 to p99, with up to two decimals. */
const PERCENTILE = /^p(\d{1,2}(?:\.\d{1,2})?)$/;

export function isFigure(name: string): boolean {
  return (FIGURES as readonly string[]).includes(name) || PERCENTILE.test(name);
}

/** Of a series in (at - width, at]: undefined when nothing is in it (`count` and `sum` are 0 then). */
export type FigureOf = (series: Series, at: number, width: number) => number | undefined;

export function figureOf(name: string): FigureOf {
  const percentile = PERCENTILE.exec(name)?.[1];
  if (percentile !== undefined) {
    const share = Number(percentile) / 100;
    return (series, at, width) => percentileOf(series, at, width, share);
  }
  const figure = name as Plain;
  return (series, at, width) => {
    const from = Math.max(at, series.newest) - width;
    return series.panes === null
      ? ofReadings(series, from, figure)
      : ofPanes(series.panes, from, width, figure);
  };
}

function ofReadings({ times, values }: Series, from: number, figure: Plain): number | undefined {
  let start = 0;
  while (start < times.length && times[start]! <= from) start++;
  const end = times.length;
  const count = end - start;
  if (figure === 'count') return count;
  if (count === 0) return figure === 'sum' ? 0 : undefined;
  const first = values[start]!;
  const last = values[end - 1]!;
  switch (figure) {
    case 'first':
      return first;
    case 'last':
      return last;
    case 'delta':
      return last - first;
    case 'increase':
      return increaseOf(values, start);
    case 'rate':
      return perSecond(increaseOf(values, start), times[end - 1]! - times[start]!);
    case 'slope':
      return perSecond(last - first, times[end - 1]! - times[start]!);
    default:
  }
  let sum = 0;
  let min = first;
  let max = first;
  for (let index = start; index < end; index++) {
    const value = values[index]!;
    sum += value;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  switch (figure) {
    case 'sum':
      return sum;
    case 'min':
      return min;
    case 'max':
      return max;
    case 'range':
      return max - min;
    case 'mean':
      return sum / count;
    case 'stddev': {
      const mean = sum / count;
      let squares = 0;
      for (let index = start; index < end; index++) squares += (values[index]! - mean) ** 2;
      return Math.sqrt(squares / count);
    }
  }
}

function ofPanes(panes: readonly Pane[], from: number, width: number, figure: Plain): number | undefined {
  const length = paneLength(width);
  let whole: Omit<Pane, 'index' | 'kept' | 'step'> | undefined;
  for (const pane of panes) {
    if (!reaches(pane, from, length)) continue;
    if (whole === undefined) {
      whole = { ...pane };
      continue;
    }
    // T. F. Chan, G. H. Golub, R. J. LeVeque: Updating formulae and a pairwise algorithm for variances, 1979.
    const count = whole.count + pane.count;
    const difference = pane.mean - whole.mean;
    whole.squares += pane.squares + (difference ** 2 * whole.count * pane.count) / count;
    whole.mean += (difference * pane.count) / count;
    whole.count = count;
    whole.sum += pane.sum;
    whole.min = Math.min(whole.min, pane.min);
    whole.max = Math.max(whole.max, pane.max);
    const step = pane.first >= whole.last ? pane.first - whole.last : pane.first;
    whole.increase += step + pane.increase;
    whole.last = pane.last;
    whole.lastTime = pane.lastTime;
  }
  if (whole === undefined) return figure === 'count' || figure === 'sum' ? 0 : undefined;
  const { count, min, max, mean, squares, first, last, increase, firstTime, lastTime } = whole;
  switch (figure) {
    case 'range':
      return max - min;
    case 'delta':
      return last - first;
    case 'increase':
      return increase;
    case 'rate':
      return perSecond(increase, lastTime - firstTime);
    case 'slope':
      return perSecond(last - first, lastTime - firstTime);
    case 'stddev':
      return Math.sqrt(squares / count);
    case 'mean':
      return mean;
    default:
      return whole[figure];
  }
}

/** A value below the one before means that the counter started anew, and has risen to that value since. */
function increaseOf(values: readonly number[], start: number): number {
  let increase = 0;
  for (let index = start + 1; index < values.length; index++) {
    const value = values[index]!;
    const before = values[index - 1]!;
    increase += value >= before ? value - before : value;
  }
  return increase;
}

function perSecond(change: number, ms: number): number | undefined {
  return ms > 0 ? (change / ms) * 1000 : undefined;
}

/** The value at rank floor(share x (count - 1)). Each reading that a pane kept stands for as many as it had of those. */
function percentileOf(series: Series, at: number, width: number, share: number): number | undefined {
  const from = Math.max(at, series.newest) - width;
  const { times, values, panes } = series;
  if (panes !== null) return ofKept(panes, from, width, share);
  let start = 0;
  while (start < times.length && times[start]! <= from) start++;
  const count = times.length - start;
  const within = new Float64Array(count);
  for (let index = 0; index < count; index++) within[index] = values[start + index]!;
  return atRank(within, new Float64Array(count).fill(1), Math.floor(share * (count - 1)));
}

function ofKept(panes: readonly Pane[], from: number, width: number, share: number): number | undefined {
  const values = new Float64Array(panes.length * KEPT_PER_PANE);
  const weights = new Float64Array(values.length);
  let size = 0;
  let total = 0;
  for (const pane of panes) {
    if (!reaches(pane, from, paneLength(width))) continue;
    const { kept, count } = pane;
    total += count;
    for (const value of kept) {
      values[size] = value;
      weights[size++] = count / kept.length;
    }
  }
  return atRank(values.subarray(0, size), weights.subarray(0, size), Math.floor(share * (total - 1)));
}
