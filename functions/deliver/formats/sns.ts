/**
 * A message for an SNS topic: the webhook document as its text, with attributes that subscriptions can be filtered by.
 * SNS takes 256 KiB, attributes included: of what is longer the earliest alerts are left out, and counted.
 */
import { createHash } from 'node:crypto';
import type { SnsTarget } from '../../dispatch/config/types.js';
import type { NotificationDocument } from '../../dispatch/document.js';
import { textWithin } from './within.js';
import { cut, titleOf } from './wording.js';

const MOST_BYTES = 250_000;

export interface SnsMessage {
  readonly topicArn: string;
  readonly subject: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Of FIFO topics: one group in order, and a delivery sent twice within five minutes once. */
  readonly fifo: { readonly groupId: string; readonly deduplicationId: string } | null;
}

export function snsMessage(document: NotificationDocument, target: SnsTarget): SnsMessage {
  const { topicArn } = target;
  const { id, receiver, reason, status, commonLabels, groupKey } = document;
  const severity = commonLabels.severity === undefined ? {} : { severity: commonLabels.severity };
  const alertname = commonLabels.alertname === undefined ? {} : { alertname: commonLabels.alertname };
  return {
    topicArn,
    // ASCII, beginning with a letter or a sign, without line breaks: SNS says so.
    subject: cut(titleOf(document).replaceAll(/[^\x20-\x7e]/g, '?'), 99).replace('…', '.'),
    message: textWithin(document, target.maxAlerts, MOST_BYTES),
    attributes: nonEmpty({ id, receiver, reason, status, ...severity, ...alertname }),
    fifo: topicArn.endsWith('.fifo') ? { groupId: hash(groupKey), deduplicationId: hash(id) } : null,
  };
}

/** SNS refuses empty attributes. */
function nonEmpty(attributes: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== ''));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
