/** `/metrics` in Prometheus' text format. Everything is read when asked for: nothing here runs per event. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Counters } from '../gateway/counters.js';
import type { Pacer } from '../gateway/pacer.js';
import type { Stream } from '../streams/stream.js';
import type { FunctionActivity } from './function-activity.js';
import { defineFunctionMetrics } from './function-metrics.js';

export interface MetricSources {
  readonly version: string;
  readonly streams: readonly Stream[];
  /** Those in effect. */
  readonly functions: () => FunctionActivity;
  readonly counters: Counters;
  readonly pacer: Pacer;
  readonly connections: () => number;
  readonly devicesOnline: () => number | undefined;
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
  // A gauge that nobody knows would read 0.
  if (sources.devicesOnline() !== undefined) {
    define('devices_online', 'Devices that are connected to the embedded broker.', [], (add) => {
      add({}, sources.devicesOnline() ?? 0);
    });
  }
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
        for (const [kind, count] of Object.entries(counts ?? {})) add({ stream: stream.name, kind }, count);
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
  defineFunctionMetrics(define, registry, sources.functions, sources.streams);
  return registry;
}
