/** The table of `millrace functions`. */
import { stripVTControlCharacters } from 'node:util';
import type {
  FunctionReport,
  FunctionsReport,
  LagReport,
  TriggerReport,
} from '../runtime/function-report.js';

const HEADINGS = [
  'FUNCTION',
  'HANDLER',
  'ISOLATION',
  'MEMORY',
  'TIMEOUT',
  'ENVIRONMENTS',
  'CONCURRENCY',
  'INVOCATIONS',
  'ERRORS',
  'THROTTLES',
  'COLD START',
  'LAG',
  'TRIGGERS',
];
/** Longer statements and patterns are cut. */
const MAX_TRIGGER = 48;

const whole = (value: number) => value.toLocaleString('en-US');

/** One row for each function, further triggers below it, and then what went wrong last. */
export function functionsTable(report: FunctionsReport): string {
  const rows = [HEADINGS, ...report.functions.flatMap(rowsOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const troubles = report.functions.flatMap(troublesOf);
  return `${[...lines, ...(troubles.length === 0 ? [] : ['', ...troubles])].join('\n')}\n`;
}

function rowsOf(fn: FunctionReport): string[][] {
  const { activity } = fn;
  const triggers = foldRoutes(fn.triggers);
  const [first = { lag: '', text: '' }, ...more] = triggers;
  const row = [
    fn.name,
    fn.handler,
    fn.isolation,
    `${fn.memoryMB} MB`,
    duration(fn.timeoutMs),
    activity === null
      ? `at most ${fn.maxEnvironments}`
      : `${activity.busy} busy, ${activity.environments} of ${fn.maxEnvironments}`,
    concurrency(fn),
    activity === null ? '' : whole(activity.invocations),
    activity === null ? '' : whole(activity.errors),
    activity === null ? '' : whole(activity.throttles),
    activity === null || activity.coldStartP50Ms === null ? '' : duration(activity.coldStartP50Ms),
    first.lag,
    first.text,
  ];
  return [row, ...more.map(({ lag, text }) => [...HEADINGS.slice(2).map(() => ''), lag, text])];
}

function concurrency({ reservedConcurrency, provisionedConcurrency }: FunctionReport): string {
  return [
    ...(reservedConcurrency === null ? [] : [`reserved ${reservedConcurrency}`]),
    ...(provisionedConcurrency === 0 ? [] : [`provisioned ${provisionedConcurrency}`]),
  ].join(', ');
}

/** A function with many routes would be all table. */
function foldRoutes(triggers: readonly TriggerReport[]): { lag: string; text: string }[] {
  const routes = triggers.filter(({ type }) => type === 'http');
  const shown = triggers
    .filter(({ type }) => type !== 'http' || routes.length < 3)
    .map(({ type, on, enabled, lag }) => {
      const text = `${type === 'stream' ? '' : `${type} `}${shortened(on)}${enabled ? '' : ' (off)'}`;
      return { text, lag: lag === null ? '' : lagText(lag) };
    });
  return routes.length < 3 ? shown : [...shown, { lag: '', text: `http, ${routes.length} routes` }];
}

/** How many is not known where offsets have gaps. */
function lagText({ records, iteratorAgeMs }: LagReport): string {
  return `${records === null ? 'some' : whole(records)}, ${duration(iteratorAgeMs)} old`;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= MAX_TRIGGER ? line : `${line.slice(0, MAX_TRIGGER - 1)}…`;
}

function troublesOf(fn: FunctionReport): string[] {
  const retrying = fn.triggers.flatMap(({ on, lag }) =>
    lag === null || lag.failing === null ? [] : [`${fn.name} is retrying ${on}: ${oneLine(lag.failing)}`],
  );
  const last = fn.activity?.lastError ?? null;
  return last === null ? retrying : [...retrying, `${fn.name} failed last with: ${oneLine(last)}`];
}

/** Functions write what they like into their errors; a terminal gets none of its control characters. */
function oneLine(text: string): string {
  return stripVTControlCharacters(text.split('\n')[0]!).replace(/\p{Cc}/gu, ' ');
}

/** 850 ms, 1.2 s, 30 s, 5 min */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return `${Number((ms / 60_000).toFixed(1))} min`;
}
