/** Counts of partitions, whichever come, in whatever order: the latest of each. */
import fc from 'fast-check';
import { groupKey } from '../../../functions/aggregate/group.js';
import type { GroupCounts } from '../../../functions/fleet/messages.js';
import { groupId, groupTags } from '../../../functions/fleet/rules.js';
import { addUp, take } from '../../../functions/fleet/sums.js';

const counts = (partition: number, offset: string, total: number, matching: number): GroupCounts => ({
  rule: 'A',
  spec: '1',
  group: '',
  partition,
  offset,
  total,
  matching,
});

test('of each partition the latest counts, by number', () => {
  const notes = {};
  expect(take(notes, counts(0, '9', 4, 1))).toBe(true);
  expect(take(notes, counts(1, '2', 6, 2))).toBe(true);
  expect(addUp(notes, 'A')).toEqual({ matching: 3, total: 10, share: 0.3 });
  expect(take(notes, counts(0, '10', 4, 2))).toBe(true);
  expect(take(notes, counts(0, '9', 4, 0))).toBe(false);
  expect(take(notes, counts(0, '10', 4, 2))).toBe(false);
  expect(addUp(notes, 'A')).toEqual({ matching: 4, total: 10, share: 0.4 });
});

test('counts of something else begin anew; rules are apart', () => {
  const notes = {};
  take(notes, counts(0, '9', 4, 1));
  take(notes, { ...counts(0, '9', 1, 1), rule: 'B' });
  take(notes, { ...counts(1, '3', 2, 0), spec: '2' });
  expect(addUp(notes, 'A')).toEqual({ matching: 0, total: 2, share: 0 });
  expect(addUp(notes, 'B')).toEqual({ matching: 1, total: 1, share: 1 });
  take(notes, { ...counts(1, '4', 0, 0), spec: '2' });
  expect(addUp(notes, 'A').share).toBe(0);
});

test('told in any order and again, the sum is that of the latest', () => {
  const told = fc.array(fc.record({ partition: fc.nat(2), total: fc.nat(20) }), { maxLength: 20 });
  fc.assert(
    fc.property(
      told.chain((all) => fc.tuple(fc.constant(all), fc.array(fc.nat(19)))),
      ([all, again]) => {
        const sent = all.map(({ partition, total }, offset) => counts(partition, String(offset), total, 0));
        const notes = {};
        for (const at of again) if (at < sent.length) take(notes, sent[at]!);
        for (const one of [...sent].reverse()) take(notes, one);
        for (const one of sent) take(notes, one);
        const latest = [0, 1, 2].map((p) => all.findLast(({ partition }) => partition === p)?.total ?? 0);
        if (all.length === 0) return;
        expect(addUp(notes, 'A').total).toBe(latest[0]! + latest[1]! + latest[2]!);
      },
    ),
  );
});

test('the tags of a group are those that it was formed by', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 6 });
  const special = fc.string({ unit: fc.constantFrom(...'%,=/+#25Ca'), maxLength: 6 });
  fc.assert(
    fc.property(fc.oneof(text, special), fc.oneof(text, special), (site, line) => {
      const key = groupKey(['site', 'type', 'line'], 'reefer', { site, line });
      expect(groupTags(groupId(key))).toEqual({ site, type: 'reefer', line });
    }),
  );
  expect(groupTags(groupId(groupKey([], 'reefer', {})))).toEqual({});
});
