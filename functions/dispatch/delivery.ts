/** Notices as deliveries: a notification document for each target of the receiver, with an id that says what is in it. */
import { createHash } from 'node:crypto';
import type { Delivery } from '../../stores/notifications.js';
import type { NotificationConfig, Target } from './config/types.js';
import type { Notice } from './core.js';
import type { NotificationDocument, NotifiedAlert, NotifiedStatus } from './document.js';
import { type GroupName, type Member, statusOf } from './groups.js';
import { common, labelsOf } from './labels.js';

/** What is cut off last when a target takes fewer alerts; of equals what began last, because it is the current one. */
const WEIGHT: Readonly<Record<NotifiedStatus, number>> = { firing: 0, nodata: 1, resolved: 2 };

/**
 * @param decidedAt when the group was due: the same when it is decided again, by whomever
 * @param now epoch ms, the schedule's
 * @returns none when there is no such receiver (any more)
 */
export function deliveriesOf(
  own: GroupName,
  notice: Notice,
  config: NotificationConfig,
  decidedAt: number,
  now: number,
): readonly Delivery[] {
  const group = notice.former ?? own;
  const targets = config.receivers.get(notice.receiver)?.targets ?? [];
  return targets.flatMap((target) => {
    const members = target.sendResolved ? notice.members : notice.withoutEnds;
    if (members === null) return [];
    const document = documentOf(group, notice, members, target, config, decidedAt);
    return [
      {
        id: document.id,
        target: target.id,
        state: 'waiting',
        group: group.key,
        createdAt: now,
        dueAt: now,
        attempts: 0,
        lastError: null,
        fingerprints: [...new Set(members.map(({ alert }) => alert.fingerprint))],
        notification: JSON.stringify(document),
      },
    ];
  });
}

function documentOf(
  { key, labels }: GroupName,
  { receiver, reason }: Notice,
  members: readonly Member[],
  { id: target, maxAlerts }: Target,
  { externalUrl }: NotificationConfig,
  decidedAt: number,
): NotificationDocument {
  const alerts = members.map((member) => notified(member, externalUrl)).sort(byStart);
  const shown = shownOf(alerts, maxAlerts);
  const content = {
    groupKey: key,
    receiver,
    status: overall(alerts),
    reason,
    groupLabels: labels,
    commonLabels: common(alerts.map((alert) => alert.labels)),
    commonAnnotations: common(alerts.map((alert) => alert.annotations)),
    externalURL: externalUrl,
    truncatedAlerts: alerts.length - shown.length,
    alerts: shown,
  };
  const id = createHash('sha256')
    .update(JSON.stringify([target, decidedAt, content]))
    .digest('hex')
    .slice(0, 32);
  return { id, ...content };
}

function notified(member: Member, externalUrl: string): NotifiedAlert {
  const { alert } = member;
  const status = statusOf(member);
  return {
    status,
    labels: labelsOf(alert),
    annotations: alert.annotations,
    startsAt: alert.startsAt,
    endsAt: status === 'firing' ? null : alert.endsAt,
    generatorURL: externalUrl === '' ? '' : `${externalUrl}/alerts/${alert.fingerprint}`,
    fingerprint: alert.fingerprint,
    value: alert.value,
    eventTime: alert.eventTime,
    flapping: alert.flapping,
    ruleVersion: alert.ruleVersion,
    ...(alert.reason === undefined ? {} : { cause: alert.reason }),
  };
}

function overall(alerts: readonly NotifiedAlert[]): NotifiedStatus {
  if (alerts.some(({ status }) => status === 'firing')) return 'firing';
  return alerts.some(({ status }) => status === 'nodata') ? 'nodata' : 'resolved';
}

function shownOf(alerts: readonly NotifiedAlert[], most: number): readonly NotifiedAlert[] {
  if (most === 0 || alerts.length <= most) return alerts;
  const byWeight = [...alerts].sort(
    (a, b) =>
      WEIGHT[a.status] - WEIGHT[b.status] ||
      b.startsAt - a.startsAt ||
      (a.fingerprint < b.fingerprint ? -1 : 1),
  );
  return byWeight.slice(0, most).sort(byStart);
}

function byStart(a: NotifiedAlert, b: NotifiedAlert): number {
  return a.startsAt - b.startsAt || (a.fingerprint < b.fingerprint ? -1 : 1);
}
