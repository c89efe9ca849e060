import { parseRules } from '../../../../functions/alert/rules.js';
import { readSuite } from '../../../../functions/alert/testing/read-suite.js';
import { runTest } from '../../../../functions/alert/testing/run-test.js';

const RULES = `
groups:
  - name: g
    rules:
      - alert: Hot
        expr: event.temperature > 30
        for: 2m
        no_data: 5m
        labels: { severity: critical, site: '{{ tags.site }}' }
        annotations: { summary: '{{ deviceId }} {{ value }}' }
      - alert: Open
        expr: device.type == "door" && event.state == "open"
        labels: { severity: warning }
      - alert: Gone
        expr: absent('10m')
        labels: { severity: critical }
      - alert: SiteHot
        fleet: { by: [site], count: event.temperature > 50 }
        expr: fleet.share > 0.5 && fleet.total >= 2
        for: 1m
        labels: { severity: critical }
        annotations: { summary: '{{ event.matching }} of {{ event.total }}' }
`;

/** What is different, by case. */
async function run(test: string) {
  const { rules, problems } = parseRules(RULES, 'r.yml');
  const text = `rule_files: [r.yml]\ntests:\n${test.trim().replaceAll(/^/gm, '  ')}`;
  const { suite, problems: others } = readSuite(text, 't.yml');
  expect([...problems, ...others]).toEqual([]);
  return runTest(suite!.tests[0]!, {
    rules,
    evaluationMs: suite!.evaluationMs,
    deviceType: () => 'any',
    tagsOf: () => ({}),
    refusal: (type) => (type === 'door' ? undefined : 'it is no door'),
  });
}

const differencesOf = async (test: string) => (await run(test)).cases.map(({ differences }) => differences);

test('pending, firing, no data and resolved, each at its time', async () => {
  const exp = `exp_alerts: [{ exp_labels: { deviceId: d1, severity: critical, site: n }, exp_annotations: { summary: d1 40 } }]`;
  expect(
    await differencesOf(`
- input_series: [{ series: 'temperature{deviceId="d1", site="n"}', values: '20 40x3 _x9 20' }]
  alert_rule_test:
    - { eval_time: 2m, alertname: Hot, exp_state: pending, ${exp} }
    - { eval_time: 2m59s, alertname: Hot }
    - { eval_time: 3m, alertname: Hot, ${exp} }
    - { eval_time: 8m, alertname: Hot, ${exp} }
    - { eval_time: 9m, alertname: Hot, exp_state: nodata, ${exp} }
    - { eval_time: 9m, alertname: Hot }
    - { eval_time: 14m, alertname: Hot, exp_state: resolved, ${exp.replace('d1 40', 'd1 20')} }
`),
  ).toEqual([[], [], [], [], [], [], []]);
});

test('cases need not be in order of time, and time goes on without events', async () => {
  expect(
    await differencesOf(`
- input_series: [{ series: 'humidity{deviceId="d1"}', values: '1' }]
  alert_rule_test:
    - { eval_time: 10m, alertname: Gone, exp_alerts: [{ exp_labels: { deviceId: d1, severity: critical } }] }
    - { eval_time: 9m, alertname: Gone }
`),
  ).toEqual([[], []]);
});

test('a late event does not undo what came after it', async () => {
  expect(
    await differencesOf(`
- events:
    - { at: 1m, deviceId: d1, event: { temperature: 40 } }
    - { at: 3m, deviceId: d1, event: { temperature: 41 } }
    - { at: 4m, ts: 30s, deviceId: d1, event: { temperature: 20 } }
  alert_rule_test:
    - eval_time: 5m
      alertname: Hot
      exp_alerts: [{ exp_labels: { deviceId: d1, severity: critical, site: "" }, exp_annotations: { summary: d1 41 } }]
`),
  ).toEqual([[]]);
});

test('rules about fleets decide on the devices of a group', async () => {
  const exp = `exp_alerts: [{ exp_labels: { deviceId: site=n, site: n, severity: critical }, exp_annotations: { summary: 2 of 3 } }]`;
  expect(
    await differencesOf(`
- input_series:
    - { series: 'temperature{deviceId="d1", site="n"}', values: '51x9' }
    - { series: 'temperature{deviceId="d2", site="n"}', values: '20 51x8' }
    - { series: 'temperature{deviceId="d3", site="n"}', values: '20x5 20x3' }
    - { series: 'temperature{deviceId="d4", site="s"}', values: '51x9' }
  alert_rule_test:
    - { eval_time: 1m, alertname: SiteHot, exp_state: pending, ${exp} }
    - { eval_time: 2m, alertname: SiteHot, ${exp} }
`),
  ).toEqual([[], []]);
});

test('differences name what is missing, what is too much, and what is otherwise', async () => {
  expect(
    await differencesOf(`
- input_series:
    - { series: 'temperature{deviceId="d1", site="n"}', values: '40x5' }
    - { series: 'temperature{deviceId="d2", site="n"}', values: '40x5' }
  alert_rule_test:
    - eval_time: 5m
      alertname: Hot
      exp_alerts:
        - { exp_labels: { deviceId: d1, site: s }, exp_annotations: { summary: d1 40 } }
        - { exp_labels: { deviceId: d3, severity: critical } }
    - { eval_time: 5m, alertname: Hott }
`),
  ).toEqual([
    [
      'd1: labels.severity is "critical", not expected',
      'd1: labels.site is "n", expected "s"',
      'exp_labels has no severity, which every alert has',
      'missing: firing {deviceId="d3", severity="critical"}',
      'not expected: firing {deviceId="d2", severity="critical", site="n"} summary: "d2 40"',
    ],
    ['there is no alert "Hott"; did you mean "Hot"?'],
  ]);
});

test('notes events that no deployment would take, and rules that cannot be evaluated', async () => {
  const { cases, notes } = await run(`
- events:
    - { at: 0m, deviceId: a, event: { deviceType: door, state: open } }
    - { at: 1m, deviceId: b, event: { temperature: hot } }
  alert_rule_test:
    - { eval_time: 1m, alertname: Open, exp_alerts: [{ exp_labels: { deviceId: a, severity: warning } }] }
`);
  expect(cases.map(({ differences }) => differences)).toEqual([[]]);
  expect(notes[0]).toEqual({ line: 5, reason: 'validation refuses such an event of a any: it is no door' });
  expect(notes[1]!.reason).toMatch(/^Hot \(r\.yml:5\) cannot be evaluated for b: /);
});
