/** JSON Schemas of alerts, of what operators do about them, and of the notifications that tell them. */
import { ALERT_STATES } from '../../stores/alerts.js';
import { DELIVERY_STATES } from '../../stores/notifications.js';
import type { JsonSchema } from './parameters.js';
import * as s from './schemaParts.js';

const flag = (description: string): JsonSchema => ({ type: 'boolean', description });

const alert = {
  id: s.text('Of this state of this alert: the same in every repetition of its notification.'),
  fingerprint: s.text('Of rule and labels: the same in MQTT topics, webhooks and here.'),
  rule: s.text(),
  ruleVersion: s.text('Of the rule as it decided.'),
  severity: s.text(),
  state: { enum: ALERT_STATES },
  reason: { enum: ['condition', 'no-data', 'rule-removed', 'inactive-hours'] },
  deviceId: s.text('Of fleet rules the group.'),
  labels: s.mapOf(s.text()),
  annotations: s.mapOf(s.text()),
  value: { type: ['number', 'string', 'boolean', 'null'], description: 'What the rule compared.' },
  eventTime: s.time("Of the event that caused the last transition: the reading's own time."),
  startsAt: s.time('When the condition began to hold.'),
  endsAt: s.nullable(s.time('When it resolved, or was last known to hold; null while it holds.')),
  changedAt: s.time('Arrival of the record that caused the last transition.'),
  flapping: flag('It has fired so often lately that telling each time would only be noise.'),
  acknowledged: s.orNull(s.ref('Acknowledgement')),
  silencedBy: s.arrayOf(s.text('Id of a silence that keeps its notifications back now.')),
  event: { description: 'The triggering event, as published.' },
};

const delivery = {
  id: s.text('Stable: receivers see it.'),
  target: s.text('Receiver, integration and number: `oncall/webhook/0`.'),
  state: { enum: DELIVERY_STATES },
  receiver: s.text(),
  status: { enum: ['firing', 'nodata', 'resolved'] },
  reason: { enum: ['new', 'changed', 'repeat', 'escalation', 'silence-expired'] },
  groupLabels: s.mapOf(s.text()),
  alerts: s.count('How many it tells of.'),
  fingerprints: s.arrayOf(s.text()),
  createdAt: s.time(),
  dueAt: s.time('Not tried before.'),
  attempts: s.count('Since it was made or redriven.'),
  lastError: s.nullable(s.text()),
};

const logged = { ...delivery, log: s.arrayOf(s.ref('DeliveryAttempt')) };

export const alertSchemas: Readonly<Record<string, JsonSchema>> = {
  Alert: s.object(alert),
  AlertDetail: s.object({
    ...alert,
    comments: s.arrayOf(s.ref('Comment')),
    silences: { ...s.arrayOf(s.ref('Silence')), description: 'That match it, those to come included.' },
    deliveries: { ...s.arrayOf(s.ref('LoggedDelivery')), description: 'The newest that tell of it.' },
  }),
  Acknowledgement: s.object({ author: s.text(), comment: s.text(), at: s.time() }),
  Comment: s.object({
    id: s.text(),
    startsAt: s.time('Of the alert that it is about.'),
    author: s.text(),
    text: s.text(),
    at: s.time(),
  }),
  Matcher: s.object({
    name: s.text('A label, `alertname`, `deviceId` or `severity`.'),
    value: s.text(),
    isRegex: flag('The value is a regular expression for the whole label.'),
    isEqual: flag('False: it must not match.'),
  }),
  Silence: s.object({
    id: s.text(),
    state: { enum: ['to come', 'active', 'over'] },
    matchers: s.arrayOf(s.ref('Matcher')),
    selector: s.text('The matchers as text: `{severity="critical"}`.'),
    startsAt: s.time(),
    endsAt: s.time('Exclusive.'),
    author: s.text(),
    reason: s.text(),
    createdAt: s.time(),
    expiredBy: s.nullable(s.text('Who ended it early.')),
  }),
  AuditEntry: s.object({
    id: s.offset('Ascending; a decimal string.'),
    at: s.time(),
    author: s.text(),
    act: { enum: ['acknowledge', 'unacknowledge', 'comment', 'silence', 'expire-silence', 'redrive'] },
    subject: s.text('Fingerprint, or id of the silence; empty where there is none.'),
    details: { type: 'object' },
  }),
  Delivery: s.object(delivery),
  LoggedDelivery: s.object(logged),
  DeliveryDetail: s.object({
    ...logged,
    notification: { type: 'object', description: 'What it tells, whatever the format of the target.' },
  }),
  DeliveryAttempt: s.object({
    at: s.time(),
    durationMs: s.count(),
    outcome: { enum: ['delivered', 'failed', 'dead'] },
    status: { type: ['integer', 'null'], description: 'HTTP or SMTP status where there was one.' },
    error: s.nullable(s.text()),
  }),
  Target: s.object({
    target: s.text(),
    breaker: {
      enum: ['closed', 'open', 'half-open'],
      description: 'Open: nothing is tried before `openUntil`. Half open: the next attempt decides.',
    },
    failures: s.count('In a row.'),
    openUntil: s.nullable(s.time()),
    waiting: s.count(),
    delivered: s.count(),
    dead: s.count('Given up: dead letters.'),
  }),
  TargetList: s.object({ items: s.arrayOf(s.ref('Target')) }),
};
