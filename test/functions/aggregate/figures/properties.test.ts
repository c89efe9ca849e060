import fc from 'fast-check';
import { mergeMeasured } from '../../../../functions/aggregate/figures/merge.js';
import { MetricSet } from '../../../../functions/aggregate/figures/metric-set.js';
import { figuresOf } from '../../../../functions/aggregate/figures/read.js';
import {
  ALL,
  addTo,
  closedRowOf,
  counterOf,
  distinctTimes,
  expectSameFigures,
  PLANS,
  rowOf,
  type Sample,
  samples,
  setOf,
  stored,
} from './support.js';

const byTime = (events: readonly Sample[]): Sample[] => events.toSorted((a, b) => a.time - b.time);

test('figures are those of a plain reference', () => {
  fc.assert(
    fc.property(samples, (events) => {
      const { x } = rowOf(events).metrics;
      const values = events.map(({ value }) => value);
      const sum = values.reduce((a, b) => a + b, 0);
      const mean = sum / values.length;
      const inOrder = byTime(events);
      const span = inOrder.at(-1)!.time - inOrder[0]!.time;
      const { increase, resets, area } = counterOf(events);
      expect(x).toMatchObject({
        count: values.length,
        sum,
        min: Math.min(...values),
        max: Math.max(...values),
        first: inOrder[0]!.value,
        firstTime: inOrder[0]!.time,
        last: inOrder.at(-1)!.value,
        lastTime: inOrder.at(-1)!.time,
        ordered: { increase, resets, area },
      });
      const shown = figuresOf(x!, ALL);
      const variance = values.reduce((all, value) => all + (value - mean) ** 2, 0) / values.length;
      expect(shown.stddev).toBeCloseTo(Math.sqrt(variance), 4);
      expect(shown.delta).toBe(increase);
      expect(shown.rate).toBe(span === 0 ? null : increase / (span / 1_000));
      expect(shown.timeWeightedMean).toBe(span === 0 ? inOrder.at(-1)!.value : area / span);
      expect(shown.distinct).toBe(new Set(values).size);
    }),
  );
});

test('while a window is open, any order of arrival gives the same figures', () => {
  fc.assert(
    fc.property(distinctTimes, fc.infiniteStream(fc.nat()), (events, random) => {
      const keys = new Map(events.map((event) => [event, random.next().value]));
      const shuffled = events.toSorted((a, b) => keys.get(a)! - keys.get(b)!);
      expectSameFigures(rowOf(shuffled), rowOf(events));
    }),
  );
});

test('what is measured and restored is the same, now and for what comes', () => {
  fc.assert(
    fc.property(samples, samples, (before, after) => {
      const whole = setOf(before);
      const restored = MetricSet.restore(PLANS, stored(whole.measured()));
      expect(JSON.stringify(restored.measured())).toBe(JSON.stringify(whole.measured()));
      for (const event of after) {
        addTo(whole, event);
        addTo(restored, event);
      }
      expect(JSON.stringify(restored.measured())).toBe(JSON.stringify(whole.measured()));
      whole.close();
      restored.close();
      const closed = JSON.stringify(whole.measured());
      expect(JSON.stringify(restored.measured())).toBe(closed);
      expect(JSON.stringify(MetricSet.restore(PLANS, JSON.parse(closed)).measured())).toBe(closed);
    }),
  );
});

test('measuring changes nothing, and what was measured does not change', () => {
  fc.assert(
    fc.property(samples, (events) => {
      const watched = new MetricSet(PLANS);
      const rows = events.map((event) => {
        addTo(watched, event);
        const row = watched.measured();
        return { row, text: JSON.stringify(row) };
      });
      expect(JSON.stringify(watched.measured())).toBe(JSON.stringify(setOf(events).measured()));
      for (const { row, text } of rows) expect(JSON.stringify(row)).toBe(text);
    }),
    { numRuns: 30 },
  );
});

describe('merging gives the figures of the whole', () => {
  test('rows of closed windows one after the other', () => {
    fc.assert(
      fc.property(samples, fc.array(fc.nat(80), { maxLength: 5 }), (events, cuts) => {
        const inOrder = byTime(events);
        const at = [0, ...cuts.toSorted((a, b) => a - b), inOrder.length];
        const parts = at.slice(1).map((end, part) => inOrder.slice(at[part], end));
        const rows = parts.filter((part) => part.length > 0).map(closedRowOf);
        expectSameFigures(mergeMeasured(rows), closedRowOf(inOrder));
        expectSameFigures(mergeMeasured(stored(rows)), closedRowOf(inOrder));
      }),
    );
  });

  test('of merged rows, however they are grouped', () => {
    fc.assert(
      fc.property(samples, fc.nat(80), fc.nat(80), (events, a, b) => {
        const inOrder = byTime(events);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const parts = [inOrder.slice(0, low), inOrder.slice(low, high), inOrder.slice(high)];
        const rows = parts.filter((part) => part.length > 0).map(closedRowOf);
        const stepwise = mergeMeasured([mergeMeasured(rows.slice(0, 2)), ...rows.slice(2)]);
        expectSameFigures(stepwise, mergeMeasured(rows));
      }),
    );
  });

  test('open sets whose events lie between each other, one part before the other in the stream', () => {
    fc.assert(
      fc.property(samples, fc.nat(80), (events, cut) => {
        const whole = setOf(events);
        const merged = setOf(events.slice(0, cut));
        merged.merge(setOf(events.slice(cut)));
        const count = events.length;
        expectSameFigures({ events: count, ...merged.measured() }, { events: count, ...whole.measured() });
      }),
    );
  });

  test('partial rows of partitions, as long as they are open', () => {
    fc.assert(
      fc.property(distinctTimes, fc.infiniteStream(fc.boolean()), (events, coin) => {
        const tossed = events.map((event) => ({ event, side: coin.next().value }));
        const parts = [true, false].map((side) =>
          tossed.filter((toss) => toss.side === side).map((toss) => toss.event),
        );
        const rows = parts.filter((part) => part.length > 0).map(rowOf);
        expectSameFigures(mergeMeasured(rows), closedRowOf(events));
      }),
    );
  });

  test('of closed rows that overlap: all but what depends on order', () => {
    fc.assert(
      fc.property(distinctTimes, fc.nat(80), (events, cut) => {
        const rows = [events.slice(0, cut), events.slice(cut)].filter((part) => part.length > 0);
        const { ordered: _, ...figures } = mergeMeasured(rows.map(closedRowOf)).metrics.x!;
        const { ordered: __, ...expected } = closedRowOf(events).metrics.x!;
        expect({ ...figures, mean: 0, m2: 0 }).toEqual({ ...expected, mean: 0, m2: 0 });
      }),
    );
  });
});
