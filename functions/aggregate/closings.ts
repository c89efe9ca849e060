/**
 * Which silent devices and groups a tick has to look at: those with open windows, listed by the second in which their
 * first one is due. A tick looks at the lists up to its own second, not at every device.
 *
 * An entry may be early, never late: an owner whose window is due later by now is listed anew when its second comes; one
 * that is due earlier is listed again at once, and its old entry, which no longer says what the owner says
 * (`listedAt`), is passed over.
 */
import type { Owner } from './owner.js';

const SECOND = 1_000;

export class Closings {
  readonly #bySecond = new Map<number, Owner[]>();

  /** Lists an owner by when its clock reaches `nextAt`; not when it has no open window. */
  list(owner: Owner): void {
    if (owner.nextAt === Number.POSITIVE_INFINITY) return;
    const second = Math.floor(owner.reaches(owner.nextAt) / SECOND);
    if (second >= owner.listedAt) return;
    owner.listedAt = second;
    const listed = this.#bySecond.get(second);
    if (listed === undefined) this.#bySecond.set(second, [owner]);
    else listed.push(owner);
  }

  /** Takes those off that may have something due at `now` (epoch ms); the caller lists them again. */
  take(now: number): Owner[] {
    const until = Math.floor(now / SECOND);
    const taken: Owner[] = [];
    for (const [second, listed] of this.#bySecond) {
      if (second > until) continue;
      this.#bySecond.delete(second);
      for (const owner of listed) {
        if (owner.listedAt !== second) continue;
        owner.listedAt = Number.POSITIVE_INFINITY;
        taken.push(owner);
      }
    }
    return taken;
  }
}
