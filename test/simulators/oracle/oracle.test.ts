import { createOracle, type OracleOptions } from '../../../simulators/oracle/oracle.js';
import type { Publish } from '../../../simulators/plan/action.js';
import { planOf } from '../../../simulators/plan/plan.js';
import { testScenario } from '../../support/scenario.js';

const START = 1_790_000_000_000;
const options: OracleOptions = {
  windowMs: 10_000,
  latenessMs: 60_000,
  maxAheadMs: 300_000,
  marginMs: 1_000,
  rules: [],
  events: { oldest: 0, maxFutureMs: 86_400_000 },
};

function setUp(more: Partial<OracleOptions> = {}, devices = 1, qos: 0 | 1 = 1) {
  const plan = planOf(testScenario({ devices, qos }), START, () => 'valid');
  const oracle = createOracle(plan, { ...options, ...more });
  const publishes = [...plan.devices[0]!.actions()].filter((action) => action.kind === 'publish');
  const [a, b, c] = publishes as [Publish, Publish, Publish];
  return { oracle, publishes, a, b, c };
}

const END = START + 100_000;

test('acknowledged is stored; unacknowledged may be, and is told', () => {
  const { oracle, a, b } = setUp();
  oracle.sent(0, a, START, START);
  oracle.sent(0, b, START, START);
  oracle.acknowledged(0, a, START + 5);
  const expected = oracle.expectation(END);
  expect(expected).toMatchObject({ stored: 1, valid: 1, aggregated: 1, duplicates: 0 });
  expect(expected.maybe).toMatchObject({ stored: 1, aggregated: 1 });
  expect(expected.unacknowledged).toMatchObject({ count: 1, examples: [{ number: b.report.number }] });
});

test('what was never sent is not expected', () => {
  const { stored, maybe, windows } = setUp().oracle.expectation(END);
  expect([stored, maybe.stored, windows.size]).toEqual([0, 0, 0]);
});

test('QoS 0 promises nothing, and over HTTP every acknowledgement does', () => {
  const mqtt = setUp({}, 1, 0);
  mqtt.oracle.sent(0, mqtt.a, START, START);
  mqtt.oracle.acknowledged(0, mqtt.a, START + 1);
  expect(mqtt.oracle.expectation(END)).toMatchObject({
    stored: 0,
    maybe: { stored: 1 },
    unacknowledged: { count: 0 },
  });
  const http = setUp({ alwaysPromises: true }, 1, 0);
  http.oracle.sent(0, http.a, START, START);
  http.oracle.acknowledged(0, http.a, START + 1);
  expect(http.oracle.expectation(END)).toMatchObject({ stored: 1, maybe: { stored: 0 } });
});

test('after a lost connection, what was under way may be stored twice, but counts once', () => {
  const { oracle, a, b, c } = setUp();
  for (const publish of [a, b]) oracle.sent(0, publish, START, START);
  oracle.connectionLost(0, START + 10);
  for (const publish of [a, b]) oracle.acknowledged(0, publish, START + 20);
  oracle.sent(0, c, START + 30, START + 30);
  oracle.acknowledged(0, c, START + 40);
  const expected = oracle.expectation(END);
  expect(expected).toMatchObject({ stored: 3, aggregated: 3 });
  expect(expected.maybe).toMatchObject({ stored: 2, duplicates: 2 });
  // The windows are foretold to the digit all the same.
  expect(expected.maybeInWindow.size).toBe(0);
  expect([...expected.windows.values()].reduce((sum, { count }) => sum + count, 0)).toBe(9);
});

test('a publish that is sent again without a word about its connection is taken for lost in between', () => {
  const { oracle, a } = setUp();
  oracle.sent(0, a, START, START);
  oracle.sent(0, a, START, START + 50);
  oracle.acknowledged(0, a, START + 60);
  expect(oracle.expectation(END)).toMatchObject({ stored: 1, maybe: { stored: 1, duplicates: 1 } });
});

test('the expectation may be asked again for a later moment', () => {
  const rules = [{ name: 'Hot', forMs: 5_000, noDataMs: null, holds: () => true }];
  const { oracle, a } = setUp({ rules });
  oracle.sent(0, a, START, START);
  oracle.acknowledged(0, a, START);
  expect(oracle.expectation(START + 1_000).alerts).toEqual([]);
  const [alert] = oracle.expectation(START + 7_000).alerts;
  expect(alert).toMatchObject({ rule: 'Hot', startsAt: a.report.eventTime, endsAt: null, cause: null });
  expect(oracle.expectation(START + 7_000).stored).toBe(1);
});

test('of many devices the same few are looked at for the same seed', () => {
  const chosen = (seed: number) => [...setUp({ lookAt: 5, seed }, 40).oracle.lookedAt].sort();
  expect(chosen(1)).toHaveLength(5);
  expect(chosen(1)).toEqual(chosen(1));
  expect(chosen(1)).not.toEqual(chosen(2));
  expect(setUp({ lookAt: 5 }, 3).oracle.lookedAt.size).toBe(3);
});

test('an event time far ahead of its arrival is refused, whatever its schema says', () => {
  const { oracle, a } = setUp({ events: { oldest: 0, maxFutureMs: 1_000 } });
  oracle.sent(0, a, START - 60_000, START - 60_000);
  oracle.acknowledged(0, a, START - 59_000);
  expect(oracle.expectation(END)).toMatchObject({ stored: 1, valid: 0, quarantined: { TIMESTAMP_RANGE: 1 } });
});

test('over HTTP, what is no JSON is refused at once: it is not expected, and nobody waits for it', () => {
  const { oracle, a, b, c } = setUp({ alwaysPromises: true });
  const malformed = (publish: Publish): Publish => ({
    ...publish,
    report: { ...publish.report, values: null, verdict: 'JSON_SYNTAX' },
  });
  const [first, last] = [malformed(a), malformed(c)];
  for (const publish of [first, b, last]) oracle.sent(0, publish, START, START);
  oracle.acknowledged(0, b, START + 1);
  const expected = oracle.expectation(END);
  expect(expected).toMatchObject({ stored: 1, valid: 1, quarantined: {}, unacknowledged: { count: 0 } });
  expect(expected.maybe).toMatchObject({ stored: 0, quarantined: 0 });
});
