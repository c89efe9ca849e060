import { parseSchedule } from '../../../runtime/schedules/schedule.js';
import { createScheduler } from '../../../runtime/schedules/scheduler.js';
import { settle, VirtualClock } from '../../support/virtual-clock.js';

const START = Date.parse('2026-11-21T12:00:00Z');

function setUp(expression: string, run: (time: number) => Promise<void>) {
  const clock = new VirtualClock(START);
  const failures: unknown[] = [];
  const scheduler = createScheduler({
    clock,
    jobs: [{ name: 'job', schedule: parseSchedule(expression, START, { seconds: true }), run }],
    onError: (_job, error) => failures.push(error),
  });
  scheduler.start();
  return { clock, scheduler, failures };
}

/** Records the due moments, as seconds from the start. */
function recorder() {
  const times: number[] = [];
  const run = async (time: number) => {
    times.push((time - START) / 1000);
  };
  return { times, run };
}

test('runs at every due moment and is told which one', async () => {
  const { times, run } = recorder();
  const { clock, scheduler } = setUp('rate(1 second)', run);
  await clock.advance(3_500);
  expect(times).toEqual([1, 2, 3]);
  await scheduler.stop();
  expect(clock.timers).toBe(0);
});

test('waits longer than a timer may', async () => {
  const { times, run } = recorder();
  const { clock } = setUp('rate(30 days)', run);
  await clock.advance(30 * 86_400_000);
  expect(times).toEqual([30 * 86_400]);
});

test('does not overlap, and catches up what it missed with one run for the latest moment', async () => {
  //  due   1   2   3   4   5   6
  //  run   |-----------|4--|5  |6
  const times: number[] = [];
  let active = 0;
  let release: () => void = () => {};
  const { clock } = setUp('rate(1 second)', async (time) => {
    expect(++active).toBe(1);
    times.push((time - START) / 1000);
    if (times.length === 1) await new Promise<void>((resolve) => (release = resolve));
    active--;
  });
  await clock.advance(4_200);
  expect(times).toEqual([1]);
  release();
  await settle();
  await clock.advance(0);
  expect(times).toEqual([1, 4]);
  await clock.advance(2_000);
  expect(times).toEqual([1, 4, 5, 6]);
});

test('a clock set forward is caught up once', async () => {
  const { times, run } = recorder();
  const { clock } = setUp('rate(1 minute)', run);
  await settle();
  clock.jump(600_000);
  await clock.advance(60_000);
  await clock.advance(60_000);
  expect(times).toEqual([660, 720]);
});

test('a clock set back does not stop the job', async () => {
  const { times, run } = recorder();
  const { clock } = setUp('rate(1 second)', run);
  await clock.advance(10_000);
  clock.jump(-3_600_000);
  await clock.advance(3_000);
  expect(times.slice(0, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(times.length).toBeGreaterThanOrEqual(12);
});

test('a failed run is reported, and the next one runs', async () => {
  let runs = 0;
  const { clock, failures } = setUp('rate(1 second)', async () => {
    if (++runs === 1) throw new Error('no');
  });
  await clock.advance(2_000);
  expect(runs).toBe(2);
  expect(failures).toEqual([new Error('no')]);
});

test('stop waits for the run under way', async () => {
  let release: () => void = () => {};
  let ended = false;
  const { clock, scheduler } = setUp('rate(1 second)', async () => {
    await new Promise<void>((resolve) => (release = resolve));
    ended = true;
  });
  await clock.advance(1_000);
  const stopped = scheduler.stop();
  release();
  await stopped;
  expect(ended).toBe(true);
  expect(clock.timers).toBe(0);
});
