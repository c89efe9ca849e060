/**
 * A mail: plain text, and the same as small HTML. Its Message-ID is made of the delivery's id, so a mail that is sent
 * twice is one to mail programs; all mails of a group refer to one id that no mail has, which makes them a thread.
 */
import { createHash } from 'node:crypto';
import type { EmailTarget } from '../../dispatch/config/types.js';
import type { NotificationDocument, NotifiedAlert } from '../../dispatch/document.js';
import { subjectOf } from './subject.js';
import { alertLine, reasonWord, statusWord, titleOf, valueText } from './wording.js';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** With its angle brackets. */
  readonly messageId: string;
  /** Of the group, with its angle brackets: `In-Reply-To` and `References`. */
  readonly thread: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function mailOf(document: NotificationDocument, target: EmailTarget): Mail {
  const { from, to, subject } = target;
  const domain = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'millrace.invalid';
  return {
    from,
    to,
    subject: subjectOf(document, subject),
    text: textOf(document),
    html: htmlOf(document),
    messageId: `<${messageName(document.id)}@${domain}>`,
    thread: `<group-${hash(`${document.receiver} ${document.groupKey}`)}@${domain}>`,
    // Nobody's absence note should answer a machine (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Millrace-Delivery': document.id },
  };
}

/** Ids that a Message-ID cannot hold are hashed. */
function messageName(id: string): string {
  return /^[\w-]+(\.[\w-]+)*$/.test(id) && id.length <= 128 ? id : hash(id);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function textOf(document: NotificationDocument): string {
  const { alerts, reason, receiver, externalURL } = document;
  const sections = alerts.map((alert) => {
    const more = detailsOf(alert).map(([name, value]) => `    ${name}: ${value}`);
    return [`${statusWord(alert.status)}  ${alertLine(alert)}`, ...more].join('\n');
  });
  const end = [`For ${receiver}, ${reasonWord(reason)}.`, externalURL].filter((line) => line !== '');
  return [titleOf(document), ...sections, ...leftOut(document), end.join('\n')].join('\n\n').concat('\n');
}

function htmlOf(document: NotificationDocument): string {
  const { alerts, reason, receiver, externalURL } = document;
  const items = alerts.map((alert) => {
    const more = detailsOf(alert).map(([name, value]) => `${escaped(name)}: ${escaped(value)}`);
    const head = `<b>${statusWord(alert.status)}</b> ${escaped(alertLine(alert))}`;
    return `<li>${head}<br><small>${more.join('<br>')}</small></li>`;
  });
  const link = /^https?:/.test(externalURL)
    ? ` <a href="${escaped(externalURL)}">${escaped(externalURL)}</a>`
    : '';
  const rest = leftOut(document).map((line) => `<p>${escaped(line)}</p>`);
  return [
    `<h3>${escaped(titleOf(document))}</h3>`,
    `<ul>${items.join('')}</ul>`,
    ...rest,
    `<p><small>For ${escaped(receiver)}, ${escaped(reasonWord(reason))}.${link}</small></p>`,
  ].join('\n');
}

function leftOut({ truncatedAlerts }: NotificationDocument): string[] {
  return truncatedAlerts === 0 ? [] : [`${truncatedAlerts} more alerts are not listed here.`];
}

function detailsOf(alert: NotifiedAlert): [string, string][] {
  const { labels, annotations, generatorURL } = alert;
  const value: [string, string][] = valueText(alert) === '' ? [] : [['value', valueText(alert)]];
  const { alertname: _name, deviceId: _device, ...others } = labels;
  const { summary: _summary, ...notes } = annotations;
  const link: [string, string][] = generatorURL === '' ? [] : [['see', generatorURL]];
  return [...value, ...Object.entries(others), ...Object.entries(notes), ...link];
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
