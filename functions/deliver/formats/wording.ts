/** Words that all formats share: how a notification is titled, how one alert is told in a line, and moments. */
import type { NotificationDocument, NotifiedAlert, NotifiedStatus } from '../../dispatch/document.js';

const STATUS_WORDS: Readonly<Record<NotifiedStatus, string>> = {
  firing: 'FIRING',
  nodata: 'NO DATA',
  resolved: 'RESOLVED',
};
const REASON_WORDS: Readonly<Record<NotificationDocument['reason'], string>> = {
  new: 'new',
  changed: 'changed',
  repeat: 'repeated: nothing has changed',
  escalation: 'escalated: nobody has acknowledged it',
  'silence-expired': 'a silence has ended',
};

/** Of what is over, unless its condition ceased to hold: that it is over does not say that all is well. */
const ENDS: Readonly<Partial<Record<NonNullable<NotifiedAlert['cause']>, string>>> = {
  'no-data': 'its data ended',
  'rule-removed': 'its rule was removed or has other labels',
  'inactive-hours': 'the hours of its rule are over',
};

export const statusWord = (status: NotifiedStatus): string => STATUS_WORDS[status];
export const reasonWord = (reason: NotificationDocument['reason']): string => REASON_WORDS[reason] ?? reason;

/** Epoch ms -> RFC 3339; what is no moment is the zero time. */
export function rfc3339(time: number | null): string {
  const date = new Date(time ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? NEVER : date.toISOString();
}

/** Go's zero time: what Alertmanager's receivers take for "has not ended". */
export const NEVER = '0001-01-01T00:00:00Z';

/** `[FIRING:3] HighTemperature site=north`: status, how many alerts have it, and the group. */
export function titleOf({ status, alerts, groupLabels, truncatedAlerts }: NotificationDocument): string {
  const count = alerts.filter((alert) => alert.status === status).length + truncatedAlerts;
  const { alertname, ...others } = groupLabels;
  const labels = Object.entries(others).map(([name, value]) => `${name}=${value}`);
  const names = alertname ?? namesOf(alerts);
  const counted = status === 'resolved' ? '' : `:${count}`;
  return `[${statusWord(status)}${counted}] ${[names, ...labels].filter((part) => part !== '').join(' ')}`.trim();
}

function namesOf(alerts: readonly NotifiedAlert[]): string {
  const names = [...new Set(alerts.map(({ labels }) => labels.alertname ?? ''))];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')}, …` : names.join(', ');
}

/** `HighTemperature on dev-1: 85.2 since 2024-01-01T00:00:00.000Z`, with the summary where the rule has one. */
export function alertLine(alert: NotifiedAlert): string {
  const { labels, annotations, startsAt, endsAt, flapping, status, cause } = alert;
  const said = annotations.summary ?? annotations.description ?? valueText(alert);
  const name = [labels.alertname, labels.deviceId && `on ${labels.deviceId}`].filter(Boolean).join(' ');
  const until = endsAt === null ? '' : ` until ${rfc3339(endsAt)}`;
  const notes = flapping ? ' (flapping)' : '';
  const why = status === 'resolved' && cause !== undefined && ENDS[cause];
  return `${name}${said === '' ? '' : `: ${said}`} since ${rfc3339(startsAt)}${until}${why ? ` (${why})` : ''}${notes}`;
}

export function valueText({ value }: NotifiedAlert): string {
  return value === null ? '' : String(value);
}

/** Cut to so many UTF-16 units, never within a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
