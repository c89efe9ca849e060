import type { ScheduledRun } from '../../../runtime/environments/invocation.js';
import type { FunctionManifest, ScheduleTrigger } from '../../../runtime/manifest/manifest.js';
import { scheduleJobs } from '../../../runtime/schedules/rules.js';
import { openFirings } from '../../../stores/sqlite/firings.js';

const HOUR = 3_600_000;

function fn(...triggers: Partial<ScheduleTrigger>[]): FunctionManifest {
  return {
    name: 'rollup',
    arn: 'arn:aws:lambda:eu-west-1:000000000000:function:rollup',
    local: { overlap: true },
    triggers: triggers.map((trigger) => ({
      type: 'schedule',
      name: 'hourly',
      expression: 'rate(1 hour)',
      timezone: 'UTC',
      method: 'eventBus',
      enabled: true,
      ...trigger,
    })),
  } as unknown as FunctionManifest;
}

test('jobs of enabled schedules tell the function its rule, the moment and the input', async () => {
  const firings = openFirings(':memory:');
  const runs: [ScheduledRun, string][] = [];
  const jobs = await scheduleJobs(
    [fn({}, { name: 'off', enabled: false }, { name: 'nightly', method: 'scheduler', input: { a: 1 } })],
    firings,
    5 * HOUR,
    async (_fn, run, rule) => {
      runs.push([run, rule]);
    },
  );
  expect(jobs.map(({ name, created, overlap }) => ({ name, created, overlap }))).toEqual([
    { name: 'rollup/hourly', created: 5 * HOUR, overlap: true },
    { name: 'rollup/nightly', created: 5 * HOUR, overlap: true },
  ]);
  expect(jobs[0]?.schedule.next(5 * HOUR)).toBe(6 * HOUR);
  for (const job of jobs) await job.run(7);
  expect(runs).toEqual([
    [
      { time: 7, method: 'eventBus', ruleArn: 'arn:aws:events:eu-west-1:000000000000:rule/hourly' },
      'rollup/hourly',
    ],
    [
      {
        time: 7,
        method: 'scheduler',
        ruleArn: 'arn:aws:scheduler:eu-west-1:000000000000:schedule/default/nightly',
        input: '{"a":1}',
      },
      'rollup/nightly',
    ],
  ]);
  await firings.close();
});

test('a later start counts a rate from its creation, another expression from now', async () => {
  const firings = openFirings(':memory:');
  const created = async (expression: string, now: number) =>
    (await scheduleJobs([fn({ expression })], firings, now, () => Promise.resolve()))[0]?.created;
  expect(await created('rate(1 hour)', 1)).toBe(1);
  expect(await created('rate(1 hour)', 2)).toBe(1);
  expect(await created('rate(2 hours)', 3)).toBe(3);
  await firings.close();
});
