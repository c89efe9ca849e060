import { createLinger } from '../../../streams/embedded/linger.js';

/** The linger after `seconds` of so many records per second, committed every `everyMs` unless it says to wait. */
function after(perSecond: number, everyMs = 1, seconds = 1): { wait: number; at: (later: number) => number } {
  const linger = createLinger(3, 5);
  let now = 0;
  for (let passed = everyMs; now < seconds * 1_000; now += passed) {
    linger.committed(now, (perSecond * passed) / 1_000);
    passed = everyMs + linger.wait(now);
  }
  return { wait: linger.wait(now), at: (later) => linger.wait(now + later) };
}

test('a trickle is committed at once', () => {
  expect(createLinger(3, 5).wait(0)).toBe(0);
  expect(after(100).wait).toBe(0);
  expect(after(300, 4).wait).toBe(0);
});

test('a flow waits a little, a flood a little more', () => {
  expect(after(2_000).wait).toBeGreaterThanOrEqual(3);
  expect(after(2_000).wait).toBeLessThan(3.5);
  expect(after(20_000).wait).toBeGreaterThan(4.5);
  expect(after(200_000).wait).toBe(5);
});

test('records that come many at a time are committed at once', () => {
  expect(after(5_000, 5).wait).toBe(0);
});

test('after a pause the next record does not wait', () => {
  expect(after(5_000).at(1_000)).toBe(0);
});

test('how often commits happen does not change the rate that is seen', () => {
  expect(after(10_000, 0.5).wait).toBeCloseTo(after(10_000, 1.5).wait, 1);
});
