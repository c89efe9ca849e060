/**
 * Alert documents: what subscribers, webhooks and the API see. The same transition always gives the same bytes.
 */
import { createHash } from 'node:crypto';
import type { Alert, AlertReason, AlertState } from '../../stores/alerts.js';
import type { Rule } from './language/rule.js';
import type { EventObject } from './language/scope.js';
import { expand, expandLabels } from './template.js';

/** The event that caused a transition. */
export interface Cause {
  /** The reading's own time, epoch ms. */
  readonly eventTime: number;
  readonly event: EventObject;
  /** Of the device. */
  readonly tags: Readonly<Record<string, string>>;
  /** What the rule compares. */
  readonly value: Alert['value'];
}

export interface Instance {
  readonly state: AlertState;
  readonly reason: AlertReason;
  readonly startsAt: number;
  readonly endsAt: number | null;
  readonly changedAt: number;
  readonly flapping: boolean;
}

/**
 * First 16 hex digits of SHA-256 over the rule's name and the labels as written, sorted, `deviceId` among them: what
 * placeholders in labels stand for does not make it another alert.
 */
export function fingerprintOf(rule: Pick<Rule, 'name' | 'labels'>, deviceId: string): string {
  const labels = Object.entries({ ...rule.labels, deviceId }).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([rule.name, labels]))
    .digest('hex')
    .slice(0, 16);
}

export function documentOf(
  rule: Rule,
  deviceId: string,
  fingerprint: string,
  instance: Instance,
  { eventTime, event, tags, value }: Cause,
): Alert {
  const { state, reason, startsAt, endsAt, changedAt, flapping } = instance;
  const labels = { ...expandLabels(rule.labels, deviceId, tags), deviceId };
  const values = { value, deviceId, labels, tags, event };
  const annotations: Record<string, string> = {};
  for (const [name, text] of Object.entries(rule.annotations)) annotations[name] = expand(text, values);
  return {
    id: idOf(fingerprint, startsAt, state),
    fingerprint,
    rule: rule.name,
    ruleVersion: rule.version,
    severity: rule.severity,
    state,
    reason,
    deviceId,
    labels,
    annotations,
    value,
    eventTime,
    startsAt,
    endsAt,
    changedAt,
    flapping,
    event,
  };
}

/** The same alert in another state, still told with the event it has. */
export function withState(alert: Alert, instance: Instance): Alert {
  const { state, reason, startsAt, endsAt, changedAt, flapping } = instance;
  const id = idOf(alert.fingerprint, startsAt, state);
  return { ...alert, id, state, reason, startsAt, endsAt, changedAt, flapping };
}

function idOf(fingerprint: string, startsAt: number, state: AlertState): string {
  return `${fingerprint}-${startsAt}-${state}`;
}
