/**
 * Alertmanager's webhook document, version 4, so that what takes Alertmanager's takes these. Millrace's own members
 * stand beside Alertmanager's and are ignored by those who do not know them.
 *
 * Alertmanager knows no missing data: such an alert counts as firing there, with an annotation that says so.
 */
import type { WebhookTarget } from '../../dispatch/config/types.js';
import type { NotificationDocument, NotifiedAlert } from '../../dispatch/document.js';
import { type HttpMessage, jsonMessage } from './request.js';
import { SIGNATURE_HEADER, signatureOf } from './signature.js';
import { NEVER, rfc3339 } from './wording.js';

/** Annotation of an alert without data; its value says until when there was some. */
export const NO_DATA_ANNOTATION = 'millrace_no_data';

export function webhookMessage(
  document: NotificationDocument,
  target: WebhookTarget,
  now: number,
): HttpMessage {
  const body = JSON.stringify(webhookDocument(document, target.maxAlerts));
  const signed = target.secret === null ? {} : { [SIGNATURE_HEADER]: signatureOf(target.secret, body, now) };
  return jsonMessage(target.url, document.id, body, signed);
}

/** @param maxAlerts 0: all. The latest are kept: of two with one fingerprint the last is the current. */
export function webhookDocument(document: NotificationDocument, maxAlerts = 0): object {
  const { alerts, truncatedAlerts } = document;
  const kept = maxAlerts > 0 && alerts.length > maxAlerts ? alerts.slice(-maxAlerts) : alerts;
  return {
    version: '4',
    groupKey: document.groupKey,
    truncatedAlerts: truncatedAlerts + alerts.length - kept.length,
    status: statusOf(document),
    receiver: document.receiver,
    groupLabels: document.groupLabels,
    commonLabels: document.commonLabels,
    commonAnnotations: document.commonAnnotations,
    externalURL: document.externalURL,
    alerts: kept.map(alertDocument),
    id: document.id,
    reason: document.reason,
    state: document.status,
  };
}

function alertDocument(alert: NotifiedAlert): object {
  const { status, annotations, startsAt, endsAt, eventTime } = alert;
  const noData = status === 'nodata' ? { [NO_DATA_ANNOTATION]: `no data since ${rfc3339(endsAt)}` } : {};
  return {
    status: statusOf(alert),
    labels: alert.labels,
    annotations: { ...annotations, ...noData },
    startsAt: rfc3339(startsAt),
    endsAt: status === 'resolved' ? rfc3339(endsAt) : NEVER,
    generatorURL: alert.generatorURL,
    fingerprint: alert.fingerprint,
    state: status,
    value: alert.value,
    eventTime: rfc3339(eventTime),
    flapping: alert.flapping,
    ruleVersion: alert.ruleVersion,
    cause: alert.cause,
  };
}

function statusOf({ status }: Pick<NotifiedAlert, 'status'>): 'firing' | 'resolved' {
  return status === 'resolved' ? 'resolved' : 'firing';
}
