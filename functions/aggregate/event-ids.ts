/**
 * Tells an event that was sent again from a new one by the id that it bears, for devices that do not number theirs: the
 * last `REMEMBERED_IDS` ids, as hashes. An event sent again after more other ones counts as new.
 */

export const REMEMBERED_IDS = 64;

export class EventIds {
  /** A ring, full at `REMEMBERED_IDS`. */
  readonly #hashes: number[] = [];
  /** Place of the oldest one, when it is full. */
  #oldest = 0;

  /** Takes note of an id; false when it is a duplicate. */
  take(id: string): boolean {
    const hash = hashOf(id);
    if (this.#hashes.includes(hash)) return false;
    if (this.#hashes.length < REMEMBERED_IDS) this.#hashes.push(hash);
    else {
      this.#hashes[this.#oldest] = hash;
      this.#oldest = (this.#oldest + 1) % REMEMBERED_IDS;
    }
    return true;
  }

  /** For the device's state document: oldest first. */
  encode(): number[] {
    return [...this.#hashes.slice(this.#oldest), ...this.#hashes.slice(0, this.#oldest)];
  }

  static decode(hashes: readonly number[]): EventIds {
    const ids = new EventIds();
    ids.#hashes.push(...hashes);
    return ids;
  }
}

/**
 * 53 bits: of 64 ids, one that is new is taken for known once in 10^14 times. cyrb53 (github.com/bryc/code, public
 * domain), which is not made to resist whoever looks for collisions: devices that do betray only themselves.
 */
function hashOf(text: string): number {
  let one = 0xdeadbeef;
  let other = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    one = Math.imul(one ^ code, 2654435761);
    other = Math.imul(other ^ code, 1597334677);
  }
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(other ^ (other >>> 13), 3266489909);
  other = Math.imul(other ^ (other >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & other) + (one >>> 0);
}
