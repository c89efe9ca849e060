/**
 * Reads of one shard, so many a second: Kinesis takes five GetRecords a second and shard from all its readers together,
 * and refuses the others. Whoever comes too early waits for its turn, in order.
 */
import type { Timers } from '../../common/clock.js';

export class ReadBudget {
  readonly #timers: Timers;
  readonly #intervalMs: number;
  readonly #burst: number;
  /** When the next read may begin, ms on the timers' clock. */
  #next = Number.NEGATIVE_INFINITY;

  /** @param burst reads that may follow each other at once after a pause */
  constructor(timers: Timers, readsPerSecond: number, burst = readsPerSecond) {
    this.#timers = timers;
    this.#intervalMs = 1_000 / readsPerSecond;
    this.#burst = burst;
  }

  /** Resolves when a read may begin. */
  async take(): Promise<void> {
    const now = this.#timers.now();
    this.#next = Math.max(this.#next, now - this.#intervalMs * (this.#burst - 1));
    const waitMs = this.#next - now;
    this.#next += this.#intervalMs;
    if (waitMs <= 0) return;
    await new Promise<void>((resolve) => {
      this.#timers.after(waitMs, resolve);
    });
  }

  /** Nobody reads for so long: a read was refused. */
  pause(ms: number): void {
    this.#next = Math.max(this.#next, this.#timers.now() + ms);
  }
}
