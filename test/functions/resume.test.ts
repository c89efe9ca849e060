import { firstIndexFrom, isFresh } from '../../functions/resume.js';
import type { Batch } from '../../streams/batch.js';
import { batchOf, tick } from '../support/batches.js';

const batch = batchOf(
  Array.from({ length: 10 }, () => tick(0)),
  4,
);
const gaps: Batch = { ...batch, count: 3, baseOffset: 10n, offsets: [10n, 25n, 2n ** 70n] };

test.each([
  [0n, 0],
  [4n, 0],
  [5n, 1],
  [9n, 5],
  [10n, 6],
  [99n, 6],
])('from offset %d of [4, 10) goes on at index %d', (next, index) => {
  expect(firstIndexFrom(batch, next)).toBe(index);
});

test.each([
  [0n, 0],
  [10n, 0],
  [11n, 1],
  [26n, 2],
  [2n ** 70n + 1n, 3],
])('with gaps, from offset %d goes on at index %d', (next, index) => {
  expect(firstIndexFrom(gaps, next)).toBe(index);
});

test('a cache is fresh when the batch follows it', () => {
  expect([3n, 4n, 5n].map((next) => isFresh(next, batch))).toEqual([false, true, false]);
  expect([9n, 10n, 11n].map((next) => isFresh(next, gaps))).toEqual([true, true, false]);
});
