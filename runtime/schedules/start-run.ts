/**
 * How a scheduled run reaches its function. Millrace's own jobs are run at once, and once: they take up where the last
 * run ended, so a failed one costs lateness, and the next moment is the next chance. A plain Lambda handler is invoked
 * asynchronously, as EventBridge does it: its failures are retried and end at its destination.
 */
import type { Asynchronous } from '../asynchronous/asynchronous.js';
import type { FunctionPool, ScheduledRun } from '../environments/invocation.js';
import { scheduledEvent } from '../lambda/schedule-event.js';

export async function startRun(
  pool: FunctionPool,
  run: ScheduledRun,
  rule: string,
  asynchronous: Pick<Asynchronous, 'enqueue'>,
  region: string,
): Promise<void> {
  if (!(await pool.isPlainHandler())) return pool.scheduled(run);
  const payload = Buffer.from(JSON.stringify(scheduledEvent(run, region)));
  await asynchronous.enqueue([{ functionName: pool.functionName, id: `${rule}/${run.time}`, payload }]);
}
