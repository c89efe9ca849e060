/**
 * A Millrace function in Lambda's clothes: translates the event and the answer, nothing else.
 *
 * - Kinesis event -> one batch per shard -> `process` -> `batchItemFailures` by sequence number. A rejection is let
 *   through, so that Lambda fails the whole batch.
 * - Scheduled event (EventBridge rule) -> `scheduled`, with the moment it was due.
 * - HTTP API, payload version 2 -> `fetch`.
 *
 * `create` runs once per environment, in its first invocation; when it fails, the next invocation tries again.
 */
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { MillraceError } from '../../common/errors.js';
import type { CreateFunction, EntryPoints, InvocationContext, Platform } from '../../functions/contract.js';
import { type HttpApiEvent, type HttpApiResult, requestOf, resultOf } from './http.js';
import { batchesOf } from './kinesis.js';

/** What the three kinds of events answer. */
export interface StreamAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}
export interface ScheduledInvocation {
  readonly source: 'aws.events' | 'aws.scheduler';
  /** RFC 3339: when the schedule was due. */
  readonly time: string;
}
export type LambdaEvent = KinesisStreamEvent | ScheduledInvocation | HttpApiEvent;
export type LambdaAnswer = StreamAnswer | HttpApiResult | undefined;
export type LambdaHandler = (event: LambdaEvent, context: LambdaContext) => Promise<LambdaAnswer>;
/** The part of Lambda's context that is used. */
export type LambdaContext = Pick<Context, 'functionName' | 'awsRequestId' | 'getRemainingTimeInMillis'>;

/** Gives a function what a deployment on AWS has: stores, streams, MQTT. */
export type PlatformOf = () => Platform | Promise<Platform>;

const noPlatform: PlatformOf = () => {
  throw new MillraceError('this build has no stores for AWS Lambda', {
    code: 'PLATFORM_UNAVAILABLE',
    hint: 'Run the function with `npm start`, or pass lambdaHandler a platform of your own.',
  });
};

/** What a handler was made of, for runtimes that take the straight path; shared by copies of this module. */
const CREATE = Symbol.for('millrace.create');

/** The `create` that `lambdaHandler` made this handler of; undefined for anybody else's handler. */
export function createOf(handler: object): CreateFunction | undefined {
  return (handler as { [CREATE]?: CreateFunction })[CREATE];
}

/** @param platformOf called once per environment, before `create` */
export function lambdaHandler(create: CreateFunction, platformOf: PlatformOf = noPlatform): LambdaHandler {
  let warm: Promise<EntryPoints> | undefined;
  const start = async (): Promise<EntryPoints> => create(await platformOf());
  const handler: LambdaHandler = async (event, lambdaContext) => {
    warm ??= start();
    const entry = await warm.catch((error: unknown) => {
      warm = undefined;
      throw error;
    });
    return dispatch(entry, event, contextOf(lambdaContext));
  };
  return Object.assign(handler, { [CREATE]: create });
}

async function dispatch(
  entry: EntryPoints,
  event: LambdaEvent,
  context: InvocationContext,
): Promise<LambdaAnswer> {
  if ('Records' in event) {
    const process = entry.process ?? unsupported(context, 'stream');
    const failures: { itemIdentifier: string }[] = [];
    for (const batch of batchesOf(event)) {
      const result = await process(batch, context);
      for (const offset of result.batchItemFailures) failures.push({ itemIdentifier: offset.toString() });
    }
    return { batchItemFailures: failures };
  }
  if ('requestContext' in event) {
    const fetch = entry.fetch ?? unsupported(context, 'httpApi');
    return resultOf(await fetch(requestOf(event), context));
  }
  const scheduled = entry.scheduled ?? unsupported(context, 'schedule');
  const time = Date.parse(event.time);
  if (Number.isNaN(time)) {
    throw new MillraceError(`scheduled event without a usable time: ${JSON.stringify(event.time)}`, {
      code: 'LAMBDA_EVENT_INVALID',
    });
  }
  await scheduled({ time }, context);
  return undefined;
}

function unsupported(context: InvocationContext, trigger: string): never {
  throw new MillraceError(`function ${context.functionName} has no entry point for a ${trigger} event`, {
    code: 'LAMBDA_EVENT_INVALID',
    hint: `Take the ${trigger} trigger from the function in serverless.yml.`,
  });
}

function contextOf(context: LambdaContext): InvocationContext {
  return {
    functionName: context.functionName,
    requestId: context.awsRequestId,
    remainingTimeMs: () => context.getRemainingTimeInMillis(),
  };
}
