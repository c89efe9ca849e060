/**
 * Subjects of mails: a text with placeholders.
 *
 *     {{ status }} {{ reason }} {{ receiver }} {{ count }} {{ title }}
 *     {{ groupLabels.site }} {{ commonLabels.alertname }} {{ commonAnnotations.summary }}
 */
import type { NotificationDocument } from '../../dispatch/document.js';
import { cut, statusWord, titleOf } from './wording.js';

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;
const LONGEST = 200;

/** What stands for nothing stays empty: a mail with a poor subject is better than none. */
export function subjectOf(document: NotificationDocument, template: string | null): string {
  const text =
    template === null
      ? titleOf(document)
      : template.replace(PLACEHOLDER, (_, name: string) => textFor(document, name));
  return cut(text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim(), LONGEST);
}

function textFor(document: NotificationDocument, name: string): string {
  const [, of, key = ''] = /^(groupLabels|commonLabels|commonAnnotations)\.(.+)$/.exec(name) ?? [];
  if (of !== undefined) {
    const texts = document[of as 'groupLabels' | 'commonLabels' | 'commonAnnotations'];
    return Object.hasOwn(texts, key) ? (texts[key] ?? '') : '';
  }
  const { status, reason, receiver, alerts, truncatedAlerts } = document;
  if (name === 'status') return statusWord(status);
  if (name === 'reason') return reason;
  if (name === 'receiver') return receiver;
  if (name === 'count') return String(alerts.length + truncatedAlerts);
  return name === 'title' ? titleOf(document) : '';
}
