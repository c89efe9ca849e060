import fc from 'fast-check';
import { ACCURACY, MAX_BUCKETS, percentile, Sketch } from '../../../../functions/aggregate/figures/sketch.js';

function sketchOf(values: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of values) sketch.add(value);
  return sketch;
}

const QUANTILES = [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1];

function expectWithinBound(values: readonly number[]): void {
  const figures = sketchOf(values).figures();
  const ordered = Float64Array.from(values).sort();
  for (const q of QUANTILES) {
    const exact = ordered[Math.floor(q * (values.length - 1) * (1 + 2 * Number.EPSILON))]!;
    const error = Math.abs(percentile(figures, q)! - exact);
    expect(error).toBeLessThanOrEqual(Math.abs(exact) * (ACCURACY + 1e-9));
  }
}

const value = fc.oneof(
  fc.integer({ min: -1_000, max: 1_000 }),
  fc.double({ min: -1e12, max: 1e12, noNaN: true }).filter((x) => x === 0 || Math.abs(x) > 1e-300),
  fc.constantFrom(0, Number.MAX_VALUE, -Number.MAX_VALUE, 1e-300),
);
const values = fc.array(value, { minLength: 1, maxLength: 300 });

test('percentiles are within 1 % of the exact ones', () => {
  fc.assert(fc.property(values, expectWithinBound));
});

test('of 100,000 values of a long-tailed distribution as well', () => {
  expectWithinBound(Array.from({ length: 100_000 }, (_, i) => Math.exp(((i * 7_919) % 100_003) / 9_000)));
});

test('any order and any grouping gives the same sketch', () => {
  fc.assert(
    fc.property(values, fc.nat(300), (all, cut) => {
      const merged = sketchOf(all.slice(cut));
      merged.merge(sketchOf(all.slice(0, cut)).figures());
      expect(merged.figures()).toEqual(sketchOf(all).figures());
      expect(Sketch.restore(merged.figures()).figures()).toEqual(merged.figures());
    }),
  );
});

test('buckets are bounded: the smallest values lose, whatever the order, the others keep their bound', () => {
  const all = Array.from({ length: 5_000 }, (_, i) => 1.03 ** (i - 2_500));
  const figures = sketchOf(all).figures();
  expect(figures.positive).toHaveLength(MAX_BUCKETS * 2);
  expect(sketchOf(all.toReversed()).figures()).toEqual(figures);
  const middleFirst = [...all.slice(2_000), ...all.slice(0, 2_000)];
  expect(sketchOf(middleFirst).figures()).toEqual(figures);
  expect(percentile(figures, 0.9)! / all[4_499]!).toBeCloseTo(1, 1);
  expect(figures.positive.filter((_, at) => at % 2 === 1).reduce((a, b) => a + b, 0)).toBe(5_000);
});

test('nothing has no percentiles', () => {
  expect(percentile(new Sketch().figures(), 0.5)).toBeNull();
});
