import { readSuite } from '../../../../functions/alert/testing/read-suite.js';

const testOf = (text: string) => {
  const { suite, problems } = readSuite(
    `rule_files: [r.yml]\ntests:\n${text.replaceAll(/^/gm, '  ')}`,
    't.yml',
  );
  expect(problems).toEqual([]);
  return suite!.tests[0]!;
};

test('values of one device at one time are one event; labels of series are tags', () => {
  const { events, devices } = testOf(`
- interval: 30s
  start_timestamp: 1970-01-01T00:01:00Z
  input_series:
    - { series: 'temperature{deviceId="d1", site="north"}', values: '1 _ 3' }
    - { series: 'humidity{deviceId="d1"}', values: '50 stale' }
    - { series: 'temperature{deviceId="d2", deviceType="reefer"}', values: '7' }
`);
  expect(events).toEqual([
    {
      deviceId: 'd1',
      eventTime: 60_000,
      arrivalTime: 60_000,
      body: { ts: 60_000, temperature: 1, humidity: 50 },
      line: null,
    },
    {
      deviceId: 'd2',
      eventTime: 60_000,
      arrivalTime: 60_000,
      body: { ts: 60_000, temperature: 7 },
      line: null,
    },
    {
      deviceId: 'd1',
      eventTime: 120_000,
      arrivalTime: 120_000,
      body: { ts: 120_000, temperature: 3 },
      line: null,
    },
  ]);
  expect([...devices]).toEqual([
    ['d1', { type: null, tags: { site: 'north' } }],
    ['d2', { type: 'reefer', tags: {} }],
  ]);
});

test('whole events may be late; cases have states', () => {
  const { events, cases } = testOf(`
- events:
    - { at: 3m, ts: 1m, deviceId: d1, event: { door: open, n: 0.5 } }
  alert_rule_test:
    - { eval_time: 5m, alertname: A }
    - eval_time: 1h30m
      alertname: A
      exp_state: pending
      exp_alerts:
        - { exp_labels: { alertname: A, deviceId: d1, n: 5 }, exp_annotations: { a: b } }
        - { exp_state: nodata }
`);
  expect(events).toEqual([
    {
      deviceId: 'd1',
      eventTime: 60_000,
      arrivalTime: 180_000,
      body: { ts: 60_000, door: 'open', n: 0.5 },
      line: 5,
    },
  ]);
  expect(cases).toEqual([
    { line: 7, alertname: 'A', at: 300_000, states: ['firing'], expected: [] },
    {
      line: 8,
      alertname: 'A',
      at: 5_400_000,
      states: ['pending', 'nodata'],
      expected: [
        { state: 'pending', labels: { deviceId: 'd1', n: '5' }, annotations: { a: 'b' } },
        { state: 'nodata', labels: {}, annotations: {} },
      ],
    },
  ]);
});

test('says what of promtool is passed over', () => {
  const { suite } = readSuite(
    `rule_files: [r.yml]
group_eval_order: [a, b]
tests:
  - promql_expr_test: [{ expr: up }]
    alert_rule_test: []
`,
    't.yml',
  );
  expect(suite!.evaluationMs).toBe(60_000);
  expect(suite!.notes).toEqual([
    't.yml:2: group_eval_order: rules are evaluated with every event, each after those that it asks for',
    't.yml:4: promql_expr_test: there is no PromQL here: these tests are not run',
  ]);
});

test('all problems at once, each with its line', () => {
  const { problems } = readSuite(
    `rule_files: []
evaluation_interval: 5
tests:
  - input_serie: []
    input_series:
      - { series: 'temperature', values: '1' }
      - { series: 't{deviceId="d"}', values: '1 x' }
      - { series: 't{deviceId="d"}', values: 'NaN' }
      - { series: 'u{deviceId="d", site="a"}', values: '1' }
      - { series: 'v{deviceId="d", site="b"}', values: '1' }
      - { series: 'v{deviceId="d"}', values: '1' }
    events:
      - { at: 1m, deviceId: d, event: { ts: 5 } }
    alert_rule_test:
      - { eval_time: soon, alertname: A, exp_state: fired }
      - { eval_time: 1m }
  - 7
`,
    't.yml',
  );
  expect(problems).toEqual([
    't.yml:2: evaluation_interval must be a duration such as 30s, 5m or 1h30m',
    't.yml:1: rule_files must not be empty',
    't.yml:4: tests[0].input_serie means nothing here; did you mean "input_series"?',
    't.yml:6: tests[0].input_series[0].series needs the label deviceId: whose event it is',
    't.yml:7: tests[0].input_series[1].values "x" is no value: numbers, a+bxn, a-bxn, axn, _, _xn and stale are',
    't.yml:8: tests[0].input_series[2].values NaN: events are JSON, which has no such number',
    't.yml:10: tests[0].input_series[4].series d has another site in another series',
    't.yml:11: tests[0].input_series[5].series d has another series of v',
    't.yml:13: tests[0].events[0].event.ts belongs beside event, as time since the start of the test',
    't.yml:15: tests[0].alert_rule_test[0].eval_time must be a duration such as 30s, 5m or 1h30m',
    't.yml:15: tests[0].alert_rule_test[0].exp_state fired is no state; known are pending, firing, nodata, resolved',
    't.yml:16: tests[0].alert_rule_test[1].alertname is missing',
    't.yml:17: tests[1] must be a test with alert_rule_test',
  ]);
  expect(readSuite('tests: [', 't.yml').problems).toHaveLength(1);
  expect(readSuite('7', 't.yml').problems).toEqual(['t.yml:1: must be a map with rule_files and tests']);
});
