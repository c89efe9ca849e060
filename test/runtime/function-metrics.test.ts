import { Counter, Gauge, Registry } from 'prom-client';
import { createHistogram } from '../../common/histogram.js';
import { defineFunctionMetrics } from '../../runtime/function-metrics.js';
import type { Define } from '../../runtime/metrics.js';
import { mappingActivity, poolStats, telemetryEnds } from '../support/function-activity.js';

test('functions report under Lambda’s names', async () => {
  const durations = createHistogram();
  for (const seconds of [0.00005, 0.003, 2000]) durations.observe(seconds);
  const registry = new Registry();
  const define: Define = (name, help, labelNames, read) => {
    const Kind = name.endsWith('_total') ? Counter : Gauge;
    const metric: Counter | Gauge = new Kind({
      name: `millrace_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect: () => read((labels, value) => metric.inc(labels, value)),
    });
  };
  const stats = poolStats({
    invocations: 3,
    errors: 1,
    throttles: 2,
    coldStarts: 1,
    concurrentExecutions: 1,
    durations,
  });
  const activity = {
    pools: new Map([['alert', { stats }]]),
    mappings: [
      mappingActivity('alert', [4n, 19n], { filtered: 5, discarded: 6, iteratorAge: 1500 }),
      mappingActivity('alert', [10n, 20n], { filtered: 1, destinationDeliveries: 1, iteratorAge: 20 }, 'no'),
    ],
  };
  defineFunctionMetrics(define, registry, () => activity, [telemetryEnds]);
  const lines = (await registry.metrics()).split('\n');
  for (const [name, value] of Object.entries({
    invocations_total: 3,
    errors_total: 1,
    throttles_total: 2,
    cold_starts_total: 1,
    concurrent_executions: 1,
    lag_records: 7,
    filtered_total: 6,
    discarded_total: 6,
    destination_deliveries_total: 1,
    failing: 1,
    iterator_age_seconds: 1.5,
    duration_seconds_count: 3,
  })) {
    expect(lines).toContain(`millrace_function_${name}{function="alert"} ${value}`);
  }
  expect(lines).toContain('# TYPE millrace_function_duration_seconds histogram');
  expect(lines).toContain('millrace_function_duration_seconds_bucket{function="alert",le="0.0001"} 1');
  expect(lines).toContain('millrace_function_duration_seconds_bucket{function="alert",le="0.005"} 2');
  expect(lines).toContain('millrace_function_duration_seconds_bucket{function="alert",le="900"} 2');
  expect(lines).toContain('millrace_function_duration_seconds_bucket{function="alert",le="+Inf"} 3');
});
