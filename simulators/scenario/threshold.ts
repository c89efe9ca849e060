/**
 * Thresholds as k6 has them: `loss: 0`, `alert_latency: p(99)<50ms`, `throughput: rate>1000`. A bare number is the
 * most there may be. Durations are compared in ms.
 */
import { durationMs } from '../../common/units.js';
import type { Threshold } from './scenario.js';
import { THRESHOLD_METRICS } from './schema.js';

/** Figures of one metric: a count has `count`, a latency `avg`, `min`, `med`, `max` and percentiles. */
export type Aggregation = 'count' | 'rate' | 'avg' | 'min' | 'med' | 'max' | `p(${number})`;

export interface ParsedThreshold {
  readonly aggregation: Aggregation;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  readonly limit: number;
  /** Why it cannot be used; then nothing else means anything. */
  readonly problem?: undefined;
}

const COUNTS = ['loss', 'duplicates', 'wrong', 'late', 'unexpected', 'unsent'];

export function parseThreshold({
  metric,
  expression,
}: Threshold): ParsedThreshold | { readonly problem: string } {
  if (!(THRESHOLD_METRICS as readonly string[]).includes(metric)) {
    return { problem: `unknown metric ${metric}; known are ${THRESHOLD_METRICS.join(', ')}` };
  }
  const bare = expression.trim();
  const counts = COUNTS.includes(metric);
  if (/^\d+(\.\d+)?$/.test(bare)) {
    return counts
      ? { aggregation: 'count', operator: '<=', limit: Number(bare) }
      : { problem: `${metric} has no count: write it like p(99)<50ms` };
  }
  const match = /^(count|rate|avg|min|med|max|p\(\d+(?:\.\d+)?\))\s*(<=|>=|==|!=|<|>)\s*(\S+)$/.exec(bare);
  if (match === null) {
    return { problem: `must be a number, or like p(99)<50ms, not ${JSON.stringify(expression)}` };
  }
  const [, aggregation, operator, limitText] = match as unknown as [
    string,
    Aggregation,
    ParsedThreshold['operator'],
    string,
  ];
  const limit = /^\d+(\.\d+)?$/.test(limitText) ? Number(limitText) : durationMs(limitText);
  if (limit === undefined) return { problem: `${limitText} is neither a number nor a duration` };
  if (counts && aggregation !== 'count') return { problem: `${metric} is a count: write ${metric}: 0` };
  if (!counts && aggregation === 'count') return { problem: `${metric} has no count` };
  return { aggregation, operator, limit };
}

export function holds({ operator, limit }: ParsedThreshold, value: number): boolean {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '==':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}
