/** Which silent devices and groups a tick has to look at: those with open windows, by when their first one is due. */
import { DueList } from '../due-list.js';
import type { Owner } from './owner.js';

export class Closings {
  readonly #due = new DueList<Owner>();

  /** Lists an owner by when its clock reaches `nextAt`; not when it has no open window. */
  list(owner: Owner): void {
    if (owner.nextAt !== Number.POSITIVE_INFINITY) this.#due.list(owner, owner.reaches(owner.nextAt));
  }

  /** Takes those off that may have something due at `now` (epoch ms); the caller lists them again. */
  take(now: number): Owner[] {
    return this.#due.take(now);
  }
}
