import { Random, splitmix64 } from '../../simulators/random.js';

function take<T>(sequence: Iterator<T>, count: number): T[] {
  return Array.from({ length: count }, () => sequence.next().value as T);
}

describe('random numbers', () => {
  test('splitmix64 gives the published sequence of seed 1234567', () => {
    expect(take(splitmix64(1234567n), 5)).toEqual([
      6457827717110365317n,
      3203168211198807973n,
      9817491932198370423n,
      4593380528125082431n,
      16408922859458223821n,
    ]);
  });

  test('xoshiro128** gives the reference sequence of the state 1, 2, 3, 4', () => {
    const random = new Random(Int32Array.of(1, 2, 3, 4));
    expect(Array.from({ length: 10 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  test('streams of one seed differ, and so do seeds', () => {
    const firsts = new Set<number>();
    for (let seed = 0; seed < 20; seed++) {
      for (let stream = 0; stream < 50; stream++) firsts.add(Random.of(seed, stream).uint32());
    }
    expect(firsts.size).toBeGreaterThan(990);
  });

  test('integer covers its range, both ends included', () => {
    const random = Random.of(7, 0);
    const seen = new Set(Array.from({ length: 500 }, () => random.integer(2, 5)));
    expect([...seen].sort()).toEqual([2, 3, 4, 5]);
  });
});
