import { comparableFrom, firstSettledSession } from '../../../runtime/rebuild/horizon.js';

describe('the time from which on a rebuild can be compared', () => {
  const whole = { trimmed: false, firstArrival: 1_000 };
  const trimmed = { trimmed: true, firstArrival: 5_000 };
  test.each([
    ['is the beginning when nothing is missing', [whole, whole], undefined, 0],
    ['is as far after the oldest record as clocks may be ahead', [whole, trimmed], undefined, 5_100],
    [
      'is the partition’s that is trimmed most',
      [trimmed, { ...trimmed, firstArrival: 9_000 }],
      undefined,
      9_100,
    ],
    ['is what was asked for when all of that is there', [whole], 3_000, 3_100],
    ['is later than what was asked for when that is gone', [trimmed], 3_000, 5_100],
    ['is never when a partition is empty', [{ trimmed: true, firstArrival: undefined }], undefined, Infinity],
  ])('%s', (_, partitions, asked, expected) => {
    expect(comparableFrom(partitions, asked, 100)).toBe(expected);
  });
});

describe('sessions are compared', () => {
  // With a pause of 10 between them, from 100 on. Each is [start, end), its end 10 after its last event, or a cut.
  test.each([
    ['from the first one when it begins a pause after that', [[110, 130]], 110],
    ['not from one that may have begun before', [[105, 130]], undefined],
    [
      'not from one that follows a cut',
      [
        [90, 120],
        [120, 150],
        [155, 180],
      ],
      undefined,
    ],
    [
      'from the first one after a pause',
      [
        [90, 120],
        [120, 150],
        [161, 180],
      ],
      161,
    ],
  ])('%s', async (_, rows, expected) => {
    async function* sessions() {
      for (const [start, end] of rows as number[][]) yield { start: start!, end: end! };
    }
    expect(await firstSettledSession(sessions(), 100, 10)).toBe(expected);
  });
});
