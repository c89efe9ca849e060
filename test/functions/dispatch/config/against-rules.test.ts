import { parseRules } from '../../../../functions/alert/rules.js';
import { warningsAgainst } from '../../../../functions/dispatch/config/against-rules.js';
import { parseNotifications } from '../../../../functions/dispatch/config/parse.js';

const { rules } = parseRules(
  `
groups:
  - name: g
    rules:
      - { alert: TooWarm, expr: event.t > 8, labels: { severity: critical, site: "{{ tags.site }}" } }
      - { alert: Slow, expr: event.v < 1, labels: { severity: info, team: ops } }
      - { alert: SiteOffline, fleet: { by: [region], count: absent('10m') }, expr: fleet.share > 0.1, labels: { severity: critical } }
`,
  'rules/x.yml',
);

const warnings = (more: string, inhibit = '[]') => {
  const { config, problems } = parseNotifications(
    `
route: { receiver: a, routes: [${more}] }
inhibit_rules: ${inhibit}
receivers: [{ name: a, webhooks: [{ url: http://127.0.0.1:1 }] }]
`,
    'notifications.yml',
    {},
  );
  expect(problems).toEqual([]);
  return warningsAgainst(config!, rules);
};

describe('what notifications.yml asks of alerts, held against the rules', () => {
  test.each([
    ['severity="critical"'],
    ['severity!="info"'],
    ['alertname=~"Too.*"'],
    ['deviceId="dev-1"'],
    ['site="north"'],
    ['region="eu"'],
    ['owner=""'],
    ['owner!="me"'],
  ])('%s can be satisfied', (matcher) => {
    expect(warnings(`{ matchers: ['${matcher}'], group_by: [alertname, site, region] }`)).toEqual([]);
  });

  test.each([
    ['sevrity="critical"', 'no rule gives the label "sevrity"; did you mean "severity"?'],
    ['severity="critcal"', 'no rule gives severity="critcal"; did you mean "critical"?'],
    ['alertname=~"Foo.*"', 'no rule gives alertname=~"Foo.*"'],
    [
      'owner=~".+"',
      'no rule gives the label "owner"; known are severity, site, alertname, deviceId, team, region',
    ],
  ])('a misspelt matcher is told before the night in which nobody is: %s', (matcher, reason) => {
    expect(warnings(`{ matchers: ['${matcher}'] }`)).toEqual([`route {}/{${matcher}}: ${reason}`]);
  });

  test('matchers that no rule satisfies together', () => {
    expect(warnings(`{ matchers: ['alertname="Slow"', 'severity="critical"'] }`)).toEqual([
      'route {}/{alertname="Slow",severity="critical"}: no rule gives all of {alertname="Slow",severity="critical"}',
    ]);
  });

  test('labels to group by, and of inhibition', () => {
    const inhibit = `[{ source_matchers: ['alertname="SiteOfline"'], target_matchers: ['severity="info"'], equal: [sit] }]`;
    expect(warnings(`{ matchers: ['team="ops"'], group_by: [tem] }`, inhibit)).toEqual([
      'route {}/{team="ops"}: no rule gives the label "tem"; did you mean "team"?',
      'inhibit_rules[0]: no rule gives alertname="SiteOfline"; did you mean "SiteOffline"?',
      'inhibit_rules[0]: no rule gives the label "sit"; did you mean "site"?',
    ]);
  });
});
