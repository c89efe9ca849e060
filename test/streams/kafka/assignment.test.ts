/** Who gets which partitions: evenly, moving little, and never two at a time. */
import fc from 'fast-check';
import {
  assign,
  assignedIn,
  assignmentBytes,
  type GroupMember,
  memberOf,
  subscriptionBytes,
} from '../../../streams/kafka/assignment.js';

const PARTITIONS = 12;

/** Rounds as a group goes through them: each member keeps what it is assigned, gives back the rest, joins again. */
function settle(ids: readonly string[], before: ReadonlyMap<string, number[]>): Map<string, number[]> {
  let owned = new Map(ids.map((id) => [id, before.get(id) ?? []]));
  for (let generation = 1; generation < 4; generation++) {
    const members = ids.map((id) => ({ id, owned: owned.get(id)!, generation }));
    const assigned = assign(members, PARTITIONS);
    for (const [id, mine] of assigned) {
      for (const partition of mine) {
        const others = ids.filter((other) => other !== id && owned.get(other)!.includes(partition));
        expect(others).toEqual([]);
      }
    }
    owned = assigned;
  }
  return owned;
}

const group = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 });

test('whoever comes and goes: every partition is somebody’s, evenly, and what can stay stays', () => {
  fc.assert(
    fc.property(fc.array(group, { minLength: 1, maxLength: 5 }), (groups) => {
      let owned: Map<string, number[]> = new Map();
      for (const ids of groups) {
        const next = settle(ids, owned);
        const all = [...next.values()].flat().sort((a, b) => a - b);
        expect(all).toEqual(Array.from({ length: PARTITIONS }, (_, partition) => partition));
        for (const mine of next.values()) {
          expect(mine.length).toBeGreaterThanOrEqual(Math.floor(PARTITIONS / ids.length));
          expect(mine.length).toBeLessThanOrEqual(Math.ceil(PARTITIONS / ids.length));
        }
        for (const id of ids) {
          const had = owned.get(id) ?? [];
          const kept = had.filter((partition) => next.get(id)!.includes(partition));
          expect(kept.length).toBeGreaterThanOrEqual(
            Math.min(had.length, Math.floor(PARTITIONS / ids.length)),
          );
        }
        owned = next;
      }
    }),
  );
});

test('a partition whose owner has not given it back is nobody else’s', () => {
  const members: GroupMember[] = [
    { id: 'a', owned: [0, 1, 2, 3], generation: 4 },
    { id: 'b', owned: [], generation: -1 },
  ];
  const assigned = assign(members, 4);
  expect(assigned.get('a')).toHaveLength(2);
  expect(assigned.get('b')).toEqual([]);
});

test('of two that claim a partition, the one of the later generation has it', () => {
  const members: GroupMember[] = [
    { id: 'a', owned: [0, 1], generation: 4 },
    { id: 'b', owned: [1], generation: 5 },
  ];
  expect(assign(members, 2)).toEqual(
    new Map([
      ['a', [0]],
      ['b', [1]],
    ]),
  );
});

test('subscriptions and assignments come back from their bytes', () => {
  expect(memberOf('a', 't', subscriptionBytes('t', [3, 5], 9))).toEqual({
    id: 'a',
    owned: [3, 5],
    generation: 9,
  });
  expect(memberOf('a', 'other', subscriptionBytes('t', [3], 9)).owned).toEqual([]);
  expect(assignedIn('t', assignmentBytes('t', [0, 7]))).toEqual([0, 7]);
  expect(assignedIn('t', Buffer.alloc(0))).toEqual([]);
});
