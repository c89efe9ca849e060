import fc from 'fast-check';
import { atRank } from '../../../../../functions/alert/language/features/select.js';

test('finds what sorting finds', () => {
  const item = fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.array(item, { minLength: 1, maxLength: 40 }), fc.nat(160), (items, rank) => {
      const sorted = [...items]
        .sort(([a], [b]) => a - b)
        .flatMap(([value, weight]) => Array<number>(weight).fill(value));
      const values = Float64Array.from(items.map(([value]) => value));
      const weights = Float64Array.from(items.map(([, weight]) => weight));
      expect(atRank(values, weights, rank)).toBe(sorted[rank] ?? sorted.at(-1));
    }),
  );
});

test('of nothing, nothing', () => {
  expect(atRank(new Float64Array(), new Float64Array(), 0)).toBeUndefined();
});
