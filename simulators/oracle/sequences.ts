/**
 * Whether an event came before, by the device's own numbers: the backend promises to remember the last 256 of them.
 */
const REMEMBERED = 256;
/** Numbers that are forgotten are cleared away when there are so many. */
const CROWDED = 4 * REMEMBERED;

/**
 * `first or repeated`: the one before may not have come; either way the event counts once. `new or repeated`: the one
 * before came, and may be forgotten; then the event counts twice.
 */
export type Repetition = 'first' | 'repeated' | 'first or repeated' | 'new or repeated';

export class Sequences {
  /** Number -> whether it certainly came. */
  readonly #seen = new Map<number, boolean>();
  /** Highest number, certainly and possibly. */
  #top = -1;
  #maybeTop = -1;

  take(seq: number, certain: boolean): Repetition {
    const came = this.#seen.get(seq);
    const remembered = this.#maybeTop - seq < REMEMBERED;
    const maybeRemembered = this.#top - seq < REMEMBERED;
    let repetition: Repetition = 'first';
    if (came !== undefined && maybeRemembered) {
      if (!remembered) repetition = 'new or repeated';
      else repetition = came ? 'repeated' : 'first or repeated';
    }
    this.#seen.set(seq, certain || came === true);
    if (certain) this.#top = Math.max(this.#top, seq);
    this.#maybeTop = Math.max(this.#maybeTop, seq);
    if (this.#seen.size > CROWDED) this.#clear();
    return repetition;
  }

  #clear(): void {
    for (const seq of this.#seen.keys()) if (this.#top - seq >= REMEMBERED) this.#seen.delete(seq);
  }
}
