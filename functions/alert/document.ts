/**
 * Alert documents: what subscribers, webhooks and the API see. The same transition always gives the same bytes.
 */
import { createHash } from 'node:crypto';
import type { Alert, AlertState } from '../../stores/alerts.js';
import type { EventObject } from './expression.js';
import type { Rule } from './rules.js';
import { expand } from './template.js';

/** The event that caused a transition. */
export interface Cause {
  readonly eventTime: number;
  readonly event: EventObject;
}

export interface Instance {
  readonly state: AlertState;
  readonly startsAt: number;
  readonly endsAt: number | null;
  readonly changedAt: number;
}

/** First 16 hex digits of SHA-256 over the rule's name and the labels, sorted, `deviceId` among them. */
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
  cause: Cause,
): Alert {
  const { state, startsAt, endsAt, changedAt } = instance;
  const value = comparedValue(rule, cause.event);
  const annotations: Record<string, string> = {};
  for (const [name, text] of Object.entries(rule.annotations)) {
    annotations[name] = expand(text, { value, deviceId });
  }
  return {
    id: idOf(fingerprint, startsAt, state),
    fingerprint,
    rule: rule.name,
    ruleVersion: '',
    severity: rule.severity,
    state,
    reason: 'condition',
    deviceId,
    labels: { ...rule.labels, deviceId },
    annotations,
    value,
    eventTime: cause.eventTime,
    startsAt,
    endsAt,
    changedAt,
    flapping: false,
    event: cause.event,
  };
}

/** The same alert in another state, still told with the event it has. */
export function withState(alert: Alert, instance: Instance): Alert {
  return { ...alert, ...instance, id: idOf(alert.fingerprint, instance.startsAt, instance.state) };
}

function idOf(fingerprint: string, startsAt: number, state: AlertState): string {
  return `${fingerprint}-${startsAt}-${state}`;
}

function comparedValue(rule: Rule, event: EventObject): Alert['value'] {
  const { metric } = rule.expression;
  const value = metric === null || !Object.hasOwn(event, metric) ? null : event[metric];
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null;
}
