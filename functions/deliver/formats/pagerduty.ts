/**
 * An event of PagerDuty's Events API v2: one incident per group, as with Alertmanager. It triggers while one of the
 * group's alerts fires (or has no data) and resolves with the last of them. Who acknowledges does so in PagerDuty:
 * notifications tell of no acknowledgements, so `acknowledge` is never sent.
 */
import { createHash } from 'node:crypto';
import type { PagerDutyTarget } from '../../dispatch/config/types.js';
import type { NotificationDocument } from '../../dispatch/document.js';
import { type HttpMessage, jsonMessage } from './request.js';
import { alertLine, cut, reasonWord, rfc3339, titleOf } from './wording.js';

/** An event may have 512 KB. */
const DETAILED = 50;
const LINE_LENGTH = 500;
const SEVERITIES: Readonly<Record<string, string>> = {
  critical: 'critical',
  emergency: 'critical',
  page: 'critical',
  error: 'error',
  major: 'error',
  high: 'error',
  warning: 'warning',
  warn: 'warning',
  minor: 'warning',
  medium: 'warning',
  info: 'info',
  information: 'info',
  low: 'info',
};
const WORST_FIRST = ['critical', 'error', 'warning', 'info'];

export function pagerDutyMessage(document: NotificationDocument, target: PagerDutyTarget): HttpMessage {
  const { id, externalURL, status } = document;
  const event = {
    routing_key: target.routingKey,
    dedup_key: dedupKey(document),
    event_action: status === 'resolved' ? 'resolve' : 'trigger',
    client: 'Millrace',
    ...(externalURL === '' ? {} : { client_url: externalURL }),
    payload: payloadOf(document),
  };
  return jsonMessage(target.url, id, JSON.stringify(event));
}

/** Group keys may be longer than the 255 characters that PagerDuty takes. */
export function dedupKey({ groupKey }: Pick<NotificationDocument, 'groupKey'>): string {
  return createHash('sha256').update(groupKey).digest('hex');
}

function payloadOf(document: NotificationDocument): object {
  const { alerts, commonLabels, commonAnnotations, groupLabels, truncatedAlerts, status } = document;
  const current = alerts.filter((alert) => alert.status === status);
  const [only] = current;
  const summary = current.length === 1 && only !== undefined ? alertLine(only) : '';
  return {
    summary: cut(
      [titleOf(document), commonAnnotations.summary ?? summary].filter(Boolean).join(' - '),
      1_024,
    ),
    source: commonLabels.deviceId ?? document.receiver,
    severity: severityOf(document),
    ...(only === undefined
      ? {}
      : { timestamp: rfc3339(Math.min(...current.map(({ startsAt }) => startsAt))) }),
    ...(commonLabels.site === undefined ? {} : { group: commonLabels.site }),
    ...(commonLabels.alertname === undefined ? {} : { class: commonLabels.alertname }),
    custom_details: {
      status,
      reason: reasonWord(document.reason),
      labels: { ...groupLabels, ...commonLabels },
      alerts: alerts
        .slice(-DETAILED)
        .map((alert) => cut(`${alert.status}: ${alertLine(alert)}`, LINE_LENGTH)),
      left_out: truncatedAlerts + Math.max(0, alerts.length - DETAILED),
    },
  };
}

/** The worst of the alerts that last; words that PagerDuty does not know are errors. */
function severityOf({ alerts, commonLabels }: NotificationDocument): string {
  const lasting = alerts.filter(({ status }) => status !== 'resolved');
  const words = (lasting.length > 0 ? lasting : alerts).map(({ labels }) => labels.severity);
  if (words.length === 0) words.push(commonLabels.severity);
  const known = words.map((word) => SEVERITIES[(word ?? '').toLowerCase()] ?? 'error');
  return WORST_FIRST.find((severity) => known.includes(severity)) ?? 'error';
}
