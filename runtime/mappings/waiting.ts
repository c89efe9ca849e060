/** The waits of one lane: for records, for a moment, for a stop. At most one is under way at a time. */
import type { Timers } from '../../common/clock.js';
import type { Alarm } from './alarm.js';

interface Wait {
  readonly done: () => void;
  readonly isEnough: () => boolean;
}

const never = () => false;

export class Waiting {
  stopping = false;
  /** No batch waits to fill up any more. */
  draining = false;
  readonly #timers: Timers;
  readonly #alarm: Alarm;
  #wait: Wait | null = null;

  constructor(timers: Timers, alarm: Alarm) {
    this.#timers = timers;
    this.#alarm = alarm;
  }

  /**
   * Resolves when records were appended and `isEnough` says so, or at the moment `due` (ms on the timers' clock), or
   * before that: look again. The one who waits goes on in a microtask of the turn that woke it: hundreds of sockets may
   * want to be served before the next one.
   */
  forRecords(isEnough: () => boolean, due = Number.POSITIVE_INFINITY): Promise<void> {
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      let cancel = () => {};
      const done = () => {
        this.#wait = null;
        cancel();
        resolve();
      };
      this.#wait = { done, isEnough };
      if (due !== Number.POSITIVE_INFINITY) cancel = this.#alarm.at(due, done);
    });
  }

  /** So many ms, unless stopped before; tells whether there is any reason to go on. */
  async sleep(ms: number): Promise<boolean> {
    const due = this.#timers.now() + ms;
    while (!this.stopping && this.#timers.now() < due) await this.forRecords(never, due);
    return !this.stopping;
  }

  /** Records were appended. */
  wake(): void {
    if (this.#wait?.isEnough()) this.#wait.done();
  }

  drain(): void {
    this.draining = true;
    this.#wait?.done();
  }

  stop(): void {
    this.stopping = true;
    this.#wait?.done();
  }
}
