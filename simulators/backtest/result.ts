/** What a backtest found, with what it was made of. */
import type { Difference, Row, Span } from '../../functions/alert/backtest/difference.js';
import { lengthOf } from '../../functions/alert/backtest/episode.js';

export interface BacktestResult {
  /** What was replayed, in a few words. */
  readonly source: string;
  /** What the rules are compared with, in a few words; null: with nothing. */
  readonly before: string | null;
  /** The rules that were tried. */
  readonly after: string;
  readonly span: Span;
  readonly events: number;
  /** Events that validation refuses. */
  readonly refused: number;
  readonly difference: Difference;
  /** What else is to be known. */
  readonly notes: readonly string[];
}

/** Of one rule over all devices. */
export interface RuleSummary {
  readonly rule: string;
  readonly severity: string;
  readonly devices: number;
  readonly before: { readonly alerts: number; readonly minutes: number };
  readonly after: { readonly alerts: number; readonly minutes: number };
  readonly counts: Record<'same' | 'changed' | 'before' | 'after', number>;
}

export function byRule({ difference, span }: BacktestResult): RuleSummary[] {
  const rules = new Map<string, Row[]>();
  for (const row of difference.rows) rules.set(row.rule, [...(rules.get(row.rule) ?? []), row]);
  return [...rules].map(([rule, rows]) => {
    const counts = { same: 0, changed: 0, before: 0, after: 0 };
    const sums = { before: { alerts: 0, minutes: 0 }, after: { alerts: 0, minutes: 0 } };
    for (const pair of rows.flatMap(({ pairs }) => pairs)) {
      counts[pair.found]++;
      for (const side of ['before', 'after'] as const) {
        const episode = pair[side];
        if (episode === null) continue;
        sums[side].alerts++;
        sums[side].minutes += lengthOf(episode, span.from, span.to) / 60_000;
      }
    }
    return { rule, severity: rows[0]!.severity, devices: rows.length, ...sums, counts };
  });
}
