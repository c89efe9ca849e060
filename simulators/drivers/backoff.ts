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
