/**
 * JSON Schemas (2020-12, as OpenAPI 3.1 uses them) of everything the API answers. They are closed: a member that is
 * not described here is not in an answer, and a test holds the answers to that.
 */
import { ALERT_STATES } from '../../stores/alerts.js';
import { PERIODS } from '../../stores/rollups.js';
import { accountingSchemas } from './accountingSchemas.js';
import type { JsonSchema } from './parameters.js';
import * as s from './schemaParts.js';

export const schemas: Readonly<Record<string, JsonSchema>> = {
  Device: s.object({
    deviceId: s.text(),
    deviceType: s.text('Names the JSON Schema that its events are held to.'),
    eventTime: s.time("The latest event's own time."),
    arrivalTime: s.time('When the gateway took the latest event in.'),
    ...s.position,
    seq: { type: ['number', 'null'], description: "The latest event's sequence number, if it had one." },
    values: { type: 'object', description: "The latest event's metrics." },
  }),
  Window: s.object({
    deviceId: s.text(),
    start: s.time('Inclusive, event time.'),
    end: s.time('Exclusive.'),
    closed: { type: 'boolean', description: 'Closed windows take no more events.' },
    events: s.count(),
    metrics: s.mapOf(s.ref('Figures')),
    ...s.position,
  }),
  Rollup: s.object({
    deviceId: s.text(),
    period: { enum: PERIODS },
    start: s.time('Aligned to the period in UTC.'),
    events: s.count(),
    metrics: s.mapOf(s.ref('Figures')),
  }),
  Figures: s.object({
    count: s.count(),
    sum: s.figure('null when it is beyond the range of a double.'),
    mean: s.figure('null when the sum is beyond the range of a double.'),
    min: s.figure(),
    max: s.figure(),
    first: s.figure('By event time.'),
    firstTime: s.time(),
    last: s.figure('By event time.'),
    lastTime: s.time(),
  }),
  Alert: s.object({
    id: s.text('Of this state of this alert: the same in every repetition of its notification.'),
    fingerprint: s.text('Of rule and labels: the same in MQTT topics, webhooks and here.'),
    rule: s.text(),
    severity: s.text(),
    state: { enum: ALERT_STATES },
    deviceId: s.text(),
    labels: s.mapOf(s.text()),
    annotations: s.mapOf(s.text()),
    value: { type: ['number', 'string', 'boolean', 'null'], description: 'What the rule compared.' },
    eventTime: s.time('Of the event that caused the last transition.'),
    startsAt: s.time('When the condition began to hold.'),
    endsAt: s.nullable(s.time('When it resolved; null while it has not.')),
    changedAt: s.time('Arrival of the record that caused the last transition.'),
    event: { description: 'The triggering event, as published.' },
  }),
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
    windowStart: s.time('Start of the window that had closed.'),
    payload: s.text('As it came.'),
  }),
  ...Object.fromEntries(
    ['Device', 'Window', 'Rollup', 'Alert', 'QuarantineEntry', 'LateEvent'].map((name) => [
      `${name.replace(/Entry|Event/, '')}Page`,
      s.pageOf(name),
    ]),
  ),
  ...accountingSchemas,
  Problem: {
    ...s.object(
      {
        type: s.text('`urn:millrace:problem:{code}`, or `about:blank`.'),
        title: s.text(),
        status: { type: 'integer' },
        detail: s.text('What is wrong with this request.'),
        code: s.text('Stable.'),
        parameter: s.text('The parameter at fault.'),
      },
      ['type', 'title', 'status', 'detail', 'code'],
    ),
    description: 'RFC 9457 problem details.',
  },
};
