import { createPacer, SAMPLE_MS } from '../../gateway/pacer.js';

/** A stream that grows and a consumer that follows, sampled on a virtual clock. */
function scene(maxLagMs = 100) {
  const pacer = createPacer(maxLagMs);
  let now = 0;
  let stored = 0n;
  let finished = 0n;
  let acknowledged = 0;
  return {
    pacer,
    /** One sampling interval in which so many records are stored and so many finished. */
    step(storing: number, finishing: number) {
      now += SAMPLE_MS;
      for (let i = 0; i < storing; i++) pacer.pace(() => acknowledged++)(null);
      stored += BigInt(storing);
      finished = finished + BigInt(finishing) > stored ? stored : finished + BigInt(finishing);
      pacer.sample(now, [{ name: 'alert', finished, stored, windowMs: 0 }]);
    },
    get acknowledged() {
      return acknowledged;
    },
    get stored() {
      return Number(stored);
    },
  };
}

test('holds nothing while the functions keep up', () => {
  const run = scene();
  for (let i = 0; i < 100; i++) run.step(100, 100);
  expect(run.acknowledged).toBe(run.stored);
});

test('holds acknowledgements when a function falls behind, and releases them at its pace', () => {
  const run = scene(100);
  for (let i = 0; i < 20; i++) run.step(100, 50);
  expect(run.pacer.held).toBeGreaterThan(0);
  const before = run.acknowledged;
  run.step(0, 50);
  expect(run.acknowledged - before).toBe(40);
});

test('lets go of everything once the function has caught up', () => {
  const run = scene(100);
  for (let i = 0; i < 20; i++) run.step(100, 50);
  for (let i = 0; i < 40; i++) run.step(0, 50);
  expect(run.pacer.held).toBe(0);
  expect(run.acknowledged).toBe(run.stored);
});

test('a function that makes no progress at all holds nobody: the log absorbs it', () => {
  const run = scene(100);
  for (let i = 0; i < 200; i++) run.step(10, 0);
  expect(run.pacer.held).toBe(0);
  expect(run.acknowledged).toBe(run.stored);
});

test('an error is passed on at once, also while acknowledgements are held', () => {
  const run = scene(100);
  for (let i = 0; i < 20; i++) run.step(100, 50);
  let seen: Error | null = null;
  run.pacer.pace((error) => {
    seen = error;
  })(new Error('the stream is closed'));
  expect(seen).not.toBeNull();
});

test('a batch window is no lag', () => {
  const pacer = createPacer(100);
  let acknowledged = 0;
  for (let now = 0; now < 300; now += SAMPLE_MS) {
    pacer.pace(() => acknowledged++)(null);
    pacer.sample(now, [{ name: 'aggregate', finished: 0n, stored: BigInt(now), windowMs: 250 }]);
  }
  expect(acknowledged).toBe(300 / SAMPLE_MS);
});

test('release lets go and never holds again', () => {
  const run = scene(100);
  for (let i = 0; i < 20; i++) run.step(100, 50);
  run.pacer.release();
  run.step(100, 50);
  expect(run.acknowledged).toBe(run.stored);
});

test('where records cannot be counted, the age of what is being worked on is the lag', () => {
  const pacer = createPacer(100);
  const told: number[] = [];
  const publish = (id: number) => pacer.pace(() => told.push(id))(null);
  const sample = (now: number, finished: number, ageMs: number) =>
    pacer.sample(now, [{ name: 'f', finished: BigInt(finished), stored: null, ageMs, windowMs: 2_000 }]);
  sample(0, 0, 0);
  sample(20, 10, 2_000);
  publish(1);
  expect(told).toEqual([1]);
  sample(40, 20, 2_200);
  publish(2);
  expect([told, pacer.held]).toEqual([[1], 1]);
  sample(60, 30, 2_200);
  expect(told).toEqual([1, 2]);
  publish(3);
  // Nothing is left.
  sample(80, 40, 0);
  expect(told).toEqual([1, 2, 3]);
  // It makes no progress any more: then it holds nobody.
  for (let now = 100; now < 1_200; now += 20) sample(now, 40, 2_200 + now);
  publish(4);
  expect(told).toEqual([1, 2, 3, 4]);
});
