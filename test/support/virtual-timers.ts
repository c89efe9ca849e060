/**
 * Time that a test turns by hand: `Timers`, and the epoch clock that goes with it.
 */
import type { Timers } from '../../common/clock.js';

export interface VirtualTimers extends Timers {
  /** Goes on by so many ms, running what falls due on the way, each at its own moment; lets promises settle. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle without time going on. */
  settle(): Promise<void>;
  /** Timers that are waiting. */
  readonly waiting: number;
}

interface Timer {
  readonly due: number;
  readonly work: () => void;
}

/** Turns of the event loop after which everything that needs no timer has happened. */
const TURNS = 4;

export function virtualTimers(start = 0): VirtualTimers {
  let now = start;
  const timers = new Set<Timer>();
  const settle = async () => {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const next = (until: number): Timer | undefined => {
    let first: Timer | undefined;
    for (const timer of timers) {
      if (timer.due <= until && (first === undefined || timer.due < first.due)) first = timer;
    }
    return first;
  };
  return {
    now: () => now,
    after(ms, work) {
      const timer = { due: now + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        timers.delete(timer);
        now = Math.max(now, timer.due);
        timer.work();
        await settle();
      }
      now = until;
    },
    settle,
    get waiting() {
      return timers.size;
    },
  };
}
