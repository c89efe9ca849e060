/**
 * Durations of functions out of a running deployment's `/metrics` (Prometheus' text format). Pure.
 *
 * A deployment shows how long invocations took together and how many records they had. Two figures are wanted: what an
 * invocation takes at least, and what each record adds. The fastest invocations seen stand for the first (the lower bound
 * of the histogram's lowest bucket that is not empty); the rest of the time is shared out among the records.
 */
import { MillraceError } from '../../common/errors.js';
import type { FunctionTimes } from './profile.js';

const LINE = /^(millrace_[a-z_]+)\{([^}]*)\}\s+(\S+)/;
const LABEL = /([a-z_]+)="([^"]*)"/g;

interface Seen {
  seconds: number;
  invocations: number;
  records: number;
  /** Upper bound (s) -> invocations up to it. */
  readonly buckets: [bound: number, count: number][];
}

/**
 * Functions that were invoked since the deployment's start, by name.
 * @throws MillraceError `METRICS_UNUSABLE` when it is no text of Millrace's metrics
 */
export function timesFrom(text: string): Record<string, FunctionTimes> {
  const functions = new Map<string, Seen>();
  for (const line of text.split('\n')) {
    const [, metric, labels, figure] = LINE.exec(line) ?? [];
    if (metric === undefined) continue;
    const { function: name, le } = labelsOf(labels!);
    if (name !== undefined) add(seen(functions, name), metric, Number(figure), le);
  }
  if (functions.size === 0) {
    throw new MillraceError('there are no durations of functions in these metrics', {
      code: 'METRICS_UNUSABLE',
      hint: 'Take them from /metrics of a Millrace deployment.',
    });
  }
  return Object.fromEntries(
    [...functions].filter(([, fn]) => fn.invocations > 0).map(([name, fn]) => [name, timesOf(fn)]),
  );
}

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, name, value]) => [name!, value!]));
}

function seen(functions: Map<string, Seen>, name: string): Seen {
  const fn = functions.get(name) ?? { seconds: 0, invocations: 0, records: 0, buckets: [] };
  functions.set(name, fn);
  return fn;
}

function add(fn: Seen, metric: string, value: number, le: string | undefined): void {
  switch (metric) {
    case 'millrace_function_duration_seconds_sum':
      fn.seconds += value;
      break;
    case 'millrace_function_duration_seconds_count':
      fn.invocations += value;
      break;
    case 'millrace_function_records_total':
      fn.records += value;
      break;
    case 'millrace_function_duration_seconds_bucket':
      fn.buckets.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), value]);
      break;
  }
}

function timesOf({ seconds, invocations, records, buckets }: Seen): FunctionTimes {
  const mean = (seconds / invocations) * 1000;
  if (records === 0) return { msPerInvocation: mean, msPerRecord: 0 };
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const first = sorted.findIndex(([, count]) => count > 0);
  const least = Math.min(mean, (sorted[first - 1]?.[0] ?? 0) * 1000);
  return { msPerInvocation: least, msPerRecord: ((mean - least) * invocations) / records };
}
