/**
 * Entries under a function's `events:` as triggers: stream (Kinesis), kafka, msk, sqs, schedule, iot and httpApi.
 * Whatever else AWS or osls knows is refused with the reason; nothing is ignored.
 */

import { type PathKeys, suggestion } from '../../common/problems.js';
import { httpTrigger } from './http-trigger.js';
import { iotTrigger } from './iot-trigger.js';
import { kafkaTrigger } from './kafka-trigger.js';
import type { Trigger } from './manifest.js';
import { queueTrigger } from './queue-trigger.js';
import { scheduleTriggers } from './schedule-trigger.js';
import { streamTrigger } from './stream-trigger.js';
import type { TriggerContext } from './trigger-context.js';

type ReadTriggers = (value: unknown, at: PathKeys, context: TriggerContext) => Trigger[];

const READERS: Readonly<Record<string, ReadTriggers>> = {
  stream: streamTrigger,
  kafka: (value, at, context) => kafkaTrigger(value, 'kafka', at, context),
  msk: (value, at, context) => kafkaTrigger(value, 'msk', at, context),
  sqs: queueTrigger,
  schedule: scheduleTriggers,
  iot: iotTrigger,
  httpApi: (value, at, { problems }) => httpTrigger(value, at, problems),
};
const LOCAL = Object.keys(READERS);

const NO_SUCH_SERVICE = 'events of a service that has no stand-in here';
/** Event types that osls 4.3 packages for AWS and that do not run locally, with the reason. */
const AWS_ONLY: Readonly<Record<string, string>> = {
  activemq: 'there is no message broker of this kind here; use kafka or sqs',
  alb: 'there is no load balancer here; use httpApi',
  alexaSkill: NO_SUCH_SERVICE,
  alexaSmartHome: NO_SUCH_SERVICE,
  cloudFront: NO_SUCH_SERVICE,
  cloudwatchEvent: 'there is no event bus here; use schedule or stream',
  cloudwatchLog: NO_SUCH_SERVICE,
  cognitoUserPool: NO_SUCH_SERVICE,
  eventBridge: 'there is no event bus here; use schedule or stream',
  http: 'it is a REST API with an event shape of its own; use httpApi',
  iotFleetProvisioning: NO_SUCH_SERVICE,
  rabbitmq: 'there is no message broker of this kind here; use kafka or sqs',
  s3: NO_SUCH_SERVICE,
  sns: 'there are no topics to subscribe to here; use sqs or iot',
  websocket: 'there is no WebSocket API here; devices and pages talk MQTT over WebSocket',
};

/** The triggers of one entry; empty when a problem was added. */
export function triggersOf(event: unknown, at: PathKeys, context: TriggerContext): Trigger[] {
  const { problems, functionName } = context;
  const entries = typeof event === 'string' ? [[event, undefined] as const] : Object.entries(Object(event));
  const [entry, ...others] = entries;
  if (entry === undefined || others.length > 0) {
    problems.add(at, `must name one trigger, such as ${LOCAL.join(', ')}`);
    return [];
  }
  const [type, value] = entry;
  const read = READERS[type];
  if (read !== undefined) return read(value, [...at, type], context);
  const reason = AWS_ONLY[type];
  problems.add(
    [...at, type],
    reason === undefined
      ? `function ${functionName}: unknown trigger ${type}${suggestion(type, LOCAL)}`
      : `function ${functionName}: the trigger ${type} runs on AWS only: ${reason}`,
  );
  return [];
}
