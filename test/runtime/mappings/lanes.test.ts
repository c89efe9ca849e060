import { groupOf, groupsOf, laneOf, savedPosition } from '../../../runtime/mappings/lanes.js';
import { createMemoryCheckpoints } from '../../../streams/memory/memory-checkpoints.js';
import { partitionOf } from '../../../streams/partitioner.js';

test('groups say whose they are, and which lane’s', () => {
  expect(groupOf('f', 's', 0, 1)).toBe('f:s');
  expect(groupOf('f', 's', 2, 4)).toBe('f:s/2of4');
  expect(groupsOf('f', 's')).toHaveLength(55);
});

test.each([2, 3, 4, 8, 10])('the keys of one partition spread over all of %s lanes', (factor) => {
  const lanes = new Array<number>(factor).fill(0);
  const keys = Array.from({ length: 40_000 }, (_, i) => `device-${i}`).filter(
    (key) => partitionOf(key, 8) === 3,
  );
  for (const key of keys) lanes[laneOf(Buffer.from(key), factor)]!++;
  const share = keys.length / factor;
  for (const count of lanes) {
    expect(count).toBeGreaterThan(share * 0.7);
    expect(count).toBeLessThan(share * 1.3);
  }
});

describe('where a lane goes on', () => {
  const setUp = (saved: Record<string, bigint>) => {
    const checkpoints = createMemoryCheckpoints();
    for (const [group, next] of Object.entries(saved)) checkpoints.save(group, 0, next);
    return (lane: number, factor: number) => savedPosition(checkpoints, 'f', 's', 0, lane, factor);
  };

  test('at its own checkpoint', () => {
    expect(setUp({ 'f:s/0of2': 5n, 'f:s/1of2': 9n })(1, 2)).toBe(9n);
    expect(setUp({})(0, 1)).toBeUndefined();
  });

  test('at the lowest of another factor’s when it has none', () => {
    const saved = setUp({ 'f:s/0of2': 5n, 'f:s/1of2': 9n });
    expect([saved(0, 1), saved(2, 3)]).toEqual([5n, 5n]);
  });

  test('at another factor’s that got further since its own was saved', () => {
    expect(setUp({ 'f:s': 5n, 'f:s/0of2': 70n, 'f:s/1of2': 90n })(0, 1)).toBe(70n);
  });

  test('never at those of lanes that have not all begun', () => {
    expect(setUp({ 'f:s': 5n, 'f:s/0of2': 70n })(0, 1)).toBe(5n);
  });
});
