/**
 * The deployment's clock for everything that is stamped into the stream: arrival times and ticks.
 *
 * It follows the system clock while that goes forward. When the system clock is set back, it goes on at the rate of
 * the monotonic clock instead, so that time in the stream neither goes back nor stands still; it rejoins the system
 * clock when that has caught up.
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

const system: TimeSources = { wall: Date.now, monotonic: () => performance.now() };

/** @param floor epoch ms that the first answer must not be below, e.g. the newest arrivalTime in the log */
export function steadyClock(floor: number, sources: TimeSources = system): Clock {
  let last = floor;
  let lastMonotonic = sources.monotonic();
  return {
    now() {
      const monotonic = sources.monotonic();
      const wall = sources.wall();
      const steady = last + (monotonic - lastMonotonic);
      // A wall clock a little behind the steady one is the normal rounding; only whole ms are handed out.
      last = wall >= last ? wall : steady;
      lastMonotonic = monotonic;
      return Math.floor(last);
    },
  };
}
