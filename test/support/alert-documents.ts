/** Alerts for tests of what becomes of them. */
import type { Alert, AlertState } from '../../stores/alerts.js';

export function alertNamed(fingerprint: string, startsAt = 1, state: AlertState = 'firing'): Alert {
  return {
    id: `${fingerprint}-${startsAt}-${state}`,
    fingerprint,
    rule: 'Hot',
    ruleVersion: '0123abcd',
    severity: 'critical',
    state,
    reason: 'condition',
    deviceId: 'dev-1',
    labels: { severity: 'critical', deviceId: 'dev-1' },
    annotations: { summary: 'é\u0000' },
    value: 85.5,
    eventTime: startsAt,
    startsAt,
    endsAt: state === 'resolved' ? startsAt + 1 : null,
    changedAt: startsAt,
    flapping: false,
    event: { ts: startsAt, temperature: 85.5 },
  };
}
