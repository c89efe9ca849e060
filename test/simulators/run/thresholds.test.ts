import { countsOf, evaluateThresholds, type ThresholdFigures } from '../../../simulators/run/thresholds.js';

const latency = { count: 10, min: 1, mean: 5, p50: 4, p90: 8, p99: 20, p999: 30, max: 30 };
const figures: ThresholdFigures = {
  loss: 0,
  duplicates: 2,
  wrong: 0,
  late: 0,
  unexpected: 0,
  unsent: 3,
  latencies: {
    alert_latency: { figures: latency, at: (percentile) => (percentile === 99 ? 20 : 8) },
    acknowledgement_latency: null,
  },
  rates: { throughput: 120 },
};
const one = (metric: string, expression: string) => evaluateThresholds([{ metric, expression }], figures)[0];

test.each([
  ['loss', '0', 0, true],
  ['duplicates', '0', 2, false],
  ['duplicates', '5', 2, true],
  ['unsent', '2', 3, false],
  ['alert_latency', 'p(99)<50ms', 20, true],
  ['alert_latency', 'p(99)<10ms', 20, false],
  ['alert_latency', 'avg<=5', 5, true],
  ['alert_latency', 'med<4', 4, false],
  ['alert_latency', 'max<1s', 30, true],
  ['throughput', 'rate>100', 120, true],
  ['throughput', 'rate>200', 120, false],
])('%s: %s, measured %d', (metric, expression, value, ok) => {
  expect(one(metric, expression)).toEqual({ metric, expression, value, ok });
});

test('what there was nothing of to measure breaks nothing, and shows no value', () => {
  expect(one('acknowledgement_latency', 'p(99)<1ms')).toMatchObject({ value: null, ok: true });
});

test('that nothing is lost, doubled, wrong, late or made up need not be said, but can be said otherwise', () => {
  const outcomes = evaluateThresholds([{ metric: 'duplicates', expression: '2' }], figures);
  expect(outcomes.map(({ metric }) => metric).sort()).toEqual([
    'duplicates',
    'late',
    'loss',
    'unexpected',
    'wrong',
  ]);
  expect(outcomes.every(({ ok }) => ok)).toBe(true);
  expect(evaluateThresholds([], figures).filter(({ ok }) => !ok)).toEqual([
    { metric: 'duplicates', expression: '0', value: 2, ok: false },
  ]);
});

test('findings are counted in full, and what came out of order is wrong', () => {
  const finding = (kind: 'lost' | 'reordered' | 'wrong', count: number) => ({
    kind,
    where: 'transport' as const,
    count,
    examples: [],
  });
  expect(
    countsOf([finding('lost', 3), finding('lost', 4), finding('reordered', 2), finding('wrong', 1)]),
  ).toEqual({
    loss: 7,
    duplicates: 0,
    wrong: 3,
    late: 0,
    unexpected: 0,
  });
});
