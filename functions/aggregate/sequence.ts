/**
 * Tells an event that was sent again from a new one, by the device's own sequence numbers.
 *
 * A sliding bitmap, as IPsec's anti-replay window (RFC 4303, section 3.4.3): one bit for each of the last
 * `SEQUENCE_WINDOW` numbers. A number that is there already is a duplicate, unless its event is later than any the
 * device has sent: then the device has begun to count anew (it restarted), and the bitmap begins anew with it.
 *
 * What it cannot tell:
 * - An event sent again after more than `SEQUENCE_WINDOW` newer ones counts as new: holding a number back that long
 *   and being an old backlog look the same, and nothing that may be new is thrown away.
 * - A device that restarts its count and whose clock went back, too: its events are taken for duplicates until they
 *   are later than those before the restart, or their numbers are new.
 * - An event sent again with a fresh timestamp looks like a restart; a client must repeat the event unchanged.
 * - Without `seq`, nothing is ever a duplicate.
 */

/** Numbers remembered per device: what a client may have in flight when it crashes, and then some. */
export const SEQUENCE_WINDOW = 256;
const WORDS = SEQUENCE_WINDOW / 32;

export class SeenSequences {
  /** Highest number of this count; -1 before the first. */
  #top = -1;
  /** Bit `seq mod SEQUENCE_WINDOW`. */
  readonly #bits = new Uint32Array(WORDS);

  /**
   * Takes note of `seq`; false when it is a duplicate.
   * @param newest whether its event's time is later than that of any event of the device before
   */
  take(seq: number, newest: boolean): boolean {
    const ahead = seq - this.#top;
    if (ahead > 0) {
      if (ahead >= SEQUENCE_WINDOW) this.#bits.fill(0);
      else for (let skipped = this.#top + 1; skipped < seq; skipped++) this.#clear(skipped % SEQUENCE_WINDOW);
      this.#top = seq;
      this.#set(seq % SEQUENCE_WINDOW);
      return true;
    }
    const bit = seq % SEQUENCE_WINDOW;
    const known = -ahead < SEQUENCE_WINDOW;
    if (known && !this.#has(bit)) {
      this.#set(bit);
      return true;
    }
    if (newest) {
      this.#bits.fill(0);
      this.#top = seq;
      this.#set(bit);
      return true;
    }
    return !known;
  }

  /** For the device's state document. */
  encode(): { top: number; seen: number[] } {
    return { top: this.#top, seen: [...this.#bits] };
  }

  static decode({ top, seen }: { top: number; seen: readonly number[] }): SeenSequences {
    const sequences = new SeenSequences();
    sequences.#top = top;
    sequences.#bits.set(seen.slice(0, WORDS));
    return sequences;
  }

  #has(bit: number): boolean {
    return (this.#bits[bit >>> 5]! & (1 << (bit & 31))) !== 0;
  }

  #set(bit: number): void {
    this.#bits[bit >>> 5]! |= 1 << (bit & 31);
  }

  #clear(bit: number): void {
    this.#bits[bit >>> 5]! &= ~(1 << (bit & 31));
  }
}
