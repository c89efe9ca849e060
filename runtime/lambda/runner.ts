/**
 * Runs a plain Lambda handler, unmodified: turns what the environment is asked into the event that AWS would send,
 * calls the handler by Lambda's rules and reads its answer as the event's source would.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { BatchInvocation, BatchOutcome, DirectInvocation } from '../environments/invocation.js';
import type { EnvironmentSpec } from '../environments/protocol.js';
import type { InvocationInfo, Runner } from '../environments/runner.js';
import { answerJson } from './answer.js';
import { arnParts } from './arn.js';
import { readBatchAnswer } from './batch-answer.js';
import { type BatchEventOptions, batchEventOf } from './batch-event.js';
import { type AnyHandler, callHandler } from './call.js';
import { setRequestId, structureConsole } from './console.js';
import { contextFactory } from './context.js';
import { eventLoop } from './event-loop.js';
import { httpResponseOf } from './http-answer.js';
import { httpEvent } from './http-event.js';
import { scheduledEvent } from './schedule-event.js';

/**
 * @param handler the export as found
 * @param log for what the function writes to its console
 * @param shown see `BatchEventOptions`; plain handlers see values
 * @throws MillraceError `HANDLER_INVALID`
 */
export function createLambdaRunner(
  handler: unknown,
  spec: EnvironmentSpec,
  log: Logger,
  shown: Pick<BatchEventOptions, 'enveloped'> = {},
): Runner {
  if (typeof handler !== 'function') {
    throw new MillraceError(`'${spec.handlerExport}' of ${spec.modulePath} is not a function`, {
      code: 'HANDLER_INVALID',
      hint: `Name a function as handler of '${spec.functionName}' in serverless.yml.`,
    });
  }
  const isOwnProcess = spec.isolation !== 'inline';
  const newContext = contextFactory(spec);
  const loop = eventLoop(!isOwnProcess);
  const options: BatchEventOptions = { region: spec.region, ...shown };
  const { account } = arnParts(spec.functionArn, spec.region);
  if (isOwnProcess) structureConsole(log);

  /** @returns JSON of the answer */
  const call = async (event: unknown, info: InvocationInfo, clientContext?: string): Promise<string> => {
    if (isOwnProcess) {
      setRequestId(info.requestId);
      process.env._X_AMZN_TRACE_ID = newTraceId();
    }
    const context = newContext(info, clientContext);
    return answerJson(await callHandler(handler as AnyHandler, event, context, loop));
  };

  return {
    async batch(invocation, info) {
      const { event, count, identifiers } = batchEventOf(invocation, options);
      if (count === 0 && invocation.window?.isFinal !== true) return unchanged(invocation);
      const answer: unknown = JSON.parse(await call(event, info));
      const { window, source } = invocation;
      const { failures, state } = readBatchAnswer(
        answer,
        { reportsFailures: source.reportsFailures, ...(window === undefined ? {} : { window }) },
        identifiers,
      );
      const rest = state === undefined ? {} : { state };
      return failures.length === 0 ? { kind: 'success', ...rest } : { kind: 'partial', failures, ...rest };
    },
    async scheduled(run, info) {
      await call(scheduledEvent(run, spec.region), info);
    },
    async fetch(request, info) {
      const facts = { requestId: info.requestId, accountId: account, time: Date.now() };
      return httpResponseOf(JSON.parse(await call(httpEvent(request, facts), info)));
    },
    async event(invocation, info) {
      return Buffer.from(await call(eventOf(invocation), info, invocation.clientContext));
    },
  };
}

/** Of a batch with nothing to show: the window's state stays what it was. */
function unchanged({ window }: BatchInvocation): BatchOutcome {
  return window === undefined ? { kind: 'success' } : { kind: 'success', state: window.state };
}

/** No payload at all is an empty object, as on Lambda. */
function eventOf({ payload }: DirectInvocation): unknown {
  if (payload.byteLength === 0) return {};
  try {
    return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString());
  } catch (cause) {
    throw new MillraceError(`Could not parse request body into json: ${messageOf(cause)}`, {
      code: 'EVENT_NOT_JSON',
      hint: 'Send the event as JSON.',
      cause,
    });
  }
}

/** X-Ray's header; nothing is sampled, as there is nobody to send it to. */
function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  const random = randomBytes(20).toString('hex');
  return `Root=1-${seconds}-${random.slice(0, 24)};Parent=${random.slice(24)};Sampled=0`;
}
