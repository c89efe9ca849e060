import { createHistogram } from '../../common/histogram.js';

test('an observation falls into the first bucket whose bound it does not exceed', () => {
  const histogram = createHistogram([1, 5]);
  for (const value of [0, 1, 1.5, 5, 6, 100]) histogram.observe(value);
  expect(histogram.counts).toEqual([2, 2, 2]);
  expect(histogram.sum).toBe(113.5);
});
