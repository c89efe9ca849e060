import fc from 'fast-check';
import { exact, linear, logarithmic } from '../../../simulators/report/scale.js';

test('linear scales go from 0 to a round number, logarithmic ones by powers of ten', () => {
  expect(linear(87, 100, 0).ticks).toEqual([0, 50, 100]);
  expect(linear(1, 0, 1).ticks).toHaveLength(3);
  expect(exact(60, 0, 600).ticks).toEqual([0, 10, 20, 30, 40, 50, 60]);
  expect(exact(13, 0, 130).ticks).toEqual([0, 2, 4, 6, 8, 10, 12]);
  expect(logarithmic(0.3, 42, 0, 100).ticks).toEqual([0.1, 1, 10, 100]);
  expect(logarithmic(1, 1, 0, 100).ticks).toEqual([1, 10]);
});

test('everything from 0 to the most lies on the scale', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e12, noNaN: true }), (most) => {
      const { at, ticks } = linear(most, 200, 20);
      expect(at(0)).toBe(200);
      expect(at(most)).toBeGreaterThanOrEqual(20 - 1e-6);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(most * (1 - 1e-9));
    }),
  );
});
