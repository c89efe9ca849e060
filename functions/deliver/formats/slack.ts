/**
 * A message for an incoming webhook of Slack, and of what understands its format (Mattermost, Rocket.Chat, Discord
 * behind `/slack`): a coloured attachment with a title and a line per alert. Source: Slack's "Reference: Secondary
 * message attachments" and "Formatting text for app surfaces".
 */
import type { SlackTarget } from '../../dispatch/config/types.js';
import type { NotificationDocument, NotifiedStatus } from '../../dispatch/document.js';
import { type HttpMessage, jsonMessage } from './request.js';
import { alertLine, cut, reasonWord, statusWord, titleOf } from './wording.js';

const COLOURS: Readonly<Record<NotifiedStatus, string>> = {
  firing: '#d00000',
  nodata: '#888888',
  resolved: '#2eb886',
};
/** More in one message is read by nobody. */
const LINES = 15;
const LINE_LENGTH = 300;

export function slackMessage(document: NotificationDocument, target: SlackTarget): HttpMessage {
  const { id, status, alerts, truncatedAlerts, externalURL, reason } = document;
  const title = cut(titleOf(document), 250);
  // The current ones are the last.
  const shown = alerts.slice(-LINES);
  const lines = shown.map((alert) => {
    const line = escaped(cut(alertLine(alert), LINE_LENGTH));
    return `• *${statusWord(alert.status)}* ${line}`;
  });
  const left = truncatedAlerts + alerts.length - shown.length;
  if (left > 0) lines.push(`… and ${left} more`);
  const attachment = {
    color: COLOURS[status],
    fallback: escaped(title),
    title: escaped(title),
    ...(externalURL === '' ? {} : { title_link: externalURL }),
    text: lines.join('\n'),
    footer: escaped(`${document.receiver}, ${reasonWord(reason)}`),
    mrkdwn_in: ['text'],
  };
  return jsonMessage(target.url, id, JSON.stringify({ attachments: [attachment] }));
}

/** The three characters that mean something to Slack everywhere. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
