import fc from 'fast-check';
import { steadyClock } from '../../common/clock.js';

/** A machine whose two clocks the test moves. */
function machine(wall: number) {
  const state = { wall, monotonic: 0 };
  return {
    state,
    pass(ms: number) {
      state.wall += ms;
      state.monotonic += ms;
    },
    sources: { wall: () => state.wall, monotonic: () => state.monotonic },
  };
}

test('follows the system clock while that goes forward', () => {
  const { pass, sources } = machine(1_000_000);
  const clock = steadyClock(0, sources);
  expect(clock.now()).toBe(1_000_000);
  pass(250);
  expect(clock.now()).toBe(1_000_250);
});

test('a system clock set back by an hour neither stops time nor turns it back', () => {
  const { state, pass, sources } = machine(10_000_000);
  const clock = steadyClock(0, sources);
  clock.now();
  state.wall -= 3_600_000;
  pass(1_000);
  expect(clock.now()).toBe(10_000_900);
  pass(3_600_000);
  expect(clock.now()).toBe(13_240_900);
  pass(36_000_000);
  expect(clock.now()).toBe(state.wall);
});

test('after a restart with the clock behind, time goes on from the newest record', () => {
  const { pass, sources } = machine(5_000);
  const clock = steadyClock(9_000, sources);
  expect(clock.now()).toBe(9_000);
  pass(10);
  expect(clock.now()).toBe(9_009);
});

test('never goes back, whatever both clocks do', () => {
  const jumps = fc.array(fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 1e6 })));
  fc.assert(
    fc.property(jumps, (steps) => {
      const { state, pass, sources } = machine(1e12);
      const clock = steadyClock(0, sources);
      let last = clock.now();
      for (const [jump, elapsed] of steps) {
        state.wall += jump;
        pass(elapsed);
        const now = clock.now();
        expect(now).toBeGreaterThanOrEqual(last);
        last = now;
      }
    }),
  );
});
