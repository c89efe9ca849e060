/**
 * Runs jobs on their schedules.
 *
 * - A job does not overlap itself, unless it asks to: while it runs, what falls due waits.
 * - Missed moments (the process was down, the laptop suspended, a run took long, the clock was set forward) are caught
 *   up by one run, for the latest.
 * - A clock set back does not stop a job: its next moment is counted from the clock as it is.
 * - With `firings`, several processes share the jobs: each moment is run by one of them. A run that dies with its
 *   process is taken up by another, or by the next start.
 * - A run that fails is reported and not repeated; the next moment is the next chance. Jobs are idempotent and take
 *   up where they ended, so a skipped one costs lateness and nothing else. What wants Lambda's retries instead puts an
 *   asynchronous invocation into its queue (`runtime/asynchronous/`) as its run.
 */
import type { Claim, Firings } from '../../stores/firings.js';
import { ALONE, type Claims, createClaims } from './claims.js';
import type { Schedule } from './schedule.js';

export interface SchedulerClock {
  /** Epoch ms. */
  now(): number;
  /** Calls `work` once after `ms`. Returns how to stop that. */
  after(ms: number, work: () => void): () => void;
}

export interface Job {
  /** Unique; what the moments are claimed under, so it must be registered with `firings`. */
  readonly name: string;
  readonly schedule: Schedule;
  /** When the schedule came to be (epoch ms): what fell due since then and was not run is caught up at the start. */
  readonly created?: number;
  /** Whether a run may begin before the last one has ended. */
  readonly overlap?: boolean;
  /** `time`: the moment that was due, epoch ms. */
  readonly run: (time: number) => Promise<void>;
}

export interface Scheduler {
  start(): void;
  /** Starts no further run; resolves when those under way have ended. */
  stop(): Promise<void>;
}

export interface SchedulerOptions {
  readonly jobs: readonly Job[];
  readonly clock?: SchedulerClock;
  /** Which moments have been served; without it only this process is asked, and nothing from before its start. */
  readonly firings?: Firings;
  /** Told about every run that failed, and every claim that could not be made. Must not throw. */
  readonly onError: (job: Job, error: unknown, time: number) => void;
}

/** Timers are capped (Node's end at 2^31 ms), which also bounds how late a clock set forward is noticed. */
const LONGEST_WAIT_MS = 60_000;
/** A store that cannot be written now is asked again so much later (ms). */
const STORE_RETRY_MS = 1_000;

export const systemClock: SchedulerClock = {
  now: Date.now,
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { jobs, clock = systemClock, firings, onError } = options;
  const runners = jobs.map((job) => {
    const claims =
      firings === undefined
        ? ALONE
        : createClaims(firings, clock, (_rule, error, due) => onError(job, error, due));
    return createRunner(job, clock, claims, onError);
  });
  return {
    start: () => {
      for (const runner of runners) runner.start();
    },
    stop: async () => {
      await Promise.all(runners.map((runner) => runner.stop()));
    },
  };
}

function createRunner(job: Job, clock: SchedulerClock, claims: Claims, onError: SchedulerOptions['onError']) {
  const { name, schedule, overlap = false } = job;
  let stopped = true;
  let cancel = () => {};
  const running = new Set<Promise<void>>();
  const asking = new Set<Promise<void>>();
  /** The next moment that nobody is known to have served. */
  let due: number | undefined;
  let seen = 0;

  /** @param at look at the clock then, rather than when the job is due */
  const arm = (at = due) => {
    cancel();
    seen = clock.now();
    if (stopped || at === undefined || due === undefined) return;
    cancel = clock.after(Math.min(Math.max(0, at - seen), LONGEST_WAIT_MS), wake);
  };

  /** Whatever asks the store is waited for by `stop`. */
  const meanwhile = (work: () => Promise<void>) => {
    const done = work().finally(() => asking.delete(done));
    asking.add(done);
  };

  const wake = () => {
    if (stopped) return;
    const now = clock.now();
    if (now < seen) due = schedule.next(now);
    if (due === undefined || now < due) return arm();
    meanwhile(() => claim(schedule.last(now) ?? due!, now));
  };

  const claim = async (time: number, now: number) => {
    let claimed: Claim;
    try {
      claimed = await claims.claim(name, time, overlap);
    } catch (error) {
      onError(job, error, time);
      return arm(clock.now() + STORE_RETRY_MS);
    }
    if (claimed.kind === 'busy') return arm(Math.min(claimed.until, schedule.next(time) ?? claimed.until));
    due = schedule.next(Math.min(time, now));
    // Also when stopped meanwhile: a moment that was won is nobody else's until its lease has run out.
    if (claimed.kind === 'won') begin(time);
    // Without overlap the run arms again when it ends: what fell due meanwhile is then caught up at once.
    if (claimed.kind === 'served' || overlap) arm();
  };

  const begin = (time: number) => {
    const run = runOnce(time).finally(() => {
      running.delete(run);
      if (overlap) return;
      due = schedule.next(Math.min(time, clock.now()));
      arm();
    });
    running.add(run);
  };

  const runOnce = async (time: number) => {
    const end = claims.hold(name, time);
    try {
      await job.run(time);
    } catch (error) {
      onError(job, error, time);
    }
    await end();
  };

  const resume = async () => {
    const now = clock.now();
    let served: number | undefined;
    try {
      served = await claims.servedUntil(name);
    } catch (error) {
      onError(job, error, now);
      if (!stopped) cancel = clock.after(STORE_RETRY_MS, () => meanwhile(resume));
      return;
    }
    const from = Math.max(job.created ?? Number.NEGATIVE_INFINITY, served ?? Number.NEGATIVE_INFINITY);
    due = schedule.next(from === Number.NEGATIVE_INFINITY ? now : Math.min(from, now));
    arm();
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      meanwhile(resume);
    },
    async stop() {
      stopped = true;
      cancel();
      await Promise.all(asking);
      await Promise.all(running);
    },
  };
}
