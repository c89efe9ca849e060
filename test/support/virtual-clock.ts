import type { SchedulerClock } from '../../runtime/schedules/scheduler.js';

/**
 * A clock turned by hand, for schedules: unlike virtual timers it can be set, as people do it to system clocks.
 * `jump` moves the wall clock without letting time pass for timers.
 */
export class VirtualClock implements SchedulerClock {
  #wall: number;
  #monotonic = 0;
  #timers: { at: number; work: () => void }[] = [];

  constructor(wall: number) {
    this.#wall = wall;
  }

  now(): number {
    return this.#wall;
  }

  after(ms: number, work: () => void): () => void {
    const timer = { at: this.#monotonic + ms, work };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  jump(ms: number): void {
    this.#wall += ms;
  }

  async advance(ms: number): Promise<void> {
    // What was begun may be about to set a timer.
    await settle();
    const end = this.#monotonic + ms;
    for (;;) {
      const timer = this.#timers.sort((a, b) => a.at - b.at)[0];
      if (timer === undefined || timer.at > end) break;
      this.#timers.shift();
      this.#step(timer.at - this.#monotonic);
      timer.work();
      await settle();
    }
    this.#step(end - this.#monotonic);
  }

  get timers(): number {
    return this.#timers.length;
  }

  #step(ms: number): void {
    this.#wall += ms;
    this.#monotonic += ms;
  }
}

/** Lets promises and immediates run. */
export const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
