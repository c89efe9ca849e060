/** `/metrics` in Prometheus' text format. Everything is read when asked for: nothing here runs per event. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Counters } from '../gateway/counters.js';
import type { Pacer } from '../gateway/pacer.js';
import type { Stream } from '../streams/stream.js';
import type { Functions } from './functions.js';
import type { Mapping } from './mappings/mapping.js';

export interface MetricSources {
  readonly version: string;
  readonly streams: readonly Stream[];
  /** Those in effect. */
  readonly functions: () => Functions;
  readonly counters: Counters;
  readonly pacer: Pacer;
  readonly connections: () => number;
}

export type Add = (labels: Record<string, string>, value: number) => void;
/** Names ending in `_total` become counters, others gauges; `read` adds up the values of one scrape. */
export type Define = (name: string, help: string, labelNames: string[], read: (add: Add) => void) => void;

export function createMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const define: Define = (name, help, labelNames, read) => {
    const Kind = name.endsWith('_total') ? Counter : Gauge;
    const metric: Counter | Gauge = new Kind({
      name: `millrace_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        metric.reset();
        read((labels, value) => metric.inc(labels, value));
      },
    });
  };

  define('build_info', 'Version of Millrace; always 1.', ['version'], (add) => {
    add({ version: sources.version }, 1);
  });
  define('connections', 'Open MQTT connections.', [], (add) => add({}, sources.connections()));
  define('acknowledgements_held', 'Acknowledgements held back because functions lag.', [], (add) => {
    add({}, sources.pacer.held);
  });
  define('gateway_events_total', 'What the gateway did with events, by outcome.', ['outcome'], (add) => {
    for (const [outcome, count] of Object.entries(sources.counters.snapshot())) add({ outcome }, count);
  });
  define('stream_records_total', 'Records ever stored, by kind.', ['stream', 'kind'], (add) => {
    for (const stream of sources.streams) {
      for (let partition = 0; partition < stream.partitions; partition++) {
        const counts = stream.counts(partition);
        for (const [kind, count] of Object.entries(counts)) add({ stream: stream.name, kind }, count);
      }
    }
  });
  define(
    'stream_writable',
    '1 while the stream takes records; the code says why not.',
    ['stream', 'code'],
    (add) => {
      for (const stream of sources.streams) {
        const { writable, code } = stream.health();
        add({ stream: stream.name, code: code ?? '' }, writable ? 1 : 0);
      }
    },
  );
  mappingMetrics(define, sources);
  return registry;
}

function mappingMetrics(define: Define, sources: MetricSources): void {
  const each = (read: (mapping: Mapping, labels: { function: string }) => void) => {
    for (const mapping of sources.functions().mappings) read(mapping, { function: mapping.functionName });
  };
  define('function_lag_records', 'Records stored but not finished by the function.', ['function'], (add) => {
    each((mapping, labels) => {
      const stream = sources.streams.find(({ name }) => name === mapping.stream);
      if (stream === undefined) return;
      for (const [partition, next] of mapping.positions().entries()) {
        add(labels, Number(stream.ends(partition).end - next));
      }
    });
  });
  define('function_failing', '1 while the function is retrying a batch.', ['function'], (add) => {
    each((mapping, labels) => add(labels, mapping.failing === null ? 0 : 1));
  });
  const totals = [
    ['invocations_total', 'Invocations.', 'invocations', 1],
    ['errors_total', 'Failed invocations.', 'errors', 1],
    ['records_total', 'Records finished.', 'records', 1],
    ['discarded_total', 'Records given up after retries or age.', 'discarded', 1],
    ['duration_seconds_total', 'Time spent in the function.', 'durationMs', 1 / 1000],
  ] as const;
  for (const [name, help, field, scale] of totals) {
    define(`function_${name}`, help, ['function'], (add) => {
      each((mapping, labels) => add(labels, mapping.stats[field] * scale));
    });
  }
  define('function_cold_starts_total', 'Environments started.', ['function'], (add) => {
    for (const [name, pool] of sources.functions().pools) add({ function: name }, pool.stats.coldStarts);
  });
}
