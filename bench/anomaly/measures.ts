/** How well scores tell faults from the rest. All of it over many series at once, with one threshold for all. Pure. */
import type { Series } from './corpus.js';

export interface Scored {
  readonly series: Series;
  /** By reading, 0 to 1. */
  readonly scores: ArrayLike<number>;
}

/** Nothing is counted before this share of a series. */
const WARM_UP = 0.15;
/** A fault is still found so many readings after its end: what is one reading long is found at its reading. */
const GRACE = 3;
/** Alarms that follow each other within so many readings are one. */
const JOINED = 20;

export interface EventFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Readings from the first that differs to the first alarm: median over the faults found; NaN: none found. */
  readonly delay: number;
  readonly falseAlarms: number;
  /** Per 10,000 readings outside faults. */
  readonly falsePer10k: number;
  readonly faults: number;
}

/** Alarms as an operator counts them: one for each run of scores at or above the threshold. */
export function events(scored: readonly Scored[], threshold: number): EventFigures {
  let found = 0;
  let faults = 0;
  let falseAlarms = 0;
  let outside = 0;
  const delays: number[] = [];
  for (const { series, scores } of scored) {
    const start = Math.floor(WARM_UP * scores.length);
    const inside = new Uint8Array(scores.length);
    for (const { from, to } of series.faults) {
      inside.fill(1, from, Math.min(scores.length, to + settling(from, to)));
      faults++;
      for (let index = from; index < Math.min(to + GRACE, scores.length); index++) {
        if (scores[index]! < threshold) continue;
        found++;
        delays.push(index - from);
        break;
      }
    }
    let latest = Number.NEGATIVE_INFINITY;
    for (let index = start; index < scores.length; index++) {
      if (inside[index] === 0) outside++;
      if (scores[index]! < threshold) continue;
      if (inside[index] === 0 && index - latest > JOINED) falseAlarms++;
      latest = index;
    }
  }
  const precision = found + falseAlarms === 0 ? 0 : found / (found + falseAlarms);
  const recall = faults === 0 ? 0 : found / faults;
  delays.sort((a, b) => a - b);
  return {
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    delay: delays[Math.floor(delays.length / 2)] ?? Number.NaN,
    falseAlarms,
    falsePer10k: (falseAlarms / Math.max(1, outside)) * 10_000,
    faults,
  };
}

/** When a fault ends, what it did to the series comes to an end as suddenly: that is no false alarm. */
const settling = (from: number, to: number): number =>
  Math.max(GRACE, Math.min(30, Math.round((to - from) / 4)));

/** The threshold, of those that scores reach, with the largest figure. */
export function best(
  scored: readonly Scored[],
  figure: (threshold: number) => number,
): [threshold: number, value: number] {
  const all: number[] = [];
  for (const { scores } of scored) {
    const start = Math.floor(WARM_UP * scores.length);
    for (let index = start; index < scores.length; index++) if (scores[index]! > 0) all.push(scores[index]!);
  }
  all.sort((a, b) => b - a);
  let chosen: [number, number] = [1, Number.NEGATIVE_INFINITY];
  let previous = Number.NaN;
  for (let rank = 5; rank < all.length * 0.2; rank = Math.ceil(rank * 1.12)) {
    const threshold = all[rank]!;
    if (threshold === previous) continue;
    previous = threshold;
    const value = figure(threshold);
    if (value > chosen[1]) chosen = [threshold, value];
  }
  return chosen;
}

/**
 * As the Numenta Anomaly Benchmark scores (Lavin and Ahmad 2015, standard profile): windows of a tenth of the series
 * around the faults' starts; the first detection in one counts up to 1, the earlier the more; each detection outside
 * costs up to 0.11, the further behind a window the more; a window without one costs 1. 100 is perfect, 0 is silence.
 */
export function nab(scored: readonly Scored[], threshold: number): number {
  let total = 0;
  let windows = 0;
  for (const { series, scores } of scored) {
    const start = Math.floor(WARM_UP * scores.length);
    const half = Math.round((0.1 * scores.length) / Math.max(1, series.faults.length) / 2);
    const spans = series.faults.map(({ from }) => [Math.max(start, from - half), from + half] as const);
    windows += spans.length;
    const hit = spans.map(() => false);
    for (let index = start; index < scores.length; index++) {
      if (scores[index]! < threshold) continue;
      const within = spans.findIndex(([from, to]) => index >= from && index <= to);
      if (within !== -1) {
        if (!hit[within]) total += sigmoid((index - spans[within]![1]) / (2 * half + 1)) / sigmoid(-1);
        hit[within] = true;
        continue;
      }
      const before = spans.filter(([, to]) => to < index).at(-1);
      total += 0.11 * (before === undefined ? -1 : sigmoid((index - before[1]) / (2 * half + 1)));
    }
    total -= hit.filter((one) => !one).length;
  }
  return windows === 0 ? 0 : (100 * (total + windows)) / (2 * windows);
}

/** From 1 well before the end of a window (0) to -1 well after. */
const sigmoid = (relative: number): number => (relative > 3 ? -1 : 2 / (1 + Math.exp(5 * relative)) - 1);

export interface PointFigures {
  /** Area under the curve of true over false positives. */
  readonly roc: number;
  /** Average precision. */
  readonly pr: number;
  /** Share of readings within faults: the precision of chance. */
  readonly chance: number;
}

/** Each reading by itself, of all series at once; ties count half. */
export function points(scored: readonly Scored[]): PointFigures {
  const all: [score: number, positive: boolean][] = [];
  for (const { series, scores } of scored) {
    const inside = new Uint8Array(scores.length);
    for (const { from, to } of series.faults) inside.fill(1, from, to);
    for (let index = Math.floor(WARM_UP * scores.length); index < scores.length; index++) {
      all.push([scores[index]!, inside[index] === 1]);
    }
  }
  all.sort(([a], [b]) => b - a);
  const positives = all.filter(([, positive]) => positive).length;
  const negatives = all.length - positives;
  let [truth, errors, area, precision] = [0, 0, 0, 0];
  for (let index = 0; index < all.length; ) {
    let [more, less] = [0, 0];
    const score = all[index]![0];
    for (; index < all.length && all[index]![0] === score; index++) all[index]![1] ? more++ : less++;
    area += less * (truth + more / 2);
    truth += more;
    errors += less;
    precision += (more * truth) / (truth + errors);
  }
  return { roc: area / (positives * negatives), pr: precision / positives, chance: positives / all.length };
}
