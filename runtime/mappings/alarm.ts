/**
 * One timer for the waits of all lanes of a mapping. Those that are due at the same moment are called in the same turn
 * of the event loop, so that their batches can travel together; timers of their own would each have a turn.
 */
import type { Timers } from '../../common/clock.js';

export interface Alarm {
  /** Calls `ring` once at the moment `due` (ms on the timers' clock) or soon after. Returns how to stop that. */
  at(due: number, ring: () => void): () => void;
}

interface Entry {
  readonly due: number;
  readonly ring: () => void;
}

export function createAlarm(timers: Timers): Alarm {
  const entries = new Set<Entry>();
  let next = Number.POSITIVE_INFINITY;
  let cancel = () => {};

  const set = () => {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { due } of entries) if (due < earliest) earliest = due;
    if (earliest === next) return;
    cancel();
    next = earliest;
    // A millisecond at least: timers may come a little early, and would be set again and again for what is left.
    cancel =
      earliest === Number.POSITIVE_INFINITY
        ? () => {}
        : timers.after(Math.max(1, Math.ceil(earliest - timers.now())), ring);
  };
  const ring = () => {
    next = Number.POSITIVE_INFINITY;
    const now = timers.now();
    for (const entry of [...entries]) {
      if (entry.due <= now && entries.delete(entry)) entry.ring();
    }
    set();
  };

  return {
    at(due, ringOne) {
      // Whole milliseconds, so that what ended together is due together.
      const entry = { due: Math.ceil(due), ring: ringOne };
      entries.add(entry);
      set();
      return () => {
        if (entries.delete(entry)) set();
      };
    },
  };
}
