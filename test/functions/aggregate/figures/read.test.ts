import { MetricSet } from '../../../../functions/aggregate/figures/metric-set.js';
import { metricPlans, quantileOf } from '../../../../functions/aggregate/figures/plans.js';
import { figuresOf, stateFiguresOf } from '../../../../functions/aggregate/figures/read.js';

const ALL = [
  ...['count', 'sum', 'min', 'max', 'mean', 'first', 'last', 'stddev', 'delta', 'rate'],
  ...['p50', 'p99.9', 'distinct', 'timeWeightedMean'],
];

function rowOf(values: readonly unknown[], wanted: readonly string[] = [...ALL, 'duration']) {
  const set = new MetricSet(metricPlans({ x: wanted }));
  for (const [at, x] of values.entries()) set.add({ x }, 10_000 * at);
  return set.measured();
}

test('shows what is wanted', () => {
  const figures = rowOf([2, 4, 9]).metrics.x!;
  expect(figuresOf(figures, ALL)).toEqual({
    count: 3,
    sum: 15,
    min: 2,
    max: 9,
    mean: 5,
    first: 2,
    last: 9,
    stddev: Math.sqrt((9 + 1 + 16) / 3),
    delta: 7,
    rate: 0.35,
    p50: expect.closeTo(4, 1),
    'p99.9': expect.closeTo(4, 1),
    distinct: 3,
    timeWeightedMean: 3,
  });
  expect(figuresOf(figures, ['mean'])).toEqual({ mean: 5 });
});

test('one event has no rate; its mean over time is its value', () => {
  const shown = figuresOf(rowOf([7]).metrics.x!, ALL);
  expect(shown).toMatchObject({ rate: null, delta: 0, timeWeightedMean: 7, stddev: 0, p50: 7, distinct: 1 });
});

test('what was not kept when the row was written is null', () => {
  const shown = figuresOf(rowOf([1, 2], ['sum']).metrics.x!, [...ALL, 'duration']);
  const missing = Object.keys(shown).filter((name) => shown[name] === null);
  const expected = ['stddev', 'delta', 'rate', 'p50', 'p99.9', 'distinct', 'timeWeightedMean', 'duration'];
  expect(missing).toEqual(expected);
});

test('no percentile lies outside of what there was', () => {
  const { metrics } = rowOf([100, 100, 100]);
  expect(figuresOf(metrics.x!, ['p0', 'p50', 'p100'])).toEqual({ p0: 100, p50: 100, p100: 100 });
});

test('strings and booleans', () => {
  const figures = rowOf(['on', 'off', 'on', 'on']).states!.x!;
  const wanted = ['count', 'first', 'last', 'distinct', 'duration', 'mean'];
  expect(stateFiguresOf(figures, wanted)).toEqual({
    count: 4,
    first: 'on',
    last: 'on',
    distinct: 2,
    duration: { on: 20_000, off: 10_000 },
    mean: null,
  });
  const poor = rowOf([true], ['last']).states!.x!;
  expect(stateFiguresOf(poor, wanted)).toMatchObject({ last: 'true', distinct: null, duration: null });
});

test.each([
  ['p50', 0.5],
  ['p99.9', 0.999],
  ['p0', 0],
  ['p100', 1],
  ['p101', undefined],
  ['p', undefined],
  ['mean', undefined],
])('%s is quantile %s', (name, quantile) => {
  expect(quantileOf(name)).toBe(quantile);
});
