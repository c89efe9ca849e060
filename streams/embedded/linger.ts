/**
 * How long a group commit waits for more records: pure arithmetic on the rate at which they come.
 *
 * Each commit costs about the same however many records it holds (a write, a wake-up of the readers), so at a high
 * rate waiting a little saves most of that, and at a low one it saves nothing and only delays. Below `QUIET` records
 * per ms nothing waits; above it commits wait `shortMs`, growing to `longMs` at `BUSY` records per ms.
 */
export interface Linger {
  /** ms to wait, counted from the first record of the group; 0 commits at the end of the event loop's turn. */
  wait(now: number): number;
  /** A group of so many records was committed. */
  committed(now: number, records: number): void;
}

const QUIET = 0.5;
const BUSY = 20;
/** The rate is an average over about this long (ms). */
const MEMORY_MS = 100;

/** @param now everywhere: ms on any clock that does not go back */
export function createLinger(shortMs: number, longMs: number): Linger {
  let rate = 0;
  let last = Number.NEGATIVE_INFINITY;
  const decay = (now: number) => Math.exp(-(now - last) / MEMORY_MS);
  return {
    wait(now) {
      const current = rate * decay(now);
      if (current < QUIET) return 0;
      return shortMs + (longMs - shortMs) * Math.min(1, current / BUSY);
    },
    committed(now, records) {
      const kept = decay(now);
      // Of an exponential average, `records` within no time at all are worth records / MEMORY_MS.
      rate = rate * kept + records / MEMORY_MS;
      last = now;
    },
  };
}
