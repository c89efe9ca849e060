/**
 * Everything there is to say about the functions of a deployment, as one JSON document: how serverless.yml configures
 * each, and, when it runs, what it is doing. Behind `GET /runtime/functions` and `millrace functions`.
 */
import type { ColdStart, PoolStats } from './environments/invocation.js';
import { type FunctionActivity, lagOf, type StreamEnds } from './function-activity.js';
import type { FunctionManifest, Manifest, StreamTrigger, Trigger } from './manifest/manifest.js';

export interface FunctionsReport {
  readonly service: string;
  /** serverless.yml. */
  readonly file: string;
  /** Whether a deployment answered; without one there is the configuration alone. */
  readonly running: boolean;
  readonly functions: readonly FunctionReport[];
}

export interface FunctionReport {
  readonly name: string;
  readonly arn: string;
  readonly handler: string;
  readonly runtime: string;
  readonly isolation: 'worker' | 'process' | 'inline';
  readonly memoryMB: number;
  readonly timeoutMs: number;
  readonly maxEnvironments: number;
  readonly reservedConcurrency: number | null;
  readonly provisionedConcurrency: number;
  readonly triggers: readonly TriggerReport[];
  /** Null when nothing runs. */
  readonly activity: ActivityReport | null;
}

export interface TriggerReport {
  readonly type: Trigger['type'];
  /** What it listens to: a stream, an expression, a route, a statement. */
  readonly on: string;
  readonly enabled: boolean;
  /** Of a stream that is being read. */
  readonly lag: LagReport | null;
}

export interface LagReport {
  /** Stored but not finished; null when there are some and nobody knows how many (Kinesis). */
  readonly records: number | null;
  /** Age of the oldest record of the batch invoked last. */
  readonly iteratorAgeMs: number;
  /** Why a batch is being retried. */
  readonly failing: string | null;
}

export interface ActivityReport {
  readonly environments: number;
  readonly busy: number;
  readonly invocations: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly throttles: number;
  readonly coldStarts: number;
  /** Median of the last 100: until the function could be invoked, without the first invocation. */
  readonly coldStartP50Ms: number | null;
  readonly lastError: string | null;
}

/** @param live what runs; without it the report is that of the file alone */
export function functionsReport(
  manifest: Manifest,
  live?: { readonly activity: FunctionActivity; readonly streams: readonly StreamEnds[] },
): FunctionsReport {
  const { service, file } = manifest;
  const functions = manifest.functions.map((fn): FunctionReport => {
    const stats = live?.activity.pools.get(fn.name)?.stats;
    return {
      ...configuration(fn),
      triggers: fn.triggers.map((trigger) => ({
        type: trigger.type,
        on: subject(trigger),
        enabled: trigger.type === 'http' || trigger.enabled,
        lag: trigger.type === 'stream' ? lagReport(fn.name, trigger, live) : null,
      })),
      activity: stats === undefined ? null : activityReport(stats),
    };
  });
  return { service, file, running: live !== undefined, functions };
}

function configuration(fn: FunctionManifest) {
  const { name, arn, handlerFile, handlerExport, runtime, memoryMB, timeoutMs, local } = fn;
  return {
    name,
    arn,
    handler: `${handlerFile}.${handlerExport}`,
    runtime,
    isolation: local.isolation,
    memoryMB,
    timeoutMs,
    maxEnvironments: Math.min(fn.reservedConcurrency ?? Number.POSITIVE_INFINITY, local.environments),
    reservedConcurrency: fn.reservedConcurrency ?? null,
    provisionedConcurrency: fn.provisionedConcurrency,
  };
}

function subject(trigger: Trigger): string {
  switch (trigger.type) {
    case 'stream':
      return `${trigger.source} ${trigger.stream}`;
    case 'schedule':
      return trigger.expression;
    case 'http':
      return trigger.path === '*' ? '*' : `${trigger.method} ${trigger.path}`;
    case 'iot':
      return trigger.sql;
  }
}

function lagReport(
  functionName: string,
  trigger: StreamTrigger,
  live: Parameters<typeof functionsReport>[1],
): LagReport | null {
  const mapping = live?.activity.mappings.find(
    (candidate) => candidate.functionName === functionName && candidate.stream === trigger.stream,
  );
  if (live === undefined || mapping === undefined) return null;
  const { failing, stats } = mapping;
  return { records: lagOf(mapping, live.streams), iteratorAgeMs: Math.round(stats.iteratorAge), failing };
}

function activityReport(stats: PoolStats): ActivityReport {
  const { environments, concurrentExecutions, recentColdStarts, ...rest } = stats;
  const { invocations, errors, timeouts, throttles, coldStarts, lastError } = rest;
  return {
    environments,
    busy: concurrentExecutions,
    invocations,
    errors,
    timeouts,
    throttles,
    coldStarts,
    coldStartP50Ms: median(recentColdStarts),
    lastError,
  };
}

function median(coldStarts: readonly ColdStart[]): number | null {
  const times = coldStarts.map(({ spawnMs, importMs }) => spawnMs + importMs).sort((a, b) => a - b);
  const middle = times[Math.floor((times.length - 1) / 2)];
  return middle === undefined ? null : Math.round(middle);
}
