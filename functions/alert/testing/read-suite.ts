/**
 * Reads a file of rule tests: promtool's, with what Millrace adds. Everything that is wrong is reported at once, with its
 * line.
 *
 *     rule_files: [../cold-chain.yml]
 *     evaluation_interval: 1m                      # between ticks
 *     tests:
 *       - name: too warm
 *         interval: 1m                             # between the values of series
 *         start_timestamp: 2026-03-02T08:00:00Z    # else 1970
 *         input_series:
 *           - { series: 'temperature{deviceId="d1", site="north"}', values: '4+1x10' }
 *         events:
 *           - { at: 3m, ts: 1m, deviceId: d1, event: { door: open } }      # of 1m, arrives at 3m
 *         alert_rule_test:
 *           - { eval_time: 5m, alertname: TooWarm, exp_state: pending, exp_alerts: [{ exp_labels: { ... } }] }
 */
import { type PathKeys, suggestion } from '../../../common/problems.js';
import { epochMs } from '../../../common/units.js';
import { LinedProblems, linedText, YamlText } from '../../../common/yaml-text.js';
import { ALERT_STATES, type AlertState } from '../../../stores/alerts.js';
import { Reader } from '../../aggregate/definitions/reader.js';
import { readEvents } from './read-events.js';
import { durationOf, forEachOf } from './read-values.js';
import type { AlertCase, ExpectedAlert, RuleTest, Suite } from './suite.js';

const MINUTE = 60_000;
const FILE_KEYS = ['rule_files', 'evaluation_interval', 'tests', 'group_eval_order', 'fuzzy_compare'];
const TEST_KEYS = [
  'name',
  'interval',
  'start_timestamp',
  'input_series',
  'events',
  'alert_rule_test',
  'promql_expr_test',
  'external_labels',
  'external_url',
];
/** What promtool knows and has no meaning here. */
const PASSED_OVER: Readonly<Record<string, string>> = {
  group_eval_order: 'rules are evaluated with every event, each after those that it asks for',
  fuzzy_compare: 'there are no values to compare',
  promql_expr_test: 'there is no PromQL here: these tests are not run',
  external_labels: 'alerts have the labels of their rule',
  external_url: 'annotations do not know it',
};

export interface ReadSuite {
  /** Null when there are problems. */
  readonly suite: Suite | null;
  /** `file:line: reason` each. */
  readonly problems: readonly string[];
}

/** @param file as problems call it */
export function readSuite(text: string, file: string): ReadSuite {
  const yaml = new YamlText(text);
  const problems = new LinedProblems(yaml);
  const failed = (): ReadSuite => ({
    suite: null,
    problems: problems.lined.map((problem) => linedText(file, problem)),
  });
  if (yaml.errors.length > 0) return failed();
  const root = new Reader(yaml.document.toJS(), [], problems);
  if (!root.isMap('a map with rule_files and tests', FILE_KEYS)) return failed();
  const notes: string[] = [];
  const passOver = (reader: Reader, keys: PathKeys): void => {
    for (const key of reader.keys()) {
      const reason = Object.hasOwn(PASSED_OVER, key) ? PASSED_OVER[key] : undefined;
      if (reason !== undefined) notes.push(`${file}:${yaml.lineOf([...keys, key])}: ${key}: ${reason}`);
    }
  };
  passOver(root, []);
  const evaluationMs = durationOf(root.at('evaluation_interval'), MINUTE, 1);
  const ruleFiles = root.at('rule_files').texts() ?? [];
  const tests: RuleTest[] = [];
  forEachOf(root.at('tests'), (test, index) => {
    if (!test.isMap('a test with alert_rule_test', TEST_KEYS)) return;
    passOver(test, ['tests', index]);
    const read = readTest(test, evaluationMs, (keys) => yaml.lineOf(['tests', index, ...keys]));
    tests.push(read);
  });
  if (root.at('tests').given && tests.length === 0) root.at('tests').refuse('has no test');
  if (!root.at('tests').given) root.at('tests').refuse('is missing');
  if (problems.lined.length > 0) return failed();
  return { suite: { file, ruleFiles, evaluationMs, tests, notes }, problems: [] };
}

function readTest(test: Reader, evaluationMs: number, lineOf: (keys: PathKeys) => number): RuleTest {
  const start = startOf(test.at('start_timestamp'));
  const intervalMs = durationOf(test.at('interval'), evaluationMs, 1);
  const name = test.at('name').given ? (test.at('name').text() ?? '') : '';
  const { events, devices } = readEvents(test, start, intervalMs, lineOf);
  const cases: AlertCase[] = [];
  forEachOf(test.at('alert_rule_test'), (one, index) => {
    const read = readCase(one, lineOf(['alert_rule_test', index]));
    if (read !== undefined) cases.push(read);
  });
  return { name, line: lineOf([]), start, events, devices, cases };
}

function readCase(reader: Reader, line: number): AlertCase | undefined {
  const keys = ['eval_time', 'alertname', 'exp_alerts', 'exp_state'];
  if (!reader.isMap('a map with eval_time and alertname', keys)) return undefined;
  const at = durationOf(reader.at('eval_time'), undefined, 0);
  const alertname = reader.at('alertname').text();
  const usual = stateOf(reader.at('exp_state'), 'firing');
  const expected: ExpectedAlert[] = [];
  forEachOf(reader.at('exp_alerts'), (alert) => {
    if (!alert.isMap('a map with exp_labels', ['exp_labels', 'exp_annotations', 'exp_state'])) return;
    const { alertname: _, ...labels } = textsOf(alert.at('exp_labels'));
    const state = stateOf(alert.at('exp_state'), usual);
    expected.push({ state, labels, annotations: textsOf(alert.at('exp_annotations')) });
  });
  if (alertname === undefined) return undefined;
  const states = [...new Set([usual, ...expected.map(({ state }) => state)])];
  return { line, alertname, at, states, expected };
}

function stateOf(reader: Reader, usual: AlertState): AlertState {
  if (!reader.given) return usual;
  const state = ALERT_STATES.find((one) => one === reader.value);
  if (state !== undefined) return state;
  reader.refuse(`${String(reader.value)} is no state${suggestion(String(reader.value), ALERT_STATES)}`);
  return usual;
}

/** Epoch ms of epoch seconds (as promtool has it) or RFC 3339. */
function startOf(reader: Reader): number {
  if (!reader.given) return 0;
  const { value } = reader;
  const time = typeof value === 'number' ? value * 1000 : epochMs(value);
  if (time !== undefined && Number.isSafeInteger(time)) return time;
  reader.refuse('must be a time such as 2026-03-02T08:00:00Z, or epoch seconds');
  return 0;
}

function textsOf(reader: Reader): Record<string, string> {
  if (!reader.given || reader.value === null || !reader.isMap('a map of texts')) return {};
  const texts: Record<string, string> = {};
  for (const key of reader.keys()) {
    const { value } = reader.at(key);
    if (typeof value === 'object') reader.at(key).refuse('must be a text');
    else texts[key] = String(value);
  }
  return texts;
}
