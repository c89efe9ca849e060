import fc from 'fast-check';
import { compareEpisodes, sinceBegin } from '../../../../functions/alert/backtest/difference.js';
import type { Episode } from '../../../../functions/alert/backtest/episode.js';

const episode = (startsAt: number, endsAt: number | null, deviceId = 'd'): Episode => ({
  rule: 'R',
  deviceId,
  severity: 's',
  startsAt,
  endsAt,
  noData: null,
});
const SPAN = { from: 0, to: 1_000 };
const foundIn = (before: readonly Episode[] | null, after: readonly Episode[], span = SPAN) =>
  compareEpisodes(before, after, span).rows.flatMap(({ pairs }) => pairs.map(({ found }) => found));

//            0    100  200  300  400  500
// before     [----]    [---------]
// after      [----]         [----------]   same, changed
test.each([
  ['the same', [episode(0, 100)], [episode(0, 100)], ['same']],
  ['another end', [episode(0, 100)], [episode(0, 200)], ['changed']],
  ['another begin', [episode(0, 300)], [episode(200, 300)], ['changed']],
  ['touching', [episode(0, 100)], [episode(100, 200)], ['changed']],
  ['apart', [episode(0, 100)], [episode(101, 200)], ['before', 'after']],
  ['one becomes two', [episode(0, 300)], [episode(0, 100), episode(200, 300)], ['changed', 'after']],
  ['two become one', [episode(0, 100), episode(200, 300)], [episode(0, 300)], ['changed', 'before']],
  ['no end on either side', [episode(0, null)], [episode(0, null)], ['same']],
  ['no end on one', [episode(0, 100)], [episode(0, null)], ['changed']],
  [
    'beginning together comes first',
    [episode(0, 300)],
    [episode(-50, 0), episode(0, 300)],
    ['after', 'same'],
  ],
  ['other devices', [episode(0, 100, 'a')], [episode(0, 100, 'b')], ['before', 'after']],
] as const)('%s', (_, before, after, found) => expect(foundIn([...before], [...after])).toEqual([...found]));

test('only what is in the span counts, and what goes on beyond it has no end', () => {
  const span = { from: 100, to: 200 };
  expect(foundIn([episode(0, 50), episode(150, 250)], [episode(150, 300), episode(200, 210)], span)).toEqual([
    'same',
  ]);
});

test('totals: minutes within the span, alerts a day', () => {
  const day = 86_400_000;
  const { before, after, counts } = compareEpisodes(
    null,
    [episode(-60_000, 120_000, 'a'), episode(2 * day - 60_000, null, 'b')],
    { from: 0, to: 2 * day },
  );
  expect(before).toBeNull();
  expect(after).toEqual({ alerts: 2, devices: 2, alertingMinutes: 3, alertsPerDay: 1 });
  expect(counts).toEqual({ same: 2, changed: 0, before: 0, after: 0 });
});

test('what began before the data is left out, with what stands for it on the other side', () => {
  const { before, after, left } = sinceBegin(
    [episode(0, 200), episode(300, 400), episode(0, 50, 'b')],
    [episode(100, 200), episode(300, 400)],
    100,
  );
  expect({ before, after, left }).toEqual({
    before: [episode(300, 400)],
    after: [episode(300, 400)],
    left: 2,
  });
});

test('every episode is in exactly one pair; the same on both sides differs in nothing', () => {
  const some = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 })), { maxLength: 12 })
    .map((steps) => {
      let at = 0;
      return steps.map(([gap, length]) => {
        const begun = at + gap;
        at = begun + length;
        return episode(begun, at);
      });
    });
  fc.assert(
    fc.property(some, some, (before, after) => {
      const pairs = compareEpisodes(before, after, SPAN).rows.flatMap((row) => row.pairs);
      expect(pairs.flatMap((pair) => pair.before ?? [])).toHaveLength(before.length);
      expect(new Set(pairs.flatMap((pair) => pair.before ?? [])).size).toBe(before.length);
      expect(new Set(pairs.flatMap((pair) => pair.after ?? [])).size).toBe(after.length);
      expect(foundIn(before, before).every((found) => found === 'same')).toBe(true);
    }),
  );
});
