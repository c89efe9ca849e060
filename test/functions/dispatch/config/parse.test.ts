import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseNotifications } from '../../../../functions/dispatch/config/parse.js';
import { projectRoot } from '../../../support/project-root.js';

const parse = (text: string, variables: Record<string, string> = {}) =>
  parseNotifications(text, 'notifications.yml', variables);
const problems = (text: string, variables?: Record<string, string>) =>
  parse(text, variables).problems.map(
    ({ place, reason }) => `${place.replace('notifications.yml:', '')}: ${reason}`,
  );

const FULL = `
externalUrl: http://millrace.example/
route:
  receiver: ops
  group_by: [alertname, site]
  group_wait: 10s
  repeat_interval: 4h
  active: { days: mon-fri, hours: "20:00-06:00", timeZone: Europe/Berlin }
  escalation: [{ after: 15m, receiver: oncall }]
  routes:
    - matchers: [severity="critical", site=~"north|south"]
      receiver: oncall
      group_by: ['...']
      escalation: []
      routes:
        - { matchers: [site=north], group_wait: 0s }
        - { matchers: [site=north], continue: true }
inhibit_rules:
  - source_matchers: [severity="critical"]
    target_matchers: ['severity!="critical"']
    equal: [site]
receivers:
  - name: ops
    webhooks: [{ url: https://hooks.example/a, secret: \${env:HOOK_SECRET}, max_alerts: 100, timeout: 5s, send_resolved: true }]
    emails: [{ to: [ops@example.org, 'Ann <ann@example.org>'], from: millrace@example.org, smtp: "smtp://user:\${env:PASSWORD, 'none'}@mail.example:587" }]
  - name: oncall
    pagerduty: [{ routing_key: \${env:KEY} }]
    slack: [{ url: https://slack.example/x }]
    sns: [{ topic_arn: 'arn:aws:sns:eu-west-1:123456789012:alarms' }]
    iot: [{ topic: 'alerts/{severity}', region: eu-west-1 }]
`;

test('the whole file', () => {
  const { config, problems, warnings } = parse(FULL, { HOOK_SECRET: 's: {3}cret', KEY: 'k' });
  expect(problems).toEqual([]);
  expect(warnings).toEqual([]);
  expect(config!.externalUrl).toBe('http://millrace.example');
  const [critical] = config!.route.routes;
  expect(config!.route).toMatchObject({
    key: '{}',
    groupBy: ['alertname', 'site'],
    groupWaitMs: 10_000,
    groupIntervalMs: 300_000,
    repeatIntervalMs: 14_400_000,
    active: { days: [0, 1, 2, 3, 4], hours: { from: 1_200, to: 360 }, timeZone: 'Europe/Berlin' },
    escalation: [{ afterMs: 900_000, receiver: 'oncall' }],
  });
  expect(critical).toMatchObject({
    key: '{}/{severity="critical",site=~"north|south"}',
    groupBy: null,
    groupWaitMs: 10_000,
    escalation: [],
    continue: false,
  });
  expect(
    critical!.routes.map(({ key, receiver, groupWaitMs }) => [
      key.slice(critical!.key.length),
      receiver,
      groupWaitMs,
    ]),
  ).toEqual([
    ['/{site="north"}', 'oncall', 0],
    ['/{site="north"}#2', 'oncall', 10_000],
  ]);
  const [hook, mail] = config!.receivers.get('ops')!.targets;
  expect(hook).toEqual({
    id: 'ops/webhook/0',
    kind: 'webhook',
    url: 'https://hooks.example/a',
    secret: 's: {3}cret',
    timeoutMs: 5_000,
    sendResolved: true,
    maxAlerts: 100,
  });
  expect(mail).toMatchObject({ id: 'ops/email/0', smtp: 'smtp://user:none@mail.example:587', subject: null });
  expect(config!.receivers.get('oncall')!.targets).toMatchObject([
    { id: 'oncall/slack/0', maxAlerts: 100 },
    { id: 'oncall/pagerduty/0', routingKey: 'k', url: 'https://events.pagerduty.com/v2/enqueue' },
    { id: 'oncall/sns/0', region: 'eu-west-1', endpoint: null },
    { id: 'oncall/iot/0', topic: 'alerts/{severity}', region: 'eu-west-1', endpoint: null },
  ]);
});

test('everything that is wrong is told at once, with its line and no secret', () => {
  const text = `externalUrl: millrace.example
rout: {}
route:
  receiver: opps
  group_wait: 10
  group_interval: 0s
  repeat_interval: often
  group_by: [site, '...']
  escalation: [{ after: 30m, receiver: ops }, { after: 5m, receiver: nobody }]
  matchers: [a="b"]
  routes:
    - matchers: ['severity is critical', 'x=~"("', 'y=~"(.)\\\\1"', 'z=~"(?=a)"']
    - { receiver: ops, active: { days: fun, hours: 8-18 } }
inhibit_rules: [{ source_matchers: [a=b] }]
receivers:
  - name: ops
    webhooks: [{ url: ftp://secret@x, max_alerts: -1 }, { secret: \${env:HOOK_SECRET} }]
    emails: [{ to: [nobody], from: a@b, smtp: mail.example }]
    sns: [{ topic_arn: topic }]
    iot: [{ topic: 'alerts/{device}', region: eu-west-1 }, { topic: 'alerts/#', region: eu-west-1 }]
    pager: []
  - name: ops
`;
  expect(problems(text)).toMatchInlineSnapshot(`
[
  "1: externalUrl must be a URL that begins with http:// or https://",
  "2: rout means nothing here; did you mean "route"?",
  "4: route.receiver names no receiver; did you mean "ops"?",
  "5: route.group_wait needs a unit, such as 10s",
  "6: route.group_interval must be above 0",
  "7: route.repeat_interval must be a duration such as 10s, 5m or 1d",
  "8: route.group_by ... stands alone: it means all labels",
  "9: route.escalation[1].receiver names no receiver; known are ops",
  "9: route.escalation[1] comes before the step above it",
  "10: route.matchers means nothing here; known are receiver, group_by, group_wait, group_interval, repeat_interval, escalation, active, routes",
  "12: route.routes[0].matchers[0] must be a matcher such as severity="critical", site!="a" or site=~"a|b"",
  "12: route.routes[0].matchers[1] the pattern "(" is no regular expression: missing closing )",
  "12: route.routes[0].matchers[2] the pattern "(.)\\\\1" is no regular expression: invalid escape sequence",
  "12: route.routes[0].matchers[3] the pattern "(?=a)" is no regular expression: invalid or unsupported Perl syntax",
  "13: route.routes[1].matchers is missing: without it everything would match",
  "13: route.routes[1].active days: "fun" is no day; did you mean "sun"?",
  "14: inhibit_rules[0].target_matchers is missing: without it everything would match",
  "17: receivers[0].webhooks[1].secret needs the environment variable HOOK_SECRET, which is not set",
  "17: receivers[0].webhooks[0].max_alerts must be a number of alerts; 0: all",
  "17: receivers[0].webhooks[0].url must be a URL that begins with http:// or https://",
  "17: receivers[0].webhooks[1].url is missing",
  "18: receivers[0].emails[0].to[0] must be an e-mail address",
  "18: receivers[0].emails[0].smtp must be a URL that begins with smtp:// or smtps://",
  "19: receivers[0].sns[0].topic_arn must be the ARN of a topic, arn:aws:sns:eu-west-1:123456789012:name",
  "20: receivers[0].iot[0].topic {device} stands for nothing; known: status, receiver, severity, alertname",
  "20: receivers[0].iot[1].topic must be a topic of at most 8 levels, without wildcards, such as alerts/{severity}",
  "21: receivers[0].pager means nothing here; known are name, webhooks, emails, slack, pagerduty, sns, iot",
  "22: receivers[1].name ops is there twice",
]
`);
  expect(problems(text).join('\n')).not.toContain('secret@x');
});

test('a file of comments, none at all, and one that is no YAML', () => {
  expect(parse('# later\n')).toMatchObject({ config: null, problems: [] });
  expect(problems('route: [')).toHaveLength(1);
  expect(problems('- a')).toEqual(['1: must be a map with route and receivers']);
  expect(problems('a: 1')).toContain('1: route is missing');
  expect(
    problems('route: &r { receiver: a, routes: [*r] }\nreceivers: [{ name: a }]').length,
  ).toBeGreaterThan(0);
});

test('receivers that nobody tells are warned of', () => {
  const { config, warnings } = parse('route: { receiver: a }\nreceivers:\n  - name: a\n  - name: b\n');
  expect(config!.receivers.size).toBe(2);
  expect(warnings).toEqual(['notifications.yml:4: b is told nothing: no route and no escalation names it']);
});

test('a variable in a place where texts are not', () => {
  const text = `route: { receiver: a, group_wait: \${env:WAIT} }\nreceivers: [{ name: a, slack: [{ url: '\${opt:x}' }] }]`;
  expect(problems(text)).toEqual([
    '1: route.group_wait needs the environment variable WAIT, which is not set',
    expect.stringMatching(/^2: receivers\[0\]\.slack\[0\]\.url has a variable of another form/),
  ]);
});

test('the example of the guide', () => {
  const guide = readFileSync(join(projectRoot, 'docs', 'notifications.md'), 'utf8');
  const [, yaml] = /```yaml\n(.*?)```/s.exec(guide)!;
  const variables = {
    SMTP_PASSWORD: 'p',
    SLACK_URL: 'https://s.example',
    HOOK_SECRET: 's',
    PAGERDUTY_KEY: 'k',
  };
  expect(parse(yaml!, variables)).toMatchObject({ problems: [], warnings: [] });
});
