/**
 * What a tick has to look at: listed by the second in which something is due. A tick looks at the lists up to its own
 * second, not at everything there is.
 *
 * An entry may be early, never late: what is due later by now is listed anew when its second comes; what is due earlier
 * is listed again at once, and its old entry, which no longer says what the item says (`listedAt`), is passed over.
 */
export interface Listed {
  /** The second in which the list has it; Infinity when it is on none. */
  listedAt: number;
}

const SECOND = 1_000;

export class DueList<T extends Listed> {
  readonly #bySecond = new Map<number, T[]>();

  /** @param due epoch ms by our own clock; Infinity: nothing is */
  list(item: T, due: number): void {
    if (due === Number.POSITIVE_INFINITY) return;
    const second = Math.floor(due / SECOND);
    if (second >= item.listedAt) return;
    item.listedAt = second;
    const listed = this.#bySecond.get(second);
    if (listed === undefined) this.#bySecond.set(second, [item]);
    else listed.push(item);
  }

  /** Epoch ms before which nothing is due; Infinity when nothing is. */
  earliest(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const second of this.#bySecond.keys()) earliest = Math.min(earliest, second);
    return earliest * SECOND;
  }

  /** Takes those off that may have something due at `now` (epoch ms); the caller lists them again. */
  take(now: number): T[] {
    const until = Math.floor(now / SECOND);
    const taken: T[] = [];
    for (const [second, listed] of this.#bySecond) {
      if (second > until) continue;
      this.#bySecond.delete(second);
      for (const item of listed) {
        if (item.listedAt !== second) continue;
        item.listedAt = Number.POSITIVE_INFINITY;
        taken.push(item);
      }
    }
    return taken;
  }
}
