/** Two runs of one scenario side by side. Pure. */
import { MillraceError } from '../../common/errors.js';
import type { RunResult } from '../result.js';
import { countsOf } from '../run/thresholds.js';
import { bytes, change, count, latency, rate } from './format.js';

export interface ComparisonRow {
  readonly what: string;
  readonly before: string;
  readonly after: string;
  readonly change: string;
  /** Null: neither better nor worse, or too little to say. */
  readonly better: boolean | null;
}

/** Changes below this share are taken for noise. */
const NOISE = 0.1;

/** @throws MillraceError `REPORT_COMPARE` when the runs are of different scenario files */
export function assertComparable(
  before: RunResult,
  after: { readonly name: string; readonly digest: string },
): void {
  if (before.scenario.digest === after.digest) return;
  throw new MillraceError(
    `the run ${before.id} cannot be compared: its scenario ${before.scenario.name} is another than ${after.name}`,
    {
      code: 'REPORT_COMPARE',
      hint: 'Compare runs of the same scenario file; a file that was changed since is another scenario.',
    },
  );
}

export function compareRuns(before: RunResult, after: RunResult): ComparisonRow[] {
  assertComparable(before, after.scenario);
  const rows: ComparisonRow[] = [
    {
      what: 'Verdict',
      before: before.verdict.ok ? 'good' : 'bad',
      after: after.verdict.ok ? 'good' : 'bad',
      change: before.verdict.ok === after.verdict.ok ? 'same' : after.verdict.ok ? 'mended' : 'broken',
      better: before.verdict.ok === after.verdict.ok ? null : after.verdict.ok,
    },
  ];
  const add = (
    what: string,
    pick: (run: RunResult) => number | null,
    text: (value: number) => string,
    good: Good,
  ) => {
    const [from, to] = [pick(before), pick(after)];
    if (from === null && to === null) return;
    const shown = (value: number | null) => (value === null ? '–' : text(value));
    const both = from !== null && to !== null;
    rows.push({
      what,
      before: shown(from),
      after: shown(to),
      change: both ? change(from, to) : '',
      better: both ? isBetter(from, to, good) : null,
    });
  };
  add('Seed', ({ scenario }) => scenario.seed, String, 'neither');
  add('Devices', ({ scenario }) => scenario.devices, count, 'neither');
  add('Events sent', ({ drive }) => drive.sent, count, 'neither');
  add('Events a second', (run) => run.drive.acknowledged / Math.max(run.seconds, 0.001), rate, 'more');
  add('Not sent in time', ({ drive }) => drive.unsent, count, 'less, to the last');
  const counts = (name: keyof ReturnType<typeof countsOf>) => (run: RunResult) =>
    countsOf(run.verdict.findings)[name];
  add('Lost', counts('loss'), count, 'less, to the last');
  add('Duplicate', counts('duplicates'), count, 'less, to the last');
  add('Wrong', counts('wrong'), count, 'less, to the last');
  for (const [name, title] of [
    ['acknowledgement', 'Acknowledgement'],
    ['alert', 'Alert'],
  ] as const) {
    add(`${title} p50`, (run) => run.latency[name]?.p50 ?? null, latency, 'less');
    add(`${title} p99`, (run) => run.latency[name]?.p99 ?? null, latency, 'less');
    add(`${title} max`, (run) => run.latency[name]?.max ?? null, latency, 'less');
  }
  add('Scheduling error p99', (run) => run.latency.schedulingError?.p99 ?? null, latency, 'less');
  add('Most lag', mostLag, count, 'less');
  for (const name of new Set([...processNames(before), ...processNames(after)])) {
    add(
      `Cores of ${name}, mean`,
      (run) => meanCpu(run, name),
      (value) => value.toFixed(2),
      'less',
    );
    add(`Memory of ${name}, most`, (run) => mostMemory(run, name), bytes, 'less');
  }
  return rows;
}

type Good = 'more' | 'less' | 'less, to the last' | 'neither';

function isBetter(from: number, to: number, good: Good): boolean | null {
  if (good === 'neither' || from === to) return null;
  if (good !== 'less, to the last' && Math.abs(to - from) <= NOISE * Math.max(from, to)) return null;
  return good === 'more' ? to > from : to < from;
}

/** Of any function in any second; null when the backend has no query API. */
export function mostLag({ samples }: RunResult): number | null {
  const lags = samples.flatMap(({ lag }) => (lag === undefined ? [] : Object.values(lag)));
  return lags.length === 0 ? null : Math.max(...lags);
}

export function processNames({ samples }: RunResult): string[] {
  return [...new Set(samples.flatMap(({ processes }) => Object.keys(processes)))];
}

export function meanCpu({ samples }: RunResult, name: string): number | null {
  const seen = samples.flatMap(({ processes }) => processes[name] ?? []);
  return seen.length === 0 ? null : seen.reduce((sum, { cpu }) => sum + cpu, 0) / seen.length;
}

export function mostMemory({ samples }: RunResult, name: string): number | null {
  const seen = samples.flatMap(({ processes }) => processes[name] ?? []);
  return seen.length === 0 ? null : Math.max(...seen.map(({ rss }) => rss));
}
