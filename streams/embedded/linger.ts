/**
 * How long a group commit waits for more records: pure arithmetic on the rate at which they come.
 *
 * Each commit costs about the same however many records it holds (a write, a wake-up of the readers), so at a high
 * rate waiting a little saves most of that, and at a low one it saves nothing and only delays. Nothing waits below
 * `QUIET` records per ms, nor where records come many at a time, because a function appends all of a batch and then
 * waits for it: as long as groups that did not wait make fewer than `QUIET` commits per ms, there is nothing to save.
 * Otherwise commits wait `shortMs`, growing to `longMs` at `BUSY` records per ms.
 */
export interface Linger {
  /** ms to wait, counted from the first record of the group; 0 commits at the end of the event loop's turn. */
  wait(now: number): number;
  /** A group of so many records was committed. */
  committed(now: number, records: number): void;
}

const QUIET = 0.5;
const BUSY = 20;
/** Rates are averages over about this long (ms). */
const MEMORY_MS = 100;

/** @param now everywhere: ms on any clock that does not go back */
export function createLinger(shortMs: number, longMs: number): Linger {
  let records = 0;
  let commits = 0;
  let waiting = false;
  let last = Number.NEGATIVE_INFINITY;
  const decay = (now: number) => Math.exp(-(now - last) / MEMORY_MS);
  return {
    wait(now) {
      const kept = decay(now);
      // While groups wait, the number of commits says nothing about how many there would be otherwise.
      waiting = (waiting ? records : commits) * kept >= QUIET;
      return waiting ? shortMs + (longMs - shortMs) * Math.min(1, (records * kept) / BUSY) : 0;
    },
    committed(now, count) {
      const kept = decay(now);
      // Of an exponential average, `count` within no time at all are worth count / MEMORY_MS.
      records = records * kept + count / MEMORY_MS;
      commits = commits * kept + 1 / MEMORY_MS;
      last = now;
    },
  };
}
