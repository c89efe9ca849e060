/** JSON Schemas of the books and of the status page's summary. */
import type { JsonSchema } from './parameters.js';
import * as s from './schemaParts.js';

const figures = {
  received: s.count('Events stored with no promise to anybody (QoS 0).'),
  acknowledged: s.count('Events stored with a promise to the publisher (QoS 1, QoS 2, HTTP).'),
  ticks: s.count('Ticks: the time, as records.'),
  stored: s.count('Records ever stored in the stream: received + acknowledged + ticks.'),
  trimmed: s.nullable(s.count('Stored records that retention has removed since; null where nobody counts.')),
  validated: s.count('Events that validate found valid.'),
  quarantined: s.count(),
  aggregated: s.count('Events that are in every window they belong to.'),
  late: s.count('Events that came after a window of theirs had closed.'),
  duplicate: s.count('Events that came again with the same device and seq, or event id.'),
  refused: s.count('Events that aggregate skipped because validation refuses them.'),
  ahead: s.count('Events, of those above, from a clock too far ahead of their arrival.'),
  behind: s.count('Events, of those above, that were on their way for too long, or from a clock behind.'),
  corrections: s.count('Late events that corrected a complete window.'),
  inFlight: s.mapOf({
    type: ['integer', 'null'],
    description: 'Events that the function has not finished; null: some, and offsets do not tell how many.',
  }),
  lag: s.mapOf({
    type: ['integer', 'null'],
    description: 'Records, ticks included, that the function has not finished; null as in inFlight.',
  }),
};

const alertCounts = s.object({
  pending: s.count(),
  firing: s.count(),
  nodata: s.count(),
  resolved: s.count(),
});

export const accountingSchemas: Readonly<Record<string, JsonSchema>> = {
  Totals: s.object(figures),
  PartitionFigures: s.object({
    partition: s.count(),
    start: s.offset('Oldest offset still there.'),
    end: s.offset('Offset that the next record gets.'),
    ...figures,
    positions: s.mapOf(s.offset('Next offset to finish.')),
  }),
  Imbalance: s.object({
    partition: s.count(),
    what: s.text('The identity that does not hold.'),
    expected: { type: 'number' },
    actual: { type: 'number' },
  }),
  Accounting: s.object(
    {
      balanced: { type: 'boolean' },
      imbalances: s.arrayOf(s.ref('Imbalance')),
      total: s.ref('Totals'),
      partitions: s.arrayOf(s.ref('PartitionFigures')),
      alerts: alertCounts,
      streams: s.arrayOf(
        s.object({
          name: s.text(),
          stored: s.nullable(s.count('Null where offsets do not tell.')),
          trimmed: s.nullable(s.count()),
          lag: s.mapOf({ type: ['integer', 'null'] }),
        }),
      ),
      behindMs: s.mapOf({
        type: ['number', 'null'],
        description:
          'Where offsets do not count records: ms that the function is behind the latest; null: not known.',
      }),
    },
    // Without behindMs.
    ['balanced', 'imbalances', 'total', 'partitions', 'alerts', 'streams'],
  ),
  Summary: s.object({
    time: s.time('When the counters were read.'),
    version: s.text(),
    startedAt: s.time(),
    connections: s.count('MQTT connections.'),
    mqttPort: s.nullable(s.count('Where the embedded broker listens; null when there is none.')),
    balanced: { type: 'boolean' },
    imbalances: s.arrayOf(s.ref('Imbalance')),
    total: s.ref('Totals'),
    functions: s.arrayOf(
      s.object({
        functionName: s.text(),
        stream: s.text(),
        enabled: { type: 'boolean' },
        failing: s.nullable(s.text('Message of the failed invocation that is being tried again.')),
        lag: { type: ['integer', 'null'] },
      }),
    ),
    streams: s.arrayOf(
      s.object({
        name: s.text(),
        partitions: s.count(),
        stored: s.nullable(s.count('Null where offsets do not tell.')),
        trimmed: s.nullable(s.count()),
        writable: { type: 'boolean' },
        code: s.nullable(s.text('Why appends are held back.')),
        reason: s.nullable(s.text()),
      }),
    ),
    gateway: s.mapOf({ type: 'number', description: 'A counter since the process started.' }),
    alerts: s.object({
      counts: alertCounts,
      firing: s.arrayOf(s.ref('Alert')),
      nodata: s.arrayOf(s.ref('Alert')),
      pending: s.arrayOf(s.ref('Alert')),
      resolved: s.arrayOf(s.ref('Alert')),
    }),
    silences: { ...s.arrayOf(s.ref('Silence')), description: 'Those that hold or are to come.' },
    targets: { ...s.arrayOf(s.ref('Target')), description: 'Whom notifications are delivered to.' },
    aggregations: s.arrayOf(s.text('Name of one that is configured.')),
    windows: s.arrayOf(s.ref('Window')),
    deviceCount: s.count(),
    devices: s.arrayOf(s.ref('DeviceDetail')),
    quarantine: s.arrayOf(s.ref('QuarantineEntry')),
    late: s.arrayOf(s.ref('LateEvent')),
  }),
};
