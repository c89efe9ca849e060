/**
 * Lambda's Invoke API: `POST /2015-03-31/functions/{name}/invocations`. `aws lambda invoke --endpoint-url` and the
 * SDKs work against it; so does `millrace invoke`.
 *
 * Answers are the service's: the function's own in a 200, with `X-Amz-Function-Error` when it failed; 202 when it was
 * queued (`X-Amz-Invocation-Type: Event`); 204 for a DryRun; else an error document with `X-Amzn-ErrorType`.
 */
import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { messageOf } from '../../common/errors.js';
import { ThrottledError } from '../environments/failures.js';
import type { DirectInvocation, FunctionPool } from '../environments/invocation.js';
import { lambdaErrorOf } from '../lambda/errors.js';
import { type ControlAccess, refuseControl } from './control-access.js';

export interface InvocationRoutesOptions {
  readonly access: ControlAccess;
  /** The environments of a function, or undefined when there is none of this name. */
  readonly poolOf: (functionName: string) => Pick<FunctionPool, 'invoke'> | undefined;
  /** Resolves when the invocation is sure to happen; it happens later, under this request id. */
  readonly enqueue: (functionName: string, requestId: string, payload: Uint8Array) => Promise<void>;
}

/** Lambda's limits for the event: 6 MB when somebody waits for the answer, else 1 MB. */
const MAX_SYNC_BYTES = 6 * 1024 * 1024;
const MAX_ASYNC_BYTES = 1024 * 1024;
const VERSION = '$LATEST';
const NO_EVENT = new TextEncoder().encode('{}');

export function invocationRoutes(options: InvocationRoutesOptions): Hono {
  const app = new Hono();
  const limit = bodyLimit({ maxSize: MAX_SYNC_BYTES, onError: () => tooLarge(MAX_SYNC_BYTES) });
  app.post('/2015-03-31/functions/:name/invocations', async (c, next) => {
    // Before the body: what may not pass is not read either.
    const refusal = refuseControl(c.req.raw, true, options.access);
    return refusal ?? next();
  });
  app.post('/2015-03-31/functions/:name/invocations', limit, async (c) => {
    const { name, qualifier } = functionNamed(c.req.param('name'));
    const pool = options.poolOf(name);
    if (pool === undefined || (c.req.query('Qualifier') ?? qualifier ?? VERSION) !== VERSION) {
      return failure(404, 'ResourceNotFoundException', {
        Message: `Function not found: ${c.req.param('name')}`,
      });
    }
    const body = new Uint8Array(await c.req.arrayBuffer());
    const payload = body.byteLength === 0 ? NO_EVENT : body;
    const problem = jsonProblem(payload);
    if (problem !== undefined) {
      return failure(400, 'InvalidRequestContentException', {
        Message: `Could not parse request body into json: ${problem}`,
      });
    }
    switch (c.req.header('x-amz-invocation-type') ?? 'RequestResponse') {
      case 'RequestResponse':
        return invoke(
          pool,
          { payload, ...clientContext(c.req.header('x-amz-client-context')) },
          c.req.header('x-amz-log-type') === 'Tail',
        );
      case 'Event':
        if (payload.byteLength > MAX_ASYNC_BYTES) return tooLarge(MAX_ASYNC_BYTES);
        return enqueue(options, name, payload);
      case 'DryRun':
        return new Response(null, { status: 204 });
      default:
        return failure(400, 'InvalidParameterValueException', {
          message: 'X-Amz-Invocation-Type must be RequestResponse, Event or DryRun',
        });
    }
  });
  return app;
}

async function invoke(
  pool: Pick<FunctionPool, 'invoke'>,
  invocation: DirectInvocation,
  logs: boolean,
): Promise<Response> {
  try {
    const result = await pool.invoke(invocation);
    const failed = result.kind === 'error';
    const answer = failed
      ? JSON.stringify(lambdaErrorOf(result.error))
      : (result.payload as Uint8Array<ArrayBuffer>);
    return new Response(answer, {
      headers: {
        'content-type': 'application/json',
        'x-amzn-requestid': result.requestId,
        'x-amz-executed-version': VERSION,
        ...(logs ? { 'x-amz-log-result': Buffer.from(result.report).toString('base64') } : {}),
        ...(failed ? { 'x-amz-function-error': 'Unhandled' } : {}),
      },
    });
  } catch (error) {
    if (!(error instanceof ThrottledError)) throw error;
    return failure(429, 'TooManyRequestsException', { Reason: error.reason, message: 'Rate Exceeded.' });
  }
}

async function enqueue(
  options: InvocationRoutesOptions,
  name: string,
  payload: Uint8Array,
): Promise<Response> {
  const requestId = randomUUID();
  await options.enqueue(name, requestId, payload);
  return new Response(null, { status: 202, headers: { 'x-amzn-requestid': requestId } });
}

/** `name`, `name:qualifier`, `account:function:name` or an ARN. */
function functionNamed(text: string): { name: string; qualifier: string | undefined } {
  const at = text.indexOf('function:');
  const [name = '', qualifier] = (at < 0 ? text : text.slice(at + 'function:'.length)).split(':');
  return { name, qualifier };
}

function jsonProblem(payload: Uint8Array): string | undefined {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** The header is base64 of JSON. */
function clientContext(header: string | undefined): { clientContext?: string } {
  return header === undefined ? {} : { clientContext: Buffer.from(header, 'base64').toString() };
}

function tooLarge(limit: number): Response {
  return failure(413, 'RequestTooLargeException', { message: `Request must be smaller than ${limit} bytes` });
}

function failure(status: number, type: string, document: object): Response {
  return new Response(JSON.stringify({ Type: 'User', ...document }), {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': type },
  });
}
