/**
 * From a function's `schedule:` events to the scheduler's jobs: names, creation moments, and the run that a function
 * is told about.
 */
import type { Firings } from '../../stores/firings.js';
import type { ScheduledRun } from '../environments/invocation.js';
import type { FunctionManifest, ScheduleTrigger } from '../manifest/manifest.js';
import { parseSchedule } from './schedule.js';
import type { Job } from './scheduler.js';

/** Runs the function, or queues the run; resolves when nothing is left to do for this moment. */
export type StartRun = (fn: FunctionManifest, run: ScheduledRun, rule: string) => Promise<void>;

/** Jobs of all enabled schedules; their rules get registered. `now`: epoch ms. */
export async function scheduleJobs(
  functions: readonly FunctionManifest[],
  firings: Firings,
  now: number,
  start: StartRun,
): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const fn of functions) {
    for (const trigger of fn.triggers) {
      if (trigger.type !== 'schedule' || !trigger.enabled) continue;
      const name = `${fn.name}/${trigger.name}`;
      const { expression, timezone } = trigger;
      // With the zone, because another zone is another schedule; a rate knows none.
      const created = await firings.register(name, `${expression} ${timezone}`, now);
      jobs.push({
        name,
        schedule: parseSchedule(expression, created, { seconds: true, timezone }),
        created,
        overlap: fn.local.overlap,
        run: (time: number) => start(fn, scheduledRun(fn, trigger, time), name),
      });
    }
  }
  return jobs;
}

export function scheduledRun(fn: FunctionManifest, trigger: ScheduleTrigger, time: number): ScheduledRun {
  const { method, name } = trigger;
  return {
    time,
    ruleArn: ruleArn(fn.arn, method, name),
    method,
    ...(trigger.input === undefined ? {} : { input: JSON.stringify(trigger.input) }),
  };
}

/** In the region and account of the function. */
function ruleArn(functionArn: string, method: ScheduleTrigger['method'], name: string): string {
  const [, partition, , region, account] = functionArn.split(':');
  return method === 'eventBus'
    ? `arn:${partition}:events:${region}:${account}:rule/${name}`
    : `arn:${partition}:scheduler:${region}:${account}:schedule/default/${name}`;
}
