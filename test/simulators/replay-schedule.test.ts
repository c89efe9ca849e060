import { type Pace, schedule } from '../../simulators/replay-schedule.js';

const HOUR = 3_600_000;
const T0 = Date.UTC(2020, 0, 1);
/** One event an hour: the pause between two passes is an hour as well. */
const plan = { first: T0, last: T0 + 10 * HOUR, rows: 11 };
const now = Date.UTC(2026, 0, 1);
const pace = (more: Partial<Pace>): Pace => ({ speed: 1, times: { kind: 'keep' }, loops: 1, ...more });

describe('schedule', () => {
  test('event times stay, and the speed-up sets the pace', () => {
    const { shift, due } = schedule(plan, pace({ speed: 3600 }), now);
    expect(shift(0)).toBe(0);
    expect(due(T0 + HOUR, 0)).toBe(1000);
  });

  test('as fast as possible, everything is due at once', () => {
    expect(schedule(plan, pace({ speed: 'max', loops: 3 }), now).due(plan.last, 2)).toBe(0);
  });

  test.each([0.5, 1, 60, 3600, 'max'] as const)(
    'shifted to now at speed %s, no event is sent ahead of its time',
    (speed) => {
      for (const loops of [1, 3]) {
        const { shift, due } = schedule(plan, pace({ speed, loops, times: { kind: 'now' } }), now);
        let [earliest, latest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
        for (let pass = 0; pass < loops; pass++) {
          for (let time = T0; time <= plan.last; time += HOUR) {
            const ahead = time + shift(pass) - (now + due(time, pass));
            earliest = Math.min(earliest, ahead);
            latest = Math.max(latest, ahead);
          }
        }
        // None is ahead, and one of them is sent just at its time.
        expect(latest).toBe(0);
        expect(earliest).toBeLessThanOrEqual(0);
        if (speed !== 1) expect(earliest).toBeLessThan(0);
      }
    },
  );

  test('shifted by a duration, or so that the first event gets a time', () => {
    expect(schedule(plan, pace({ times: { kind: 'by', ms: -HOUR } }), now).shift(0)).toBe(-HOUR);
    expect(schedule(plan, pace({ times: { kind: 'start', time: now } }), now).shift(0) + T0).toBe(now);
  });

  test('passes follow one another as events do', () => {
    // pass 0: T0 .. T0+10h; pass 1 begins at T0+11h
    const { shift, due } = schedule(plan, pace({ loops: 2, speed: 2, times: { kind: 'by', ms: 0 } }), now);
    expect(due(T0, 1) - due(plan.last, 0)).toBe(HOUR / 2);
    expect(T0 + shift(1) - (plan.last + shift(0))).toBe(HOUR);
  });

  test('with times kept, every pass has the same times', () => {
    const { shift, due } = schedule(plan, pace({ loops: 2 }), now);
    expect(shift(1)).toBe(0);
    expect(due(T0, 1)).toBe(11 * HOUR);
  });

  test('a lone event is repeated every second', () => {
    const lone = { first: T0, last: T0, rows: 1 };
    expect(schedule(lone, pace({ loops: 5 }), now).due(T0, 4)).toBe(4000);
  });
});
