/** Events of schedules: of an EventBridge rule, or of EventBridge Scheduler. */
import type { EventBridgeEvent } from 'aws-lambda';
import type { ScheduledRun } from '../environments/invocation.js';
import { arnParts } from './arn.js';
import { stableUuid } from './stable-uuid.js';

/** A rule's `detail` is an empty object, Scheduler's the text of one. */
export type ScheduledEvent = EventBridgeEvent<'Scheduled Event', Record<string, never> | '{}'>;

/**
 * The event of a run; what the trigger gives as input replaces it whole. Its id follows from rule and time, so that a
 * retry has the same.
 */
export function scheduledEvent(run: ScheduledRun, region: string): unknown {
  if (run.input !== undefined) return JSON.parse(run.input);
  const { account, region: ruleRegion } = arnParts(run.ruleArn, region);
  const isRule = run.method === 'eventBus';
  return {
    version: '0',
    id: stableUuid(`${run.ruleArn} ${run.time}`),
    'detail-type': 'Scheduled Event',
    source: isRule ? 'aws.events' : 'aws.scheduler',
    account,
    time: new Date(run.time).toISOString().replace(/\.\d+Z$/, 'Z'),
    region: ruleRegion,
    resources: [run.ruleArn],
    detail: isRule ? {} : '{}',
  } satisfies ScheduledEvent;
}
