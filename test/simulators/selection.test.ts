import type { Recording, Timed } from '../../simulators/recording.js';
import { nameMatcher, type Range, select, topicMatcher } from '../../simulators/selection.js';

const recording: Recording<Timed> = {
  format: 'csv',
  file: 'f',
  async *read() {
    yield* [30, 10, 20, 40].map((time) => ({ time }));
  },
  sourceOf: () => 'a',
  bytesOf: () => 1,
  notes: () => [],
};

async function times(range: Range, accepts: (item: Timed) => boolean = () => true) {
  const found: number[] = [];
  const part = await select(recording, range, accepts);
  for await (const { time } of part.read(() => undefined)) found.push(time);
  return found;
}

describe('a part of a recording', () => {
  test('from, to and what is accepted', async () => {
    expect(await times({})).toEqual([30, 10, 20, 40]);
    expect(await times({ from: { kind: 'at', time: 20 }, to: { kind: 'at', time: 40 } })).toEqual([30, 20]);
    expect(await times({}, ({ time }) => time > 25)).toEqual([30, 40]);
  });

  test('moments after the beginning, wherever the first item stands in the file', async () => {
    expect(await times({ from: { kind: 'after', ms: 10 }, to: { kind: 'after', ms: 30 } })).toEqual([30, 20]);
  });

  test('devices by name, * for any characters', () => {
    const isWanted = nameMatcher(['a*c', 'x.y']);
    expect(['abc', 'ac', 'a\nc', 'abcd', 'x.y', 'xzy'].filter(isWanted)).toEqual([
      'abc',
      'ac',
      'a\nc',
      'x.y',
    ]);
    expect(nameMatcher([])('any')).toBe(true);
  });

  test('topics by filter', () => {
    expect(['a/b', 'a', 'b'].filter(topicMatcher(['a/#']))).toEqual(['a/b', 'a']);
    expect(topicMatcher([])('any')).toBe(true);
  });
});
