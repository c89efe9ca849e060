/** Notifications on their way to targets, as the API shows them. Pure. */
import type { Attempt, Delivery, TargetState } from '../../stores/notifications.js';
import type { NotificationDocument } from '../dispatch/document.js';
import { rfc3339 } from './timestamps.js';

export function deliveryView(delivery: Delivery) {
  const { receiver, status, reason, groupLabels, alerts } = documentOf(delivery);
  return {
    id: delivery.id,
    target: delivery.target,
    state: delivery.state,
    receiver,
    status,
    reason,
    groupLabels,
    alerts: alerts.length,
    fingerprints: delivery.fingerprints,
    createdAt: rfc3339(delivery.createdAt),
    dueAt: rfc3339(delivery.dueAt),
    attempts: delivery.attempts,
    lastError: delivery.lastError,
  };
}

/** With what is told, and each attempt, the first one first. */
export function deliveryDetail(delivery: Delivery, attempts: readonly Attempt[]) {
  const { alerts, ...document } = documentOf(delivery);
  return {
    ...deliveryWithLog(delivery, attempts),
    notification: {
      ...document,
      alerts: alerts.map((alert) => ({
        ...alert,
        startsAt: rfc3339(alert.startsAt),
        endsAt: alert.endsAt === null ? null : rfc3339(alert.endsAt),
        eventTime: rfc3339(alert.eventTime),
      })),
    },
  };
}

export function deliveryWithLog(delivery: Delivery, attempts: readonly Attempt[]) {
  return {
    ...deliveryView(delivery),
    log: attempts.map(({ at, durationMs, outcome, status, error }) => ({
      at: rfc3339(at),
      durationMs,
      outcome,
      status,
      error,
    })),
  };
}

type Counts = readonly {
  readonly target: string;
  readonly state: Delivery['state'];
  readonly count: number;
}[];

/** Of every target that ever was told something, in order of their names. @param time epoch ms */
export function targetViews(states: readonly TargetState[], counts: Counts, time: number) {
  const names = [...new Set([...states, ...counts].map(({ target }) => target))].sort();
  return names.map((target) => {
    const { failures, openUntil } = states.find((state) => state.target === target) ?? UNTRIED;
    const countOf = (state: Delivery['state']) =>
      counts.find((count) => count.target === target && count.state === state)?.count ?? 0;
    return {
      target,
      // Half open: the next attempt decides.
      breaker: openUntil === 0 ? 'closed' : time < openUntil ? 'open' : 'half-open',
      failures,
      openUntil: openUntil === 0 ? null : rfc3339(openUntil),
      waiting: countOf('waiting'),
      delivered: countOf('delivered'),
      dead: countOf('dead'),
    };
  });
}

const UNTRIED = { failures: 0, openUntil: 0 };

function documentOf({ notification }: Delivery): NotificationDocument {
  return JSON.parse(notification) as NotificationDocument;
}
