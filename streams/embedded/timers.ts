/** The clock and the timers of the log, as an argument: tests turn them by hand. */
export interface Timers {
  /** Milliseconds from some fixed moment; never goes back. */
  now(): number;
  /** Calls `work` once after `ms`. Returns how to stop that. */
  after(ms: number, work: () => void): () => void;
  /** Calls `work` when the current turn of the event loop is over. */
  soon(work: () => void): void;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
  soon: (work) => {
    setImmediate(work);
  },
};
