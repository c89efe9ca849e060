/**
 * Runs rule tests: the events of a test through the rules, ticks in between, and alerts looked at where it says so.
 * What comes at a moment is taken in before the tick of that moment, and both before alerts are looked at: as promtool
 * evaluates at a moment what was scraped by then.
 */
import { messageOf } from '../../../common/errors.js';
import { suggestion } from '../../../common/problems.js';
import type { Alert } from '../../../stores/alerts.js';
import type { Rule } from '../rules.js';
import { differences } from './compare.js';
import { ShadowAlerts } from './shadow.js';
import type { AlertCase, ExpectedAlert, RuleTest } from './suite.js';

export interface TestSurroundings {
  readonly rules: readonly Rule[];
  readonly evaluationMs: number;
  /** Type of devices that nothing else names. */
  deviceType(deviceId: string): string;
  /** Tags besides those that series have. */
  tagsOf(deviceId: string, body: Readonly<Record<string, unknown>>): Readonly<Record<string, string>>;
  /** Why validation would refuse a whole event; undefined: it would not. */
  refusal(deviceType: string, body: Readonly<Record<string, unknown>>): string | undefined;
}

export interface CaseResult {
  readonly line: number;
  readonly alertname: string;
  /** Since the test's start, ms. */
  readonly at: number;
  /** Empty: as expected. */
  readonly differences: readonly string[];
}

export interface TestResult {
  readonly name: string;
  readonly line: number;
  readonly cases: readonly CaseResult[];
  /** What else is to be known: events that no deployment would take, rules that cannot be evaluated. */
  readonly notes: readonly { readonly line: number; readonly reason: string }[];
}

export async function runTest(test: RuleTest, around: TestSurroundings): Promise<TestResult> {
  const notes = new Map<string, TestResult['notes'][number]>();
  const note = (line: number, reason: string): void => {
    notes.set(`${line} ${reason}`, { line, reason });
  };
  const shadow = await ShadowAlerts.start(around.rules, {
    tickMs: around.evaluationMs,
    tagsOf: (deviceId, body) => ({ ...around.tagsOf(deviceId, body), ...test.devices.get(deviceId)?.tags }),
    onRuleError: ({ name, place }, deviceId, error) =>
      note(test.line, `${name} (${place}) cannot be evaluated for ${deviceId}: ${messageOf(error)}`),
  });
  const moments = [...test.cases].sort((a, b) => a.at - b.at);
  const results = new Map<AlertCase, CaseResult>();
  let next = 0;
  for (const one of moments) {
    const until = test.start + one.at;
    for (; next < test.events.length && test.events[next]!.arrivalTime <= until; next++) {
      const { deviceId, body, eventTime, arrivalTime, line } = test.events[next]!;
      const type = typeof body.deviceType === 'string' ? body.deviceType : test.devices.get(deviceId)?.type;
      const deviceType = type ?? around.deviceType(deviceId);
      const refusal = line === null ? undefined : around.refusal(deviceType, body);
      if (refusal !== undefined)
        note(line!, `validation refuses such an event of a ${deviceType}: ${refusal}`);
      await shadow.passTo(arrivalTime);
      await shadow.event(deviceId, { deviceType, body, eventTime, arrivalTime });
    }
    await shadow.passThrough(until);
    results.set(one, resultOf(one, shadow.alerts(), around.rules));
  }
  const { name, line, cases } = test;
  return { name, line, cases: cases.map((one) => results.get(one)!), notes: [...notes.values()] };
}

function resultOf(
  { line, alertname, at, states, expected }: AlertCase,
  alerts: readonly Alert[],
  rules: readonly Rule[],
): CaseResult {
  const names = rules.map(({ name }) => name);
  if (!names.includes(alertname)) {
    const reason = `there is no alert "${alertname}"${suggestion(alertname, names)}`;
    return { line, alertname, at, differences: [reason] };
  }
  const found: ExpectedAlert[] = alerts.filter(
    ({ rule, state }) => rule === alertname && states.includes(state),
  );
  return { line, alertname, at, differences: differences(expected, found) };
}
