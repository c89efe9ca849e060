/**
 * Tells an event that was sent again from a new one, and what is missing, by the device's own sequence numbers.
 *
 * A sliding bitmap, as IPsec's anti-replay window (RFC 4303, section 3.4.3): one bit for each of the last
 * `SEQUENCE_WINDOW` numbers. A number that is there already is a duplicate, unless its event is later than any the
 * device has sent: then the device has begun to count anew (it restarted), and the bitmap begins anew with it.
 *
 * Each count is expected to be whole from its lowest number to its highest one: a number is *received*, *missing* while
 * it has not come and is still in the bitmap, *lost* when it has left the bitmap without having come. Across restarts
 * they add up; what was missing then is lost.
 *
 * What it cannot tell:
 * - An event sent again after more than `SEQUENCE_WINDOW` newer ones counts as new: holding a number back that long
 *   and being an old backlog look the same, and nothing that may be new is thrown away. It counts as received, too, in
 *   the place of one that was taken for lost.
 * - A device that restarts its count and whose clock went back, too: its events are taken for duplicates until they
 *   are later than those before the restart, or their numbers are new.
 * - An event sent again with a fresh timestamp looks like a restart; a client must repeat the event unchanged.
 * - What is lost just before a restart: nobody knows how far the device had counted.
 */

/** Numbers remembered per device: what a client may have in flight when it crashes, and then some. */
export const SEQUENCE_WINDOW = 256;
/** No device loses so many at once: a number that far ahead begins a new count. */
export const LONGEST_GAP = 1_000_000;
const WORDS = SEQUENCE_WINDOW / 32;

/** For the device's state document. */
export interface SequenceDocument {
  /** Highest and lowest number of this count. */
  readonly top: number;
  readonly base: number;
  readonly received: number;
  readonly lost: number;
  readonly restarts: number;
  /** The bitmap, bit `seq mod SEQUENCE_WINDOW`; left out when nothing is missing. */
  readonly seen?: readonly number[];
}

export class SeenSequences {
  /** -1 before the first. */
  #top = -1;
  #base = -1;
  /** Null while nothing is missing, as with most devices most of the time: it would be most of what they cost. */
  #bits: Uint32Array | null = null;
  received = 0;
  lost = 0;
  restarts = 0;

  /**
   * Takes note of `seq`; false when it is a duplicate.
   * @param newest whether its event's time is later than that of any event of the device before
   */
  take(seq: number, newest: boolean): boolean {
    const ahead = seq - this.#top;
    if (ahead > 0) {
      if (this.#top === -1) this.#begin(seq);
      else if (ahead > LONGEST_GAP) this.#restart(seq);
      else this.#slide(seq, ahead);
      return true;
    }
    const known = -ahead < SEQUENCE_WINDOW;
    if (known && !this.#has(seq)) {
      this.#bitmap()[wordOf(seq)]! |= bitOf(seq);
      if (seq < this.#base) this.#base = seq;
      this.received++;
      return true;
    }
    if (newest) {
      this.#restart(seq);
      return true;
    }
    if (known) return false;
    if (seq >= this.#base && this.lost > 0) {
      this.lost--;
      this.received++;
    }
    return true;
  }

  /** Numbers of the bitmap that have not come. */
  get missing(): number {
    if (this.#bits === null) return 0;
    let seen = 0;
    for (const word of this.#bits) seen += bitCount(word);
    return this.#top - this.#oldest() + 1 - seen;
  }

  /** A `SequenceDocument` as JSON. */
  encode(): string {
    // Whether there is a bitmap must not depend on when it was written last.
    if (this.#bits !== null && this.missing === 0) this.#bits = null;
    const seen = this.#bits === null ? '' : `,"seen":[${this.#bits.join(',')}]`;
    return `{"top":${this.#top},"base":${this.#base},"received":${this.received},"lost":${this.lost},"restarts":${this.restarts}${seen}}`;
  }

  static decode({ top, base, received, lost, restarts, seen }: SequenceDocument): SeenSequences {
    const sequences = new SeenSequences();
    sequences.#top = top;
    sequences.#base = base;
    sequences.received = received;
    sequences.lost = lost;
    sequences.restarts = restarts;
    if (seen !== undefined) sequences.#bits = Uint32Array.from(seen);
    return sequences;
  }

  /** From a document of version 1, which did not know where a count began. Null when it had none. */
  static decodeFirst(top: number, seen: readonly number[]): SeenSequences | null {
    if (top < 0) return null;
    const bits = Uint32Array.from(seen.slice(0, WORDS));
    let base = top;
    let received = 0;
    for (let seq = top; seq > top - SEQUENCE_WINDOW && seq >= 0; seq--) {
      if ((bits[wordOf(seq)]! & bitOf(seq)) === 0) continue;
      base = seq;
      received++;
    }
    return SeenSequences.decode({ top, base, received, lost: 0, restarts: 0, seen: [...bits] });
  }

  #begin(seq: number): void {
    this.#top = seq;
    this.#base = seq;
    this.#bits = null;
    this.received++;
  }

  #restart(seq: number): void {
    this.lost += this.missing;
    this.restarts++;
    this.#begin(seq);
  }

  /** Moves the bitmap on to `seq`, which is `ahead` of its end. */
  #slide(seq: number, ahead: number): void {
    this.received++;
    if (ahead === 1 && this.#bits === null) {
      this.#top = seq;
      return;
    }
    const bits = this.#bitmap();
    if (ahead >= SEQUENCE_WINDOW) {
      this.lost += this.missing + ahead - SEQUENCE_WINDOW;
      bits.fill(0);
    } else {
      for (let entering = this.#top + 1; entering <= seq; entering++) {
        const word = wordOf(entering);
        const bit = bitOf(entering);
        if ((bits[word]! & bit) === 0 && entering - SEQUENCE_WINDOW >= this.#base) this.lost++;
        bits[word]! &= ~bit;
      }
    }
    bits[wordOf(seq)]! |= bitOf(seq);
    this.#top = seq;
  }

  /** The lowest number that the bitmap says something of. */
  #oldest(): number {
    return Math.max(this.#base, this.#top - SEQUENCE_WINDOW + 1);
  }

  #has(seq: number): boolean {
    if (this.#bits === null) return seq >= this.#base;
    return (this.#bits[wordOf(seq)]! & bitOf(seq)) !== 0;
  }

  #bitmap(): Uint32Array {
    if (this.#bits === null) {
      const bits = new Uint32Array(WORDS);
      for (let seq = this.#oldest(); seq <= this.#top; seq++) bits[wordOf(seq)]! |= bitOf(seq);
      this.#bits = bits;
    }
    return this.#bits;
  }
}

function wordOf(seq: number): number {
  return (seq % SEQUENCE_WINDOW) >>> 5;
}

function bitOf(seq: number): number {
  return 1 << (seq % 32);
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
