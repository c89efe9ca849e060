/**
 * The deployment's clock for everything that is stamped into the stream: arrival times and ticks.
 *
 * It follows the system clock while that goes forward. When the system clock is set back, it goes on at nine tenths of
 * the monotonic clock's rate instead: time in the stream neither goes back nor stands still, and the system clock,
 * which runs at the full rate, catches up.
 */
export interface Clock {
  /** Epoch ms, whole; never less than any earlier answer. */
  now(): number;
}

export interface TimeSources {
  /** Epoch ms, may jump either way. */
  readonly wall: () => number;
  /** ms since any fixed moment, never goes back. */
  readonly monotonic: () => number;
}

/** Rate of time, relative to the monotonic clock, while the system clock is behind. */
const CATCH_UP_RATE = 0.9;

const system: TimeSources = { wall: Date.now, monotonic: () => performance.now() };

/** @param floor epoch ms that the first answer must not be below, e.g. the newest arrivalTime in the log */
export function steadyClock(floor: number, sources: TimeSources = system): Clock {
  let last = floor;
  let lastMonotonic = sources.monotonic();
  return {
    now() {
      const monotonic = sources.monotonic();
      const wall = sources.wall();
      last = Math.max(wall, last + CATCH_UP_RATE * (monotonic - lastMonotonic));
      lastMonotonic = monotonic;
      return Math.floor(last);
    },
  };
}

/** Timers and the clock they run on, so that tests can have a virtual one. */
export interface Timers {
  /** ms; epoch or monotonic, whichever the one who made it says. */
  now(): number;
  /** Calls `work` once after `ms`. Returns how to stop that. */
  after(ms: number, work: () => void): () => void;
}

function timersOn(now: () => number): Timers {
  return {
    now,
    after(ms, work) {
      const timer = setTimeout(work, ms);
      return () => clearTimeout(timer);
    },
  };
}

/** On a clock that nobody can set back: for windows, waits and deadlines. */
export const monotonicTimers: Timers = timersOn(() => performance.now());
