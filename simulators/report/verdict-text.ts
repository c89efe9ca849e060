/** The verdict in words, the same on a terminal and on the page. */
import type { FindingKind, FindingSummary, Verdict } from '../oracle/verdict.js';
import type { RunResult } from '../result.js';
import { count } from './format.js';

const KINDS: Readonly<Record<FindingKind, string>> = {
  lost: 'lost',
  duplicate: 'duplicate',
  wrong: 'wrong',
  reordered: 'out of order',
  late: 'late',
  unexpected: 'unexpected',
};

export function kindText(kind: FindingKind): string {
  return KINDS[kind];
}

/** `3 lost (window), 1 wrong (alert)`. */
function findingsText(findings: readonly FindingSummary[]): string {
  return findings
    .map(({ kind, where, count: many }) => `${count(many)} ${KINDS[kind]} (${where})`)
    .join(', ');
}

/** One sentence. */
export function verdictSentence({ verdict, drive }: Pick<RunResult, 'verdict' | 'drive'>): string {
  const { ok, findings } = verdict;
  if (ok && drive.sent === 0) return 'Nothing was sent.';
  if (ok && findings.length > 0) return `Within the thresholds: ${findingsText(findings)}.`;
  if (ok && verdict.notChecked.length === 0) return 'All that went in came out as it must.';
  if (ok) return 'All that was looked at is as it must be.';
  const broken = brokenThresholds(verdict).filter((one) => !COUNTED.has(one.metric));
  const thresholds = broken.map(({ metric, expression }) => `${metric} is not ${expression}`);
  return `${[findingsText(findings), ...thresholds].filter((text) => text !== '').join('; ')}.`;
}

/** Thresholds whose breach the findings already tell. */
const COUNTED: ReadonlySet<string> = new Set(['loss', 'duplicates', 'wrong', 'late', 'unexpected']);

function brokenThresholds({ thresholds }: Verdict) {
  return thresholds.filter(({ ok }) => !ok);
}

/** Of a threshold: a count as it is, a latency in ms, a rate. */
export function thresholdValue(metric: string, value: number | null): string {
  if (value === null) return 'nothing to measure';
  const number = Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(4)));
  if (metric === 'throughput') return `${number}/s`;
  return /latency|error/.test(metric) ? `${number} ms` : number;
}
