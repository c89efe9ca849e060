/** Keeps the number of devices or groups in memory bounded: what is idle can be read from the store again. */
import type { Owner } from './owner.js';

/** Of the limit, how much is made room for at once: to look for what is idle takes a look at everything. */
const SHARE = 0.1;

export class Eviction {
  readonly #owners: Map<string, Owner>;
  /** Below this many it is not worth looking again. */
  #lookAt = 0;

  constructor(owners: Map<string, Owner>) {
    this.#owners = owners;
  }

  /** Forgets the longest idle ones without open windows, when there are more than `limit`. */
  evict(limit: number): void {
    const owners = this.#owners;
    if (owners.size <= limit || owners.size < this.#lookAt) return;
    const idle = [...owners.values()].filter((owner) => !owner.hasOpenWindows);
    const room = Math.ceil(limit * SHARE);
    // Sorting is stable: of those of the same batch, the longest known go first.
    idle.sort((a, b) => a.run - b.run);
    for (const { key } of idle.slice(0, owners.size - limit + room)) owners.delete(key);
    this.#lookAt = owners.size > limit ? owners.size + room : 0;
  }
}
