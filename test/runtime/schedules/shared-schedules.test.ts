/** Schedulers that keep their books in a store: restarts, several processes, and processes that die. */
import { LEASE_MS } from '../../../runtime/schedules/claims.js';
import { parseSchedule } from '../../../runtime/schedules/schedule.js';
import { createScheduler, type Scheduler } from '../../../runtime/schedules/scheduler.js';
import type { Firings } from '../../../stores/firings.js';
import { openFirings } from '../../../stores/sqlite/firings.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

const START = Date.parse('2026-11-21T12:00:00Z');
const MINUTE = 60_000;

let firings: Firings;
let clock: VirtualClock;
beforeEach(() => {
  firings = openFirings(':memory:');
  clock = new VirtualClock(START);
});
afterEach(() => firings.close());

interface Process {
  readonly scheduler: Scheduler;
  /** Moments run, in minutes from the start. */
  readonly times: number[];
  readonly errors: unknown[];
  /** kill -9: nothing of it happens any more. */
  kill(): void;
}

async function startProcess(
  expression: string,
  options: { run?: () => Promise<void>; overlap?: boolean } = {},
): Promise<Process> {
  const created = await firings.register('job', expression, clock.now());
  const times: number[] = [];
  const errors: unknown[] = [];
  let alive = true;
  const scheduler = createScheduler({
    clock: { now: () => clock.now(), after: (ms, work) => clock.after(ms, () => alive && work()) },
    firings,
    jobs: [
      {
        name: 'job',
        schedule: parseSchedule(expression, created, { seconds: true }),
        created,
        overlap: options.overlap ?? false,
        run: async (time) => {
          times.push((time - START) / MINUTE);
          await options.run?.();
        },
      },
    ],
    onError: (_job, error) => errors.push(error),
  });
  scheduler.start();
  const kill = () => {
    alive = false;
  };
  return { scheduler, times, errors, kill };
}

const never = () => new Promise<void>(() => {});

test('a rate goes on in its rhythm after a restart, and what was missed is caught up once', async () => {
  //  moments  0   7   14  21  28  35  42
  //  process  |first-----|        |second--
  const first = await startProcess('rate(7 minutes)');
  await clock.advance(15 * MINUTE);
  expect(first.times).toEqual([7, 14]);
  await first.scheduler.stop();
  await clock.advance(16 * MINUTE);
  const second = await startProcess('rate(7 minutes)');
  await clock.advance(12 * MINUTE);
  expect(second.times).toEqual([28, 35, 42]);
});

test('nothing is caught up when nothing was missed', async () => {
  const first = await startProcess('cron(0 * * * ? *)');
  await clock.advance(61 * MINUTE);
  await first.scheduler.stop();
  const second = await startProcess('cron(0 * * * ? *)');
  await clock.advance(10 * MINUTE);
  expect([first.times, second.times]).toEqual([[60], []]);
});

test('several processes share the moments: each is run once', async () => {
  const processes = [
    await startProcess('rate(1 minute)'),
    await startProcess('rate(1 minute)'),
    await startProcess('rate(1 minute)'),
  ];
  await clock.advance(20 * MINUTE);
  const all = processes.flatMap(({ times }) => times).sort((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(processes.flatMap(({ errors }) => errors)).toEqual([]);
});

test('no other process runs a job while it is being run; the moments meanwhile are caught up once', async () => {
  let release: () => void = () => {};
  const slow = await startProcess('rate(1 minute)', {
    run: () =>
      slow.times.length === 1 ? new Promise<void>((resolve) => (release = resolve)) : Promise.resolve(),
  });
  const other = await startProcess('rate(1 minute)');
  await clock.advance(5.5 * MINUTE);
  expect([slow.times, other.times]).toEqual([[1], []]);
  release();
  await settle();
  await clock.advance(2 * MINUTE);
  expect([...slow.times, ...other.times].sort()).toEqual([1, 5, 6, 7]);
});

test('a run that dies with its process is taken up by another one', async () => {
  const dying = await startProcess('rate(1 hour)', { run: never });
  const other = await startProcess('rate(1 hour)');
  await clock.advance(60 * MINUTE);
  expect([dying.times, other.times]).toEqual([[60], []]);
  dying.kill();
  await clock.advance(LEASE_MS + 1_000);
  expect(other.times).toEqual([60]);
  await clock.advance(60 * MINUTE);
  expect(other.times).toEqual([60, 120]);
});

test('a run that died is taken up by the next start, at once when that is alone', async () => {
  const dying = await startProcess('rate(1 hour)', { run: never });
  await clock.advance(60 * MINUTE);
  dying.kill();
  await firings.releaseAll();
  const next = await startProcess('rate(1 hour)');
  await clock.advance(1);
  expect(next.times).toEqual([60]);
});

test('a run that failed is finished: the next moment is the next chance', async () => {
  const failing = await startProcess('rate(1 hour)', { run: () => Promise.reject(new Error('no')) });
  await clock.advance(60 * MINUTE);
  await failing.scheduler.stop();
  const next = await startProcess('rate(1 hour)');
  await clock.advance(59 * MINUTE);
  expect([failing.errors.length, next.times]).toEqual([1, []]);
});

test('runs overlap where the job asks for it', async () => {
  const process = await startProcess('rate(1 minute)', { run: never, overlap: true });
  await clock.advance(3 * MINUTE);
  expect(process.times).toEqual([1, 2, 3]);
});

test('a clock set back by an hour stops no job', async () => {
  const process = await startProcess('rate(1 minute)');
  await clock.advance(2 * MINUTE);
  clock.jump(-60 * MINUTE);
  await clock.advance(3 * MINUTE);
  expect(process.times.slice(0, 2)).toEqual([1, 2]);
  expect(process.times.length).toBeGreaterThanOrEqual(4);
});

test('a store that cannot be written is reported and asked again', async () => {
  const { claim } = firings;
  let failures = 3;
  firings = {
    ...firings,
    claim: async (request) => {
      if (failures-- > 0) throw new Error('disk full');
      return claim(request);
    },
  };
  const process = await startProcess('rate(1 minute)');
  await clock.advance(MINUTE + 5_000);
  expect(process.errors.length).toBe(3);
  expect(process.times).toEqual([1]);
});

test('a store that cannot be read at the start is reported and asked again', async () => {
  const { last } = firings;
  let failures = 3;
  firings = {
    ...firings,
    last: async (rule) => {
      if (failures-- > 0) throw new Error('no connection');
      return last(rule);
    },
  };
  const process = await startProcess('rate(1 minute)');
  await clock.advance(MINUTE);
  expect(process.errors.length).toBe(3);
  expect(process.times).toEqual([1]);
  await process.scheduler.stop();
  expect(clock.timers).toBe(0);
});

test('a stop waits for the claim under way, and for the run it wins', async () => {
  const { claim } = firings;
  let answer: () => void = () => {};
  firings = {
    ...firings,
    claim: async (request) => {
      await new Promise<void>((resolve) => (answer = resolve));
      return claim(request);
    },
  };
  const process = await startProcess('rate(1 minute)');
  await clock.advance(MINUTE);
  expect(process.times).toEqual([]);
  const stopped = process.scheduler.stop();
  answer();
  await stopped;
  expect(process.times).toEqual([1]);
  expect(await firings.last('job')).toEqual({ due: START + MINUTE, finished: true });
  expect(clock.timers).toBe(0);
});
