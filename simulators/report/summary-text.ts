/** A run's summary as text, to be read in ten seconds: the verdict, what is wrong with examples, then the figures. */
import type { FindingSummary } from '../oracle/verdict.js';
import type { LatencyFigures, LedgerRow, RunResult } from '../result.js';
import { meanCpu, mostMemory, processNames } from './comparison.js';
import { bytes, count, counted, latency, rate, span } from './format.js';
import { kindText, thresholdValue, verdictSentence } from './verdict-text.js';

export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string) => text;
export const PLAIN: Paint = { good: same, bad: same, bold: same, dim: same };
const sgr = (on: number, off: number) => (text: string) => `\u001b[${on}m${text}\u001b[${off}m`;
export const COLOURS: Paint = { good: sgr(32, 39), bad: sgr(31, 39), bold: sgr(1, 22), dim: sgr(2, 22) };

/** @param kept where the result and its page lie, as far as they were written */
export function summaryText(result: RunResult, kept: readonly string[], paint: Paint = PLAIN): string {
  const { ok, findings, notChecked } = result.verdict;
  const colour = ok ? paint.good : paint.bad;
  const lines = [
    `${paint.bold(colour(ok ? '✓ GOOD' : '✗ BAD'))}  ${paint.bold(verdictSentence(result))}`,
    '',
    ...findings.flatMap((finding) => findingLines(finding, paint)),
    ...thresholdLines(result, paint),
    ...figureLines(result).map(([name, text]) => row(name, text)),
    ...notChecked.map((text) => row('not checked', text)),
    ...kept.map((file) => row('kept', file)),
  ];
  return `${lines.join('\n')}\n`;
}

const WIDTH = 17;
const row = (name: string, text: string) => `${name.padEnd(WIDTH)}${text}`;

function findingLines({ kind, where, count: many, examples }: FindingSummary, paint: Paint): string[] {
  const lines = examples.map(({ what }) => `    ${what}`);
  const more = many - examples.length;
  if (more > 0) lines.push(paint.dim(`    … and ${count(more)} more`));
  return [`${paint.bad(`${count(many)} ${kindText(kind)}`)}  ${where}`, ...lines, ''];
}

function thresholdLines({ verdict }: RunResult, paint: Paint): string[] {
  // That none may be lost goes without saying: the findings say it.
  const broken = verdict.thresholds.filter(({ ok, expression }) => !ok && expression !== '0');
  const lines = broken.map(({ metric, expression, value }) =>
    paint.bad(row('threshold', `${metric}: ${expression} is broken by ${thresholdValue(metric, value)}`)),
  );
  return lines.length === 0 ? [] : [...lines, ''];
}

function figureLines(result: RunResult): (readonly [string, string])[] {
  const { drive, seconds, scenario, ledger, chaos } = result;
  const unsent = drive.unsent > 0 ? `, ${count(drive.unsent)} could not be sent in time` : '';
  const failed = drive.failedConnects > 0 ? `, ${count(drive.failedConnects)} failed` : '';
  return [
    [
      'scenario',
      `${scenario.title}, seed ${scenario.seed}, ${counted(scenario.devices, 'device')} → ${result.target}`,
    ],
    [
      'sent',
      `${count(drive.sent)} of ${counted(drive.planned, 'event')} in ${span(seconds)} ` +
        `(${rate(drive.sent / Math.max(seconds, 0.001))}/s)${unsent}`,
    ],
    [
      'acknowledged',
      `${count(drive.acknowledged)}${notAll(drive)}${latencyText(result.latency.acknowledgement)}`,
    ],
    ['connects', `${count(drive.connects)}${failed}`],
    ...ledger.map((one) => [one.what, ledgerText(one)] as const),
    ...(result.latency.alert === null
      ? []
      : ([['alert latency', latencyText(result.latency.alert).trim()]] as const)),
    ...processLines(result),
    ...(chaos.length === 0
      ? []
      : ([['chaos', chaos.map(({ second, what }) => `${what} at ${span(second)}`).join(', ')]] as const)),
  ];
}

/** What became of publishes besides. */
function notAll({ refused = 0, resent = 0, late = 0 }: RunResult['drive']): string {
  return [
    ...(refused > 0 ? [`, ${count(refused)} refused at once`] : []),
    ...(late > 0 ? [`, ${count(late)} sent late`] : []),
    ...(resent > 0 ? [`, ${count(resent)} sent again after a lost connection`] : []),
  ].join('');
}

function ledgerText({ expected, maybe, actual }: LedgerRow): string {
  const must = maybe > 0 ? `${count(expected)} to ${count(expected + maybe)}` : count(expected);
  return actual === null ? `${must} expected, not shown by the backend` : `${count(actual)} of ${must}`;
}

function latencyText(figures: LatencyFigures | null): string {
  if (figures === null) return '';
  const { p50, p99, p999, max } = figures;
  return `  p50 ${latency(p50)}, p99 ${latency(p99)}, p99.9 ${latency(p999)}, max ${latency(max)}`;
}

/** Mean over the run's seconds, and the most memory. */
function processLines(result: RunResult): (readonly [string, string])[] {
  return processNames(result).map((name) => [
    name,
    `${meanCpu(result, name)!.toFixed(2)} cores, at most ${bytes(mostMemory(result, name)!)}`,
  ]);
}
