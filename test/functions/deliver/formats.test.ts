/** What each kind of target is sent, to the letter where others read it. */
import { createHmac } from 'node:crypto';
import { mailOf } from '../../../functions/deliver/formats/email.js';
import { dedupKey, pagerDutyMessage } from '../../../functions/deliver/formats/pagerduty.js';
import { SIGNATURE_HEADER, signatureOf, verifies } from '../../../functions/deliver/formats/signature.js';
import { slackMessage } from '../../../functions/deliver/formats/slack.js';
import { snsMessage } from '../../../functions/deliver/formats/sns.js';
import { subjectOf } from '../../../functions/deliver/formats/subject.js';
import { webhookDocument, webhookMessage } from '../../../functions/deliver/formats/webhook.js';
import { alertLine, titleOf } from '../../../functions/deliver/formats/wording.js';
import type { EmailTarget, SnsTarget } from '../../../functions/dispatch/config/types.js';
import type { NotifiedAlert } from '../../../functions/dispatch/document.js';
import { alertNamed, documentOf, T0, webhook } from './support.js';

const BASE = { timeoutMs: 5_000, sendResolved: true, maxAlerts: 0 };
const GONE = { status: 'nodata', endsAt: T0 + 60_000 } as const;
const OVER = { status: 'resolved', endsAt: T0 + 60_000 } as const;
const MIXED = documentOf('n1', {
  reason: 'changed',
  alerts: [alertNamed('dev-1'), alertNamed('dev-2', GONE), alertNamed('dev-3', OVER)],
});

describe('webhook', () => {
  test("is Alertmanager's document, version 4, with Millrace's own members beside", () => {
    const document = webhookDocument(MIXED) as { alerts: object[] };
    expect({ ...document, alerts: document.alerts.length }).toEqual({
      version: '4',
      groupKey: '{}/{severity="critical"}:{alertname="TooWarm"}',
      truncatedAlerts: 0,
      status: 'firing',
      receiver: 'ops',
      groupLabels: { alertname: 'TooWarm', site: 'north' },
      commonLabels: { alertname: 'TooWarm', severity: 'critical', site: 'north' },
      commonAnnotations: {},
      externalURL: 'http://millrace.example',
      alerts: 3,
      id: 'n1',
      reason: 'changed',
      state: 'firing',
    });
    expect(document.alerts[0]).toEqual({
      status: 'firing',
      labels: { alertname: 'TooWarm', deviceId: 'dev-1', severity: 'critical', site: 'north' },
      annotations: { summary: 'dev-1 is too warm' },
      startsAt: '2024-01-01T00:00:00.000Z',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://millrace.example/alerts/dev-1',
      fingerprint: 'f-dev-1',
      state: 'firing',
      value: 9.5,
      eventTime: '2024-01-01T00:00:00.500Z',
      flapping: false,
      ruleVersion: '0a1b2c3d',
    });
    expect(document.alerts[2]).toMatchObject({ status: 'resolved', endsAt: '2024-01-01T00:01:00.000Z' });
  });

  test('missing data counts as firing, and an annotation says so', () => {
    const { alerts } = webhookDocument(MIXED) as { alerts: object[] };
    expect(alerts[1]).toMatchObject({
      status: 'firing',
      state: 'nodata',
      endsAt: '0001-01-01T00:00:00Z',
      annotations: { millrace_no_data: 'no data since 2024-01-01T00:01:00.000Z' },
    });
    expect(
      webhookDocument(documentOf('n', { status: 'nodata', alerts: [alertNamed('d', GONE)] })),
    ).toMatchObject({ status: 'firing', state: 'nodata' });
  });

  test('what was left out is counted, whoever left it out', () => {
    const document = documentOf('n', { truncatedAlerts: 7, alerts: MIXED.alerts });
    expect(webhookDocument(document)).toMatchObject({ truncatedAlerts: 7 });
    const cut = webhookDocument(document, 2) as { alerts: { fingerprint: string }[] };
    expect(cut).toMatchObject({ truncatedAlerts: 8 });
    expect(cut.alerts.map(({ fingerprint }) => fingerprint)).toEqual(['f-dev-2', 'f-dev-3']);
  });

  test('is signed over time and body, as the documentation verifies it', () => {
    const { headers, body } = webhookMessage(MIXED, webhook('http://hook', { secret: 'whsec' }), T0 + 999);
    const seconds = T0 / 1_000;
    const v1 = createHmac('sha256', 'whsec').update(`${seconds}.${body}`).digest('hex');
    expect(headers[SIGNATURE_HEADER]).toBe(`t=${seconds},v1=${v1}`);
    expect(headers['idempotency-key']).toBe('n1');
    expect(webhookMessage(MIXED, webhook('http://hook'), T0).headers).not.toHaveProperty(SIGNATURE_HEADER);
    const header = headers[SIGNATURE_HEADER]!;
    expect(verifies('whsec', body, header, T0 + 5_000)).toBe(true);
    expect(verifies('whsec', `${body} `, header, T0 + 5_000)).toBe(false);
    expect(verifies('other', body, header, T0 + 5_000)).toBe(false);
    expect(verifies('whsec', body, header, T0 + 400_000)).toBe(false);
    expect(verifies('whsec', body, signatureOf('whsec', body, T0 + 1_000).slice(0, -1), T0)).toBe(false);
  });
});

test('whoever is told an end is told why, unless the condition ceased to hold', () => {
  const ended = (cause: NotifiedAlert['cause']) => alertNamed('d', { ...OVER, cause: cause! });
  expect(
    (['condition', 'no-data', 'rule-removed', 'inactive-hours'] as const).map((cause) =>
      alertLine(ended(cause)).replace(/.* until \S+/, ''),
    ),
  ).toEqual([
    '',
    ' (its data ended)',
    ' (its rule was removed or has other labels)',
    ' (the hours of its rule are over)',
  ]);
  expect(alertLine(alertNamed('d', { ...GONE, cause: 'no-data' }))).not.toContain('(');
  expect(alertLine(alertNamed('d', OVER))).not.toContain('(');
  const document = webhookDocument(documentOf('n', { alerts: [ended('rule-removed')] }));
  expect(document).toMatchObject({ alerts: [{ status: 'resolved', cause: 'rule-removed' }] });
});

describe('Slack', () => {
  const target = { ...BASE, id: 'ops/slack/0', kind: 'slack', url: 'http://slack/x' } as const;

  test('a coloured attachment with a line for each alert', () => {
    const { attachments } = JSON.parse(slackMessage(MIXED, target).body);
    expect(attachments).toHaveLength(1);
    expect(attachments[0]).toMatchObject({
      color: '#d00000',
      title: '[FIRING:1] TooWarm site=north',
      title_link: 'http://millrace.example',
      footer: 'ops, changed',
    });
    expect(attachments[0].text.split('\n')).toEqual([
      '• *FIRING* TooWarm on dev-1: dev-1 is too warm since 2024-01-01T00:00:00.000Z',
      '• *NO DATA* TooWarm on dev-2: dev-2 is too warm since 2024-01-01T00:00:00.000Z until 2024-01-01T00:01:00.000Z',
      '• *RESOLVED* TooWarm on dev-3: dev-3 is too warm since 2024-01-01T00:00:00.000Z until 2024-01-01T00:01:00.000Z',
    ]);
  });

  test('stays short, and what devices say cannot mention anybody', () => {
    const alerts = Array.from({ length: 100 }, (_, n) =>
      alertNamed(`dev-${n}`, { annotations: { summary: `<!channel> & ${'long '.repeat(200)}` } }),
    );
    const { attachments } = JSON.parse(slackMessage(documentOf('n', { alerts }), target).body);
    const { text } = attachments[0] as { text: string };
    expect(text.split('\n')).toHaveLength(16);
    expect(text).toContain('… and 85 more');
    expect(text).toContain('&lt;!channel&gt; &amp;');
    expect(text).not.toContain('<');
    expect(text.length).toBeLessThan(8_000);
  });
});

describe('PagerDuty', () => {
  const url = 'http://pagerduty/v2/enqueue';
  const target = { ...BASE, id: 'ops/pagerduty/0', kind: 'pagerduty', routingKey: 'R0', url } as const;
  const eventOf = (document = MIXED) => JSON.parse(pagerDutyMessage(document, target).body);

  test('one incident per group: triggered while anything lasts, resolved with the last', () => {
    const event = eventOf();
    expect(event).toMatchObject({
      routing_key: 'R0',
      event_action: 'trigger',
      client: 'Millrace',
      client_url: 'http://millrace.example',
      payload: { severity: 'critical', class: 'TooWarm', group: 'north', source: 'ops' },
    });
    expect(event.payload.summary).toContain('[FIRING:1] TooWarm site=north');
    const silent = documentOf('n2', { status: 'nodata', alerts: [alertNamed('dev-1', GONE)] });
    const resolved = documentOf('n3', { status: 'resolved', alerts: [alertNamed('dev-1', OVER)] });
    expect(eventOf(silent).event_action).toBe('trigger');
    expect(eventOf(resolved).event_action).toBe('resolve');
    expect(eventOf(resolved).dedup_key).toBe(event.dedup_key);
    expect(dedupKey({ groupKey: 'x'.repeat(1_000) })).toHaveLength(64);
    expect(dedupKey({ groupKey: 'other' })).not.toBe(event.dedup_key);
  });

  test('severities that PagerDuty does not know are errors, and the worst of those that last counts', () => {
    const of = (...severities: string[]) => {
      const alerts = severities.map((severity) => alertNamed('d', { labels: { alertname: 'A', severity } }));
      return eventOf(documentOf('n', { alerts })).payload.severity;
    };
    expect([of('info'), of('info', 'Warning'), of('catastrophic'), of('warning', 'critical')]).toEqual([
      'info',
      'warning',
      'error',
      'critical',
    ]);
  });
});

describe('mail', () => {
  const target: EmailTarget = {
    ...BASE,
    id: 'ops/email/0',
    kind: 'email',
    to: ['ops@example.org'],
    from: 'Millrace <alerts@example.org>',
    smtp: 'smtp://localhost',
    subject: null,
  };

  test('ids are stable: the same mail has the same one, and mails of a group one thread', () => {
    const [first, again, later] = [
      mailOf(MIXED, target),
      mailOf(MIXED, target),
      mailOf(documentOf('n2'), target),
    ];
    expect(first).toEqual(again);
    expect(first.messageId).toBe('<n1@example.org>');
    expect(later.messageId).not.toBe(first.messageId);
    expect(later.thread).toBe(first.thread);
    expect(first.thread).toMatch(/^<group-[0-9a-f]{32}@example\.org>$/);
    expect(mailOf(documentOf('a b>\r\n'), target).messageId).toMatch(/^<[0-9a-f]{32}@example\.org>$/);
  });

  test('text and HTML tell the same, and HTML of devices stays text', () => {
    const hostile = alertNamed('<script>', { annotations: { summary: '<b>"x"</b>', runbook: 'http://run' } });
    const { text, html } = mailOf(documentOf('n', { alerts: [hostile], truncatedAlerts: 3 }), target);
    expect(text).toContain('FIRING  TooWarm on <script>: <b>"x"</b> since 2024');
    expect(text).toContain('    value: 9.5\n    severity: critical');
    expect(text).toContain('3 more alerts are not listed here.');
    expect(html).toContain('&lt;b&gt;&quot;x&quot;&lt;/b&gt;');
    expect(html).not.toMatch(/<script|<b>"/);
  });

  test('subjects have placeholders, and no line breaks', () => {
    const template =
      '{{ status }}: {{commonLabels.alertname}} {{ groupLabels.site }} ({{ count }}) {{ nothing }}';
    expect(subjectOf(MIXED, template)).toBe('FIRING: TooWarm north (3)');
    expect(subjectOf(MIXED, null)).toBe(titleOf(MIXED));
    expect(subjectOf(documentOf('n', { commonLabels: { x: 'a\r\nBcc: b' } }), '{{ commonLabels.x }}')).toBe(
      'a Bcc: b',
    );
    expect(subjectOf(MIXED, '{{ commonLabels.__proto__ }}-')).toBe('-');
  });
});

describe('SNS', () => {
  const target = (topicArn = 'arn:aws:sns:eu-west-1:123456789012:alerts'): SnsTarget => ({
    ...BASE,
    id: 'ops/sns/0',
    kind: 'sns',
    topicArn,
    region: 'eu-west-1',
    endpoint: null,
  });

  test('the webhook document, with attributes to filter by', () => {
    const { message, attributes, subject, fifo } = snsMessage(MIXED, target());
    expect(JSON.parse(message)).toEqual(webhookDocument(MIXED));
    expect(attributes).toEqual({
      id: 'n1',
      receiver: 'ops',
      reason: 'changed',
      status: 'firing',
      severity: 'critical',
      alertname: 'TooWarm',
    });
    expect(subject).toBe('[FIRING:1] TooWarm site=north');
    expect(fifo).toBeNull();
  });

  test('subjects are ASCII and short, long messages leave alerts out, FIFO topics keep groups in order', () => {
    const alerts = Array.from({ length: 2_000 }, (_, n) => alertNamed(`dev-${n}`));
    const groupLabels = { alertname: 'Zu warm für Bären'.repeat(9) };
    const { message, subject, fifo } = snsMessage(
      documentOf('n', { alerts, groupLabels }),
      target('arn:aws:sns:eu-west-1:123456789012:alerts.fifo'),
    );
    expect(Buffer.byteLength(message)).toBeLessThan(256 * 1_024);
    const sent = JSON.parse(message) as { alerts: object[]; truncatedAlerts: number };
    expect(sent.alerts.length).toBeGreaterThan(200);
    expect(sent.alerts.length + sent.truncatedAlerts).toBe(2_000);
    expect(subject).toMatch(/^[\x20-\x7e]{1,99}$/);
    expect(fifo?.groupId).toMatch(/^[0-9a-f]{64}$/);
  });
});

test.each([
  ['[FIRING:1] TooWarm site=north', MIXED],
  ['[RESOLVED] TooWarm site=north', documentOf('n', { status: 'resolved', alerts: [alertNamed('d', OVER)] })],
  ['[NO DATA:1] TooWarm site=north', documentOf('n', { status: 'nodata', alerts: [alertNamed('d', GONE)] })],
  ['[FIRING:1] TooWarm', documentOf('n', { groupLabels: {} })],
])('titled %s', (title, document) => expect(titleOf(document)).toBe(title));
