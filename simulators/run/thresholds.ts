/** Thresholds held against what was measured. Pure. */
import type { FindingSummary, Verdict } from '../oracle/verdict.js';
import type { LatencyFigures } from '../result.js';
import type { Threshold } from '../scenario/scenario.js';
import { type Aggregation, holds, parseThreshold } from '../scenario/threshold.js';

/** What thresholds can speak of, by their metric names. A latency is null when nothing of it was seen. */
export interface ThresholdFigures {
  readonly loss: number;
  readonly duplicates: number;
  readonly wrong: number;
  readonly late: number;
  readonly unexpected: number;
  readonly unsent: number;
  readonly latencies: Readonly<
    Record<string, { readonly figures: LatencyFigures; at(percentile: number): number } | null>
  >;
  /** Events per second. */
  readonly rates: Readonly<Record<string, number>>;
}

/** What holds when a scenario does not say otherwise: nothing is lost, doubled, altered, misplaced or made up. */
const ALWAYS: readonly Threshold[] = ['loss', 'duplicates', 'wrong', 'late', 'unexpected'].map((metric) => ({
  metric,
  expression: '0',
}));

export type Outcome = Verdict['thresholds'][number];

/** Every threshold with its value; null where there was nothing to measure, which breaks no threshold. */
export function evaluateThresholds(thresholds: readonly Threshold[], figures: ThresholdFigures): Outcome[] {
  const implied = ALWAYS.filter(({ metric }) => thresholds.every((one) => one.metric !== metric));
  return [...thresholds, ...implied].map((threshold) => {
    const parsed = parseThreshold(threshold);
    if (parsed.problem !== undefined) throw new RangeError(parsed.problem);
    const value = measuredValue(threshold.metric, parsed.aggregation, figures);
    return { ...threshold, value, ok: value === null || holds(parsed, value) };
  });
}

/** How many of each kind the oracle found; what came in the wrong order is wrong. */
export function countsOf(findings: readonly FindingSummary[]) {
  const count = (...kinds: readonly FindingSummary['kind'][]) =>
    findings.filter(({ kind }) => kinds.includes(kind)).reduce((sum, one) => sum + one.count, 0);
  return {
    loss: count('lost'),
    duplicates: count('duplicate'),
    wrong: count('wrong', 'reordered'),
    late: count('late'),
    unexpected: count('unexpected'),
  };
}

function measuredValue(metric: string, aggregation: Aggregation, figures: ThresholdFigures): number | null {
  if (metric in figures.latencies) {
    const latency = figures.latencies[metric];
    if (latency === null || latency === undefined) return null;
    return latencyValue(aggregation, latency.figures, latency.at);
  }
  if (metric in figures.rates) return figures.rates[metric]!;
  const count = figures[metric as 'loss'];
  return typeof count === 'number' ? count : null;
}

function latencyValue(
  aggregation: Aggregation,
  figures: LatencyFigures,
  at: (percentile: number) => number,
): number | null {
  switch (aggregation) {
    case 'avg':
      return figures.mean;
    case 'min':
      return figures.min;
    case 'med':
      return figures.p50;
    case 'max':
      return figures.max;
    case 'count':
    case 'rate':
      return figures.count;
    default:
      return at(Number(aggregation.slice(2, -1)));
  }
}
