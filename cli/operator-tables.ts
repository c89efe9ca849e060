/** Tables and texts of alerts, silences, deliveries and the trail. Pure: `now` is epoch ms. */
import { matchersText } from '../functions/dispatch/config/matchers.js';
import type { auditView, silenceView } from '../functions/query/actViews.js';
import type { alertDetail } from '../functions/query/alertDetail.js';
import type { AlertView } from '../functions/query/alertViews.js';
import type { deliveryDetail, deliveryView, targetViews } from '../functions/query/deliveryViews.js';
import type { Matcher } from '../stores/operations.js';
import { age, type Column, moment, oneLine, tableOf } from './operator-output.js';

export type AlertDetail = Awaited<ReturnType<typeof alertDetail>>;
export type SilenceView = ReturnType<typeof silenceView>;
export type AuditView = ReturnType<typeof auditView>;
export type DeliveryView = ReturnType<typeof deliveryView>;
export type DeliveryDetail = ReturnType<typeof deliveryDetail>;
export type TargetView = ReturnType<typeof targetViews>[number];

export function alertColumns(now: number): readonly Column<AlertView>[] {
  return [
    ['STATE', ({ state, flapping }) => (flapping ? `${state}, flapping` : state)],
    ['SEVERITY', ({ severity }) => severity],
    ['RULE', ({ rule }) => rule],
    ['DEVICE', ({ deviceId }) => deviceId],
    ['VALUE', ({ value }) => String(value ?? '')],
    ['READ', ({ eventTime }) => moment(eventTime)],
    ['SINCE', ({ startsAt }) => age(now - Date.parse(startsAt))],
    ['HANDLED', handled],
    ['FINGERPRINT', ({ fingerprint }) => fingerprint],
  ];
}

function handled({ acknowledged, silencedBy }: AlertView): string {
  return [
    ...(acknowledged === null ? [] : [`by ${acknowledged.author}`]),
    ...(silencedBy.length === 0 ? [] : ['silenced']),
  ].join(', ');
}

export function alertText(alert: AlertDetail, now: number): string {
  const { acknowledged, endsAt } = alert;
  const facts: readonly (readonly [string, string])[] = [
    [
      'state',
      `${alert.state}${alert.reason === 'condition' ? '' : ` (${alert.reason})`}${alert.flapping ? ', flapping' : ''}`,
    ],
    ['severity', alert.severity],
    ['value', `${alert.value ?? 'none'}, read at ${moment(alert.eventTime)}`],
    ['since', `${moment(alert.startsAt)}, ${age(now - Date.parse(alert.startsAt))} ago`],
    ...(endsAt === null ? [] : [['until', moment(endsAt)] as const]),
    ...Object.entries(alert.labels).map(([name, value]) => [`label ${name}`, value] as const),
    ...Object.entries(alert.annotations),
    ['rule version', alert.ruleVersion],
    ['fingerprint', alert.fingerprint],
    ...(acknowledged === null
      ? []
      : [
          [
            'acknowledged',
            `by ${acknowledged.author} at ${moment(acknowledged.at)}: ${acknowledged.comment}`,
          ] as const,
        ]),
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const lines = facts.map(([name, value]) => `  ${oneLine(name).padEnd(width)}  ${oneLine(value)}`);
  return [
    `${oneLine(alert.rule)} on ${oneLine(alert.deviceId)}\n${lines.join('\n')}\n`,
    ...alert.comments.map(({ at, author, text }) => `\n${moment(at)} ${oneLine(author)}: ${oneLine(text)}\n`),
    ...section('Silences that match', alert.silences, silenceColumns(now)),
    ...(alert.deliveries.length === 0
      ? ['\nNobody was told by a receiver of notifications.yml.\n']
      : section('Told', alert.deliveries, deliveryColumns(now))),
  ].join('');
}

function section<T>(title: string, items: readonly T[], columns: readonly Column<T>[]): string[] {
  return items.length === 0 ? [] : [`\n${title}\n`, tableOf(items, columns)];
}

export function silenceColumns(now: number): readonly Column<SilenceView>[] {
  const when = ({ state, startsAt, endsAt }: SilenceView) =>
    state === 'to come'
      ? `in ${age(Date.parse(startsAt) - now)}`
      : state === 'active'
        ? `${age(Date.parse(endsAt) - now)} left`
        : `${age(now - Date.parse(endsAt))} ago`;
  return [
    ['STATE', ({ state }) => state],
    ['WHEN', when],
    ['UNTIL', ({ endsAt }) => moment(endsAt)],
    ['MATCHES', ({ selector }) => selector],
    ['AUTHOR', ({ author, expiredBy }) => (expiredBy === null ? author : `${author}, ended by ${expiredBy}`)],
    ['REASON', ({ reason }) => reason],
    ['ID', ({ id }) => id],
  ];
}

export function deliveryColumns(now: number): readonly Column<DeliveryView>[] {
  return [
    ['STATE', ({ state }) => state],
    ['TARGET', ({ target }) => target],
    ['TELLS', ({ status, alerts }) => `${alerts} ${status}`],
    ['WHY', ({ reason }) => reason],
    ['AGE', ({ createdAt }) => age(now - Date.parse(createdAt))],
    ['ATTEMPTS', ({ attempts }) => String(attempts)],
    ['LAST ERROR', ({ lastError }) => lastError ?? ''],
    ['ID', ({ id }) => id],
  ];
}

export function deliveryText(delivery: DeliveryDetail, now: number): string {
  const { log, notification } = delivery;
  return [
    tableOf([delivery], deliveryColumns(now)),
    ...section('Attempts', log, [
      ['AT', ({ at }) => moment(at)],
      ['OUTCOME', ({ outcome }) => outcome],
      ['STATUS', ({ status }) => String(status ?? '')],
      ['TOOK', ({ durationMs }) => `${durationMs} ms`],
      ['ERROR', ({ error }) => error ?? ''],
    ]),
    ...section('Tells', notification.alerts, [
      ['STATUS', ({ status }) => status],
      ['ALERT', ({ labels }) => labels.alertname ?? ''],
      ['DEVICE', ({ labels }) => labels.deviceId ?? ''],
      ['SINCE', ({ startsAt }) => moment(startsAt)],
      ['FINGERPRINT', ({ fingerprint }) => fingerprint],
    ]),
  ].join('');
}

export function targetColumns(now: number): readonly Column<TargetView>[] {
  return [
    ['TARGET', ({ target }) => target],
    [
      'BREAKER',
      ({ breaker, openUntil }) =>
        breaker === 'open' ? `open, again in ${age(Date.parse(openUntil!) - now)}` : breaker,
    ],
    ['FAILURES', ({ failures }) => String(failures)],
    ['WAITING', ({ waiting }) => String(waiting)],
    ['DELIVERED', ({ delivered }) => String(delivered)],
    ['DEAD', ({ dead }) => String(dead)],
  ];
}

export const AUDIT_COLUMNS: readonly Column<AuditView>[] = [
  ['AT', ({ at }) => moment(at)],
  ['WHO', ({ author }) => author],
  ['ACT', ({ act }) => act],
  ['SUBJECT', ({ subject }) => subject],
  ['DETAILS', detailsText],
];

function detailsText({ act, details }: AuditView): string {
  const text = (name: string) => String(details[name] ?? '');
  switch (act) {
    case 'acknowledge':
      return text('comment');
    case 'comment':
      return text('text');
    case 'silence':
      return `${matchersText(details.matchers as readonly Matcher[])} until ${moment(text('endsAt'))}: ${text('reason')}`;
    case 'redrive':
      return details.target === undefined
        ? `${(details.ids as readonly string[]).length} by id`
        : `${text('dead')} of ${text('target')}`;
    default:
      return '';
  }
}
