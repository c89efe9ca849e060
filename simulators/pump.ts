/** Sends recorded items, each when it is due and there is room for it; the clock is given. */
import type { Publication, Publish } from './publication.js';
import type { Timed } from './recording.js';
import type { Schedule } from './replay-schedule.js';
import type { Outlet } from './sender.js';

export interface PumpClock {
  /** Monotonic, ms. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export interface PumpOptions<T extends Timed> {
  /** The items once more, in order of time. */
  items(): AsyncGenerator<T>;
  readonly loops: number;
  readonly schedule: Schedule;
  readonly publish: Publish<T>;
  readonly outlet: Outlet;
  readonly clock: PumpClock;
  readonly signal: AbortSignal | undefined;
  /** @param time as sent, epoch ms */
  sent(publication: Publication, time: number): void;
}

/** Longest nap between two looks at the signal and at the clock. */
const NAP_MS = 500;

/** Resolves when everything was sent, or soon after the signal was aborted. */
export async function pump<T extends Timed>(options: PumpOptions<T>): Promise<void> {
  const { loops, schedule, publish, outlet, clock, signal } = options;
  const startedAt = clock.now();
  const isAborted = () => signal?.aborted === true;
  for (let pass = 0; pass < loops && !isAborted(); pass++) {
    const shift = schedule.shift(pass);
    for await (const item of options.items()) {
      const dueAt = startedAt + schedule.due(item.time, pass);
      for (let left = dueAt - clock.now(); left > 0 && !isAborted(); left = dueAt - clock.now()) {
        await clock.sleep(Math.min(left, NAP_MS));
      }
      await outlet.room();
      if (isAborted()) return;
      const publication = publish(item, shift, pass);
      outlet.publish(publication);
      options.sent(publication, item.time + shift);
    }
  }
}
