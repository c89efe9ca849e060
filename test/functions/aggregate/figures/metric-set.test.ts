import { mergeMeasured } from '../../../../functions/aggregate/figures/merge.js';
import { MAX_METRICS, MetricSet } from '../../../../functions/aggregate/figures/metric-set.js';
import { metricPlans } from '../../../../functions/aggregate/figures/plans.js';
import { stored } from './support.js';

const BASIC = metricPlans({ '*': ['count', 'sum', 'min', 'max', 'mean', 'first', 'last'] });

function measure(bodies: readonly [Record<string, unknown>, number][], plans = BASIC) {
  const set = new MetricSet(plans);
  for (const [body, time] of bodies) set.add(body, time);
  return set.measured();
}

test('of equal times, first is the one before in the stream, last the one after', () => {
  const { metrics } = measure([
    [{ x: 1 }, 10],
    [{ x: 2 }, 10],
    [{ x: 3 }, 20],
    [{ x: 4 }, 20],
    [{ x: 5 }, 15],
  ]);
  expect(metrics.x).toEqual({
    count: 5,
    sum: 15,
    min: 1,
    max: 5,
    first: 1,
    firstTime: 10,
    last: 4,
    lastTime: 20,
  });
});

test('ts, seq, deviceId and deviceType are no metrics, nor is what is not a number', () => {
  const body = {
    ts: 1,
    seq: 2,
    deviceId: 3,
    deviceType: 4,
    text: 'a',
    yes: true,
    none: null,
    list: [1],
    x: 5,
  };
  const { metrics, states } = measure([[body, 1]]);
  expect(Object.keys(metrics)).toEqual(['x']);
  expect(states).toBeUndefined();
});

test('sums beyond all doubles stay at the largest, and no figure becomes null', () => {
  const plans = metricPlans({ '*': ['stddev', 'delta', 'timeWeightedMean', 'p50', 'distinct'] });
  const events: [Record<string, unknown>, number][] = [
    [{ x: Number.MAX_VALUE, y: -Number.MAX_VALUE }, 1_000],
    [{ x: Number.MAX_VALUE, y: Number.MAX_VALUE }, 2_000],
    [{ x: Number.MAX_VALUE, y: -Number.MAX_VALUE }, 9_000],
  ];
  const row = measure(events, plans);
  expect(row.metrics.x!.sum).toBe(Number.MAX_VALUE);
  expect(JSON.stringify(row)).not.toContain('null');
  const merged = mergeMeasured([
    { events: 3, ...row },
    { events: 3, ...row },
  ]);
  expect(JSON.stringify(merged)).not.toContain('null');
});

test('names of devices may be those of what objects inherit', () => {
  const body = JSON.parse('{"__proto__": 1, "constructor": 2, "toString": 3, "7": 4}');
  const row = measure([[body, 1]]);
  const again = MetricSet.restore(BASIC, stored(row));
  again.add(body, 2);
  const { metrics } = again.measured();
  expect(Object.entries(metrics).map(([name, { sum }]) => [name, sum])).toEqual([
    ['7', 8],
    ['__proto__', 2],
    ['constructor', 4],
    ['toString', 6],
  ]);
});

test('a window takes 1,000 names; those it has go on', () => {
  const plans = metricPlans({ '*': ['count', 'duration'] });
  const names = Array.from({ length: MAX_METRICS + 500 }, (_, i) => `m${i}`);
  const body = Object.fromEntries(names.map((name, i) => [name, i % 3 === 0 ? 'text' : i]));
  const row = measure(
    [
      [body, 1],
      [body, 2],
    ],
    plans,
  );
  const figures = { ...row.metrics, ...row.states };
  expect(Object.keys(figures)).toHaveLength(MAX_METRICS);
  expect(Object.values(figures).every(({ count }) => count === 2)).toBe(true);
});

test('windows share the order of their metrics, whatever order events have them in', () => {
  const sets = [{ a: 1, b: 2 }, { b: 2, a: 1 }, { a: 1 }, { c: 3, a: 1 }].map((body) => {
    const set = new MetricSet(BASIC);
    set.add(body, 1);
    set.add({ a: 1, b: 2, c: 3 }, 2);
    return set.measured().metrics;
  });
  const counts = sets.map(({ a, b, c }) => [a!.count, b!.count, c!.count, a!.last, b!.last, c!.last]);
  expect(counts).toEqual([
    [2, 2, 1, 1, 2, 3],
    [2, 2, 1, 1, 2, 3],
    [2, 1, 1, 1, 2, 3],
    [2, 1, 2, 1, 2, 3],
  ]);
});

test('devices that invent names all the time do not disturb others', () => {
  const plans = metricPlans({ '*': ['count'] });
  const early = new MetricSet(plans);
  early.add({ x: 1 }, 1);
  for (let i = 0; i < 3_000; i++) new MetricSet(plans).add({ [`a${i}`]: 1, [`b${i}`]: 2 }, 1);
  early.add({ x: 2, y: 3 }, 2);
  const late = new MetricSet(plans);
  late.add({ x: 1 }, 1);
  late.add({ x: 2, y: 3 }, 2);
  expect(early.measured()).toEqual(late.measured());
});

describe('plans', () => {
  test('a metric that is not named is kept when there is `*`', () => {
    const bodies: [Record<string, unknown>, number][] = [[{ x: 1, y: 2 }, 1]];
    expect(Object.keys(measure(bodies, metricPlans({ x: ['sum'] })).metrics)).toEqual(['x']);
    expect(Object.keys(measure(bodies, metricPlans({ x: ['sum'], '*': ['sum'] })).metrics)).toEqual([
      'x',
      'y',
    ]);
  });

  test('only what is wanted is kept besides the basic figures', () => {
    const bodies: [Record<string, unknown>, number][] = [[{ a: 1, b: 1, c: 1, d: 1, e: 1 }, 1]];
    const plans = metricPlans({ a: ['mean'], b: ['stddev'], c: ['rate'], d: ['p99.9'], e: ['distinct'] });
    const basic = ['count', 'sum', 'min', 'max', 'first', 'firstTime', 'last', 'lastTime'];
    const { metrics } = measure(bodies, plans);
    const kept = Object.values(metrics).map((figures) => Object.keys(figures).slice(basic.length));
    expect(kept).toEqual([[], ['mean', 'm2'], ['ordered'], ['sketch'], ['distinct']]);
    expect(Object.keys(metrics.a!)).toEqual(basic);
  });

  test.each([
    [{ '*': ['count', 'first', 'last'] }, false],
    [{ s: ['last'] }, true],
    [{ s: ['mean'] }, false],
    [{ '*': ['duration'] }, true],
    [{ '*': ['distinct'] }, true],
  ])('strings with %j: %s', (metrics, kept) => {
    expect(measure([[{ s: 'on' }, 1]], metricPlans(metrics)).states !== undefined).toBe(kept);
  });

  test('half a window has no percentile: figures wanted since are kept of new metrics', () => {
    const before = measure([[{ x: 1 }, 1]]);
    const after = MetricSet.restore(metricPlans({ '*': ['p50'] }), stored(before));
    after.add({ x: 2, y: 3 }, 2);
    const { x, y } = after.measured().metrics;
    expect([x!.count, x!.sketch, y!.sketch !== undefined]).toEqual([2, undefined, true]);
  });
});

test('merging keeps a figure only when all rows with the metric have it', () => {
  const rich = metricPlans({ '*': ['p50', 'stddev', 'delta', 'distinct', 'duration'] });
  const row = (plans: typeof rich, time: number) => ({
    events: 1,
    ...measure([[{ x: 1, s: 'on' }, time]], plans),
  });
  const poor = metricPlans({ '*': ['sum'], s: ['last'] });
  const both = mergeMeasured([row(rich, 1), row(poor, 2)]);
  expect(both).toEqual(mergeMeasured([row(poor, 1), row(poor, 2)]));
  expect(mergeMeasured([row(rich, 1)]).metrics.x!.sketch).toBeDefined();
  expect(mergeMeasured([])).toEqual({ events: 0, metrics: {} });
});
