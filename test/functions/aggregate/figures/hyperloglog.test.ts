import fc from 'fast-check';
import { hashNumber, hashText } from '../../../../functions/aggregate/figures/hash.js';
import { HyperLogLog } from '../../../../functions/aggregate/figures/hyperloglog.js';

function counterOf(values: Iterable<string>): HyperLogLog {
  const counter = new HyperLogLog();
  for (const value of values) counter.addText(value);
  return counter;
}

function* names(prefix: string, count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `${prefix}-${i}`;
}

test.each([0, 1, 2, 10, 100, 500])('%d values are counted exactly, however often they come', (count) => {
  const counter = counterOf(names('v', count));
  for (const name of names('v', count)) counter.addText(name);
  expect(counter.estimate()).toBe(count);
});

test.each([
  [700, 20],
  [2_000, 20],
  [10_000, 10],
  [50_000, 3],
])('of %d values the standard error is at most 2 %%', (count, runs) => {
  let squares = 0;
  for (let run = 0; run < runs; run++) {
    const error = counterOf(names(`run${run}`, count)).estimate() / count - 1;
    expect(Math.abs(error)).toBeLessThan(0.08);
    squares += error * error;
  }
  // 1.6 % is expected; of few runs it may come out a little higher.
  expect(Math.sqrt(squares / runs)).toBeLessThan(0.025);
});

test('numbers are counted as they are: whole ones, fractions, either sign', () => {
  const counter = new HyperLogLog();
  for (let i = -50; i < 50; i++) {
    counter.addNumber(i);
    counter.addNumber(i + 0.5);
    counter.addNumber(i * 1e12);
  }
  expect(counter.estimate()).toBe(100 + 100 + 99);
});

test('merging any parts, as text, is counting the whole', () => {
  fc.assert(
    fc.property(fc.nat(1_500), fc.nat(1_500), fc.nat(1_500), (count, a, b) => {
      const all = [...names('v', count)];
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const merged = counterOf(all.slice(low));
      merged.merge(counterOf(all.slice(0, high)).text());
      expect(merged.text()).toBe(counterOf(all.toReversed()).text());
      expect(HyperLogLog.restore(merged.text()).text()).toBe(merged.text());
      expect(HyperLogLog.restore(merged.text()).estimate()).toBe(merged.estimate());
    }),
    { numRuns: 40 },
  );
});

test('small sets are short in a row, large ones a character per register', () => {
  expect(new HyperLogLog().text()).toBe('s');
  expect(counterOf(names('v', 5)).text().length).toBeLessThan(40);
  expect(counterOf(names('v', 512)).text().length).toBeLessThan(2_600);
  expect(counterOf(names('v', 5_000)).text()).toMatch(/^d[\w-]{4096}$/);
});

test('hashes are those of MurmurHash3, for they stay in rows', () => {
  // Published vectors are of bytes, of which two make a code unit, the lower one first.
  expect(hashText('', 0)).toBe(0);
  expect(hashText('', 1)).toBe(0x514e28b7);
  expect(hashText('', 0xffffffff)).toBe(0x81f16f39);
  expect(hashText('\u4321\u8765', 0)).toBe(0xf55b516b);
  expect(hashText('\u4321\u8765', 0x5082edee)).toBe(0x2362f9de);
  expect(hashText('\u4321', 0)).toBe(0xa0f7b07a);
  // Four bytes of zero, twice: a double of zero.
  expect(hashNumber(0, 0)).toBe(hashText('\0\0\0\0', 0));
});
