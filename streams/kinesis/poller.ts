/**
 * Calls a poll again and again: often while there is something, less often when there is not, and after a failure only
 * when a while has passed.
 */
import type { Timers } from '../../common/clock.js';
import { backoffMs } from './backoff.js';

export interface PollingOptions {
  /** While records flow (ms). */
  readonly busyMs: number;
  /** At the most, when there is nothing (ms). */
  readonly idleMs: number;
}

export interface PollerOptions extends PollingOptions {
  readonly timers: Timers;
  readonly random: () => number;
  /** Resolves with whether there was anything. */
  readonly poll: () => Promise<boolean>;
  readonly onFailure: (error: unknown) => void;
}

/** An empty poll makes the next one wait so much longer. */
const SLOWER = 1.5;
const FAILURES = { firstMs: 500, mostMs: 10_000 };

export class Poller {
  readonly #options: PollerOptions;
  #intervalMs: number;
  #failures = 0;
  #isRunning = false;
  #isPolling = false;
  #cancel: (() => void) | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#intervalMs = options.busyMs;
  }

  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#schedule(0);
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** There is something: the next poll need not wait for longer than the busy interval. */
  hurry(): void {
    const { busyMs } = this.#options;
    if (this.#intervalMs <= busyMs || this.#failures > 0) return;
    this.#intervalMs = busyMs;
    if (this.#isRunning && !this.#isPolling) this.#schedule(busyMs);
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.timers.after(ms, () => {
      this.#cancel = undefined;
      void this.#poll();
    });
  }

  /** Never rejects. */
  async #poll(): Promise<void> {
    if (this.#isPolling) return;
    const { poll, onFailure, busyMs, idleMs, random } = this.#options;
    this.#isPolling = true;
    let waitMs: number;
    try {
      const hasAny = await poll();
      this.#failures = 0;
      this.#intervalMs = hasAny ? busyMs : Math.min(idleMs, this.#intervalMs * SLOWER);
      waitMs = this.#intervalMs;
    } catch (error) {
      waitMs = backoffMs(FAILURES, ++this.#failures, random);
      if (this.#isRunning) onFailure(error);
    }
    this.#isPolling = false;
    if (this.#isRunning) this.#schedule(waitMs);
  }
}
