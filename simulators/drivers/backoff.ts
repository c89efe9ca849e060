/**
 * How long to wait before connecting again: doubling up to a limit, and of that between half and all, so that devices
 * that lost their connections together do not come back together.
 */
import { Random } from '../random.js';

const FIRST_MS = 100;
const LONGEST_MS = 10_000;

export class Backoff {
  readonly #random: Random;
  #attempts = 0;

  constructor(seed: number, name: string) {
    this.#random = Random.named(seed, `${name} reconnect`);
  }

  /** ms */
  next(): number {
    const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts++);
    return this.#random.between(most / 2, most);
  }
}

/** Attempts one after the other, each after its backoff. Made to cost little while nothing is wrong. */
export class Retry {
  #backoff: Backoff | null = null;
  #timer: NodeJS.Timeout | null = null;

  get isPending(): boolean {
    return this.#timer !== null;
  }

  /** Does nothing while an attempt is pending. @param name of the connection, for its own jitter */
  later(seed: number, name: string, attempt: () => void): void {
    if (this.#timer !== null) return;
    this.#backoff ??= new Backoff(seed, name);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      attempt();
    }, this.#backoff.next());
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  succeeded(): void {
    this.#backoff = null;
  }
}
