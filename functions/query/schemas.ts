/**
 * JSON Schemas (2020-12, as OpenAPI 3.1 uses them) of everything the API answers. They are closed: a member that is
 * not described here is not in an answer, and a test holds the answers to that.
 */
import { accountingSchemas } from './accountingSchemas.js';
import { alertSchemas } from './alertSchemas.js';
import type { JsonSchema } from './parameters.js';
import { prometheusSchemas } from './prometheusSchemas.js';
import * as s from './schemaParts.js';
import { windowSchemas } from './windowSchemas.js';

const device = {
  deviceId: s.text(),
  deviceType: s.text('Names the JSON Schema that its events are held to.'),
  tags: { ...s.mapOf(s.text()), description: 'What windows of groups are formed by, besides the type.' },
  eventTime: s.time("The latest event's own time."),
  arrivalTime: s.time('When the gateway took the latest event in.'),
  ...s.position,
  seq: { type: ['number', 'null'], description: "The latest event's sequence number, if it had one." },
  values: { type: 'object', description: "The latest event's metrics." },
};

export const schemas: Readonly<Record<string, JsonSchema>> = {
  Device: s.object(device),
  DeviceDetail: s.object({
    ...device,
    clock: s.orNull(s.ref('DeviceClock')),
    sequences: s.orNull(s.ref('DeviceSequences')),
  }),
  DeviceClock: s.object({
    latestEventTime: s.nullable(s.time('The latest of all its events, so far as its clock is believed.')),
    watermark: s.nullable(s.time('What is older than this is late for some window.')),
    ahead: s.count('Events whose time was too far ahead of their arrival.'),
    behind: s.count('Events that were on their way for too long, or whose clock was behind.'),
    maxAheadMs: s.count('The furthest that any event was ahead.'),
    maxBehindMs: s.count('The furthest that any was behind.'),
  }),
  DeviceSequences: s.object({
    expected: s.count('Events that there must be, by their seq: received + lost + missing.'),
    received: s.count(),
    lost: s.count('So far back that they are not expected any more.'),
    missing: s.count('That may still come.'),
    duplicates: s.count('That came again, by seq or by event id.'),
    restarts: s.count('How often the device began to count anew.'),
  }),
  ...windowSchemas,
  ...alertSchemas,
  QuarantineEntry: s.object({
    id: s.text('`{partition}-{offset}`'),
    deviceId: s.text(),
    ...s.position,
    arrivalTime: s.time(),
    code: s.text('Stable, e.g. `JSON_SYNTAX`, `SCHEMA`.'),
    reason: s.text('One sentence for a person.'),
    keyword: s.nullable(s.text('JSON Schema keyword, with code SCHEMA.')),
    pointer: s.nullable(s.text('JSON Pointer into the payload.')),
    payload: s.text('As it came, in the encoding that `payloadEncoding` names.'),
    payloadEncoding: { enum: ['utf-8', 'base64'] },
    payloadBytes: s.count('Length of the whole payload.'),
    payloadTruncated: {
      type: 'boolean',
      description: 'Cut, because the answer would be too large; ask with a smaller `limit`.',
    },
  }),
  LateEvent: s.object({
    id: s.text('`{partition}-{offset}`'),
    deviceId: s.text(),
    ...s.position,
    eventTime: s.time(),
    arrivalTime: s.time(),
    windowStart: s.time('Start of the window that had closed, of the first of the definitions.'),
    definitions: s.arrayOf(s.text('An aggregation whose windows lack the event.')),
    payload: s.text('As it came.'),
  }),
  ...Object.fromEntries(
    [
      'Device',
      'Window',
      'MergedWindow',
      'Rollup',
      'AggregationKey',
      'Alert',
      'Silence',
      'AuditEntry',
      'Delivery',
      'QuarantineEntry',
      'LateEvent',
    ].map((name) => [`${name.replace(/Entry|Event/, '')}Page`, s.pageOf(name)]),
  ),
  ...accountingSchemas,
  ...prometheusSchemas,
  Problem: {
    ...s.object(
      {
        type: s.text('`urn:millrace:problem:{code}`, or `about:blank`.'),
        title: s.text(),
        status: { type: 'integer' },
        detail: s.text('What is wrong with this request.'),
        code: s.text('Stable.'),
        parameter: s.text('The parameter at fault.'),
        errors: {
          ...s.arrayOf(s.object({ pointer: s.text('JSON Pointer into the body.'), detail: s.text() })),
          description: 'Everything that is wrong with the body.',
        },
      },
      ['type', 'title', 'status', 'detail', 'code'],
    ),
    description: 'RFC 9457 problem details.',
  },
};
