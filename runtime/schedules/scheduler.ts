/**
 * Runs jobs on their schedules, in one process.
 *
 * - A job never overlaps itself: while it runs, what falls due waits.
 * - Missed moments (a long run, a suspended laptop, a clock set forward) are caught up by one run, for the latest.
 * - A clock set back does not stop a job: its next moment is counted from the clock as it is.
 * - A run that fails is reported and not repeated; the next moment is the next chance. Jobs are idempotent and take
 *   up where they ended, so a skipped one costs lateness and nothing else.
 */
import type { Schedule } from './schedule.js';

export interface SchedulerClock {
  /** Epoch ms. */
  now(): number;
  /** Calls `work` once after `ms`. Returns how to stop that. */
  after(ms: number, work: () => void): () => void;
}

export interface Job {
  readonly name: string;
  readonly schedule: Schedule;
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
  /** Told about every run that failed. Must not throw. */
  readonly onError: (job: Job, error: unknown, time: number) => void;
}

/** Timers are capped (Node's end at 2^31 ms), which also bounds how late a clock set forward is noticed. */
const LONGEST_WAIT_MS = 60_000;

export const systemClock: SchedulerClock = {
  now: Date.now,
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

export function createScheduler({ jobs, clock = systemClock, onError }: SchedulerOptions): Scheduler {
  const runners = jobs.map((job) => createRunner(job, clock, onError));
  return {
    start: () => {
      for (const runner of runners) runner.start();
    },
    stop: async () => {
      await Promise.all(runners.map((runner) => runner.stop()));
    },
  };
}

function createRunner(job: Job, clock: SchedulerClock, onError: SchedulerOptions['onError']) {
  let stopped = true;
  let cancel = () => {};
  let running: Promise<void> | undefined;
  let due: number | undefined;
  let seen = 0;

  const arm = () => {
    seen = clock.now();
    if (stopped || due === undefined) return;
    cancel = clock.after(Math.min(Math.max(0, due - seen), LONGEST_WAIT_MS), wake);
  };

  const wake = () => {
    if (stopped) return;
    const now = clock.now();
    if (now < seen) due = job.schedule.next(now);
    else if (due !== undefined && now >= due) {
      const time = job.schedule.last(now) ?? due;
      running = runOnce(time);
      return;
    }
    arm();
  };

  const runOnce = async (time: number) => {
    try {
      await job.run(time);
    } catch (error) {
      onError(job, error, time);
    }
    running = undefined;
    // Counted from the moment just served, so that what fell due meanwhile is caught up at once.
    due = job.schedule.next(Math.min(time, clock.now()));
    arm();
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      due = job.schedule.next(clock.now());
      arm();
    },
    async stop() {
      stopped = true;
      cancel();
      await running;
    },
  };
}
