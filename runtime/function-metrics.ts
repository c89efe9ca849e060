/** Functions and their event source mappings in Prometheus' terms, under Lambda's names. */
import type { Metric, Registry } from 'prom-client';
import type { Histogram } from '../common/histogram.js';
import type { PoolStats } from './environments/invocation.js';
import { type FunctionActivity, lagOf, type MappingActivity, type StreamEnds } from './function-activity.js';
import type { Define } from './metrics.js';

const PER_POOL: readonly [name: string, help: string, read: (stats: PoolStats) => number][] = [
  ['invocations_total', 'Invocations, failed ones too.', (stats) => stats.invocations],
  ['errors_total', 'Invocations that failed.', (stats) => stats.errors],
  [
    'timeouts_total',
    'Invocations that took longer than the timeout; errors, too.',
    (stats) => stats.timeouts,
  ],
  ['throttles_total', 'Invocations refused for want of concurrency.', (stats) => stats.throttles],
  ['cold_starts_total', 'Environments started.', (stats) => stats.coldStarts],
  ['environments', 'Environments there are.', (stats) => stats.environments],
  ['concurrent_executions', 'Environments at work.', (stats) => stats.concurrentExecutions],
];

const PER_MAPPING: readonly [name: string, help: string, read: (mapping: MappingActivity) => number][] = [
  ['records_total', 'Records processed.', ({ stats }) => stats.records],
  ['filtered_total', 'Records that no filter pattern let pass.', ({ stats }) => stats.filtered],
  [
    'discarded_total',
    'Records given up: retries or age exhausted, too large.',
    ({ stats }) => stats.discarded,
  ],
  ['trimmed_total', 'Records that retention removed unread.', ({ stats }) => stats.trimmed],
  [
    'destination_deliveries_total',
    'Failure documents that a destination took.',
    ({ stats }) => stats.destinationDeliveries,
  ],
];

export function defineFunctionMetrics(
  define: Define,
  registry: Registry,
  activity: () => FunctionActivity,
  streams: readonly StreamEnds[],
): void {
  for (const [name, help, read] of PER_POOL) {
    define(`function_${name}`, help, ['function'], (add) => {
      for (const [fn, { stats }] of activity().pools) add({ function: fn }, read(stats));
    });
  }
  for (const [name, help, read] of PER_MAPPING) {
    define(`function_${name}`, help, ['function'], (add) => {
      for (const mapping of activity().mappings) add({ function: mapping.functionName }, read(mapping));
    });
  }
  define('function_lag_records', 'Records stored but not finished by the function.', ['function'], (add) => {
    for (const mapping of activity().mappings) {
      const lag = lagOf(mapping, streams);
      if (lag !== null) add({ function: mapping.functionName }, lag);
    }
  });
  define('function_failing', '1 while the function is retrying a batch.', ['function'], (add) => {
    for (const { functionName, failing } of worst(activity().mappings))
      add({ function: functionName }, failing);
  });
  define(
    'function_iterator_age_seconds',
    'Age of the oldest record of the batch invoked last.',
    ['function'],
    (add) => {
      for (const { functionName, ageMs } of worst(activity().mappings))
        add({ function: functionName }, ageMs / 1000);
    },
  );
  const durations = {
    name: 'millrace_function_duration_seconds',
    help: 'Time that invocations took.',
    type: 'histogram',
    get() {
      const values = [...activity().pools].flatMap(([fn, { stats }]) =>
        samples(this.name, { function: fn }, stats.durations),
      );
      return Promise.resolve({ name: this.name, help: this.help, type: this.type, values });
    },
  };
  // The registry asks no more of a metric than `get`; its own Histogram takes single observations only.
  registry.registerMetric(durations as unknown as Metric);
}

/** Gauges do not add up over the mappings of a function: the worst one stands for it. */
function worst(mappings: readonly MappingActivity[]) {
  const byFunction = new Map<string, { functionName: string; failing: number; ageMs: number }>();
  for (const { functionName, failing, stats } of mappings) {
    const before = byFunction.get(functionName);
    byFunction.set(functionName, {
      functionName,
      failing: Math.max(before?.failing ?? 0, failing === null ? 0 : 1),
      ageMs: Math.max(before?.ageMs ?? 0, stats.iteratorAge),
    });
  }
  return byFunction.values();
}

/** The exposition's lines: cumulative buckets, sum, count. */
function samples(name: string, labels: Readonly<Record<string, string>>, { bounds, counts, sum }: Histogram) {
  let count = 0;
  const buckets = counts.map((inBucket, i) => {
    count += inBucket;
    return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[i] ?? '+Inf' }, value: count };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: count },
  ];
}
