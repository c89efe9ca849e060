/**
 * A counter over time:
 *
 *     value   10    30     5    25
 *     time    0s   10s   20s   30s
 *                     reset
 */
import { mergeMeasured } from '../../../../functions/aggregate/figures/merge.js';
import { MetricSet } from '../../../../functions/aggregate/figures/metric-set.js';
import { metricPlans } from '../../../../functions/aggregate/figures/plans.js';
import { MAX_SAMPLES } from '../../../../functions/aggregate/figures/timeline.js';
import { addTo, closedRowOf, counterOf, PLANS, rowOf, type Sample, setOf, stored } from './support.js';

const COUNTER: Sample[] = [
  { time: 0, value: 10 },
  { time: 10_000, value: 30 },
  { time: 20_000, value: 5 },
  { time: 30_000, value: 25 },
];

/** A counter that starts anew now and then. */
function counter(count: number, from = 0): Sample[] {
  return Array.from({ length: count }, (_, i) => ({ time: 1_000 * (from + i), value: (i * 7) % 1_000 }));
}

function ordered(row: ReturnType<typeof rowOf>) {
  return row.metrics.x!.ordered!;
}

test('a counter that starts anew has risen to its new value', () => {
  const { increase, resets, area } = ordered(rowOf(COUNTER));
  expect({ increase, resets, area }).toEqual({
    increase: 20 + 5 + 20,
    resets: 1,
    area: 100_000 + 300_000 + 50_000,
  });
});

test('what happened between two rows counts in the merged one', () => {
  const merged = mergeMeasured([closedRowOf(COUNTER.slice(0, 2)), closedRowOf(COUNTER.slice(2))]);
  expect(ordered(merged)).toEqual({ increase: 45, resets: 1, area: 450_000 });
  expect(merged.states!.s!.durations).toEqual({ low: 30_000 });
});

test('rows that overlap, of which nobody knows what came between what: each by its own rate', () => {
  const a = closedRowOf([0, 10, 20].map((s) => ({ time: s * 1_000, value: s * 2 })));
  const b = closedRowOf([5, 15, 25].map((s) => ({ time: s * 1_000, value: s * 2 })));
  expect(ordered(mergeMeasured([a, b])).increase).toBe(50);
});

test('samples are let go when the window closes', () => {
  const set = setOf(COUNTER);
  expect(set.measured().metrics.x!.ordered!.samples).toEqual(COUNTER.map(({ time, value }) => [time, value]));
  set.close();
  expect(set.measured().metrics.x!.ordered).toEqual(counterOf(COUNTER));
  expect(set.measured().states!.s!.samples).toBeUndefined();
});

describe('more samples than are kept', () => {
  const events = counter(2_600);

  test('the sums are those of all events', () => {
    const row = rowOf(events);
    expect(ordered(row)).toMatchObject(counterOf(events));
    expect(ordered(row).samples!.length).toBeLessThanOrEqual(MAX_SAMPLES);
    expect(row.states!.s!.samples!.length).toBeLessThanOrEqual(MAX_SAMPLES);
    const { low, high } = row.states!.s!.durations!;
    expect(low! + high!).toBe(2_599_000);
  });

  test('one that comes between those that are kept is in them', () => {
    const late = { time: 2_550_500, value: 3 };
    expect(ordered(rowOf([...events, late]))).toMatchObject(counterOf([...events, late]));
  });

  test('one that comes before all is in them', () => {
    const late = { time: -5_000, value: 3 };
    expect(ordered(rowOf([...events, late]))).toMatchObject(counterOf([...events, late]));
  });

  test('one that comes for the time that was folded is in the other figures alone', () => {
    const row = rowOf([...events, { time: 10_500, value: 9_999 }]);
    expect(ordered(row)).toMatchObject(counterOf(events));
    expect(row.metrics.x).toMatchObject({ count: 2_601, max: 9_999 });
  });

  test('a restart at any time makes no difference', () => {
    const late = [-5_000, 10_500, 2_550_500, 2_550_400].map((time, value) => ({ time, value }));
    const whole = new MetricSet(PLANS);
    let restarted = new MetricSet(PLANS);
    for (const [at, event] of [...events, ...late, ...counter(600, 2_600)].entries()) {
      addTo(whole, event);
      addTo(restarted, event);
      if (at % 97 === 0) restarted = MetricSet.restore(PLANS, stored(restarted.measured()));
    }
    expect(stored(restarted.measured())).toEqual(stored(whole.measured()));
  });

  test('sets that merge, one after the other in time or the other way round', () => {
    const [a, b] = [events.slice(0, 1_300), events.slice(1_300)];
    for (const [one, other] of [
      [a, b],
      [b, a],
      [a, b.slice(0, 20)],
      [a.slice(0, 20), a.slice(20)],
    ] as const) {
      const set = setOf(one);
      set.merge(setOf(other));
      const row = { events: 0, ...set.measured() };
      expect(ordered(row)).toMatchObject(counterOf([...one, ...other]));
      expect(ordered(row).samples!.length).toBeLessThanOrEqual(MAX_SAMPLES);
    }
  });
});

test('sessions: what came late for a set that goes on after a merge is in the sums', () => {
  const set = setOf(COUNTER.slice(2));
  set.merge(setOf(COUNTER.slice(0, 2)));
  const late = { time: 15_000, value: 40 };
  addTo(set, late);
  expect(set.measured().metrics.x!.ordered).toMatchObject(counterOf([...COUNTER, late]));
});

test('a set that is closed still counts what it is given', () => {
  const set = setOf(COUNTER.slice(0, 2));
  set.close();
  for (const event of COUNTER.slice(2)) addTo(set, event);
  expect(set.measured().metrics.x!.ordered).toEqual(counterOf(COUNTER));
  addTo(set, { time: -1_000, value: 1 });
  addTo(set, { time: 40_000, value: 26 });
  expect(set.measured().metrics.x!.ordered).toEqual({ increase: 55, resets: 1, area: 701_000 });
});

describe('durations', () => {
  const plans = metricPlans({ s: ['duration'], on: ['duration'] });

  test('each value lasts until the next event', () => {
    const set = new MetricSet(plans);
    set.add({ s: 'idle', on: false }, 0);
    set.add({ s: 'busy', on: true }, 5_000);
    set.add({ s: 'idle', on: true }, 7_000);
    set.add({ s: 'busy' }, 6_000);
    set.add({ s: 'off' }, 10_000);
    const { s, on } = set.measured().states!;
    expect(s!.durations).toEqual({ idle: 8_000, busy: 2_000 });
    expect(on).toMatchObject({
      count: 3,
      first: 'false',
      last: 'true',
      durations: { false: 5_000, true: 2_000 },
    });
  });

  test('beyond 100 values the others share a place', () => {
    const set = new MetricSet(plans);
    for (let i = 0; i <= 150; i++) set.add({ s: `__proto__${i}` }, i * 10);
    const { durations } = set.measured().states!.s!;
    expect(Object.keys(durations!)).toHaveLength(101);
    expect(durations!['(other)']).toBe(500);
  });

  test('values are names like any other', () => {
    const set = new MetricSet(plans);
    set.add({ s: '__proto__' }, 0);
    set.add({ s: 'constructor' }, 10);
    set.add({ s: '' }, 30);
    const again = MetricSet.restore(plans, stored(set.measured()));
    expect(JSON.stringify(again.measured().states!.s!.durations)).toBe('{"__proto__":10,"constructor":20}');
  });

  test('long values are cut, not within a character', () => {
    const set = new MetricSet(plans);
    set.add({ s: `${'a'.repeat(255)}\u{1f600}` }, 0);
    expect(set.measured().states!.s!.first).toBe('a'.repeat(255));
  });
});
