/**
 * Runs modules that export `create`: their entry points get batches, times and requests as they are, without base64
 * and JSON envelopes. Only an event of no kind of its own goes through the function's Lambda handler.
 */

import type { LambdaEvent, LambdaHandler } from '../../adapters/aws/lambda.js';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { MillraceError } from '../../common/errors.js';
import type { CreateFunction, EntryPoints, InvocationContext, Platform } from '../../functions/contract.js';
import type { BatchOutcome } from './invocation.js';
import type { EnvironmentSpec } from './protocol.js';
import type { InvocationInfo, Runner } from './runner.js';

const SUCCEEDED: BatchOutcome = Object.freeze({ kind: 'success' });

/** Creates the function; rejects with what `create` threw. */
export async function createDirectRunner(
  create: CreateFunction,
  platform: Platform,
  spec: EnvironmentSpec,
): Promise<Runner> {
  const points = await create(platform);
  const { functionName } = spec;
  const contextOf = ({ requestId, deadline }: InvocationInfo): InvocationContext => ({
    functionName,
    requestId,
    remainingTimeMs: () => Math.max(0, deadline - performance.now()),
  });
  let handler: LambdaHandler | undefined;

  return {
    async batch({ source, batch, window }, info) {
      if (window !== undefined) throw noWindows(functionName);
      const { batchItemFailures } = await entry(points, 'process', functionName)(batch, contextOf(info));
      return batchItemFailures.length === 0 || !source.reportsFailures
        ? SUCCEEDED
        : { kind: 'partial', failures: batchItemFailures };
    },
    async scheduled({ time }, info) {
      await entry(points, 'scheduled', functionName)({ time }, contextOf(info));
    },
    async fetch({ method, url, headers, body }, info) {
      const request = new Request(url, {
        method,
        headers: headers.map(([name, value]) => [name, value]),
        body: body as Uint8Array<ArrayBuffer> | null,
      });
      const response = await entry(points, 'fetch', functionName)(request, contextOf(info));
      return {
        status: response.status,
        headers: [...response.headers],
        body: new Uint8Array(await response.arrayBuffer()),
      };
    },
    async event({ payload }, info) {
      // The function there is, not another one: its entry points may hold state.
      handler ??= lambdaHandler(
        () => points,
        () => platform,
      );
      const event = JSON.parse(Buffer.from(payload).toString()) as LambdaEvent;
      const { requestId, remainingTimeMs } = contextOf(info);
      const answer = await handler(event, {
        functionName,
        awsRequestId: requestId,
        getRemainingTimeInMillis: remainingTimeMs,
      });
      return Buffer.from(JSON.stringify(answer ?? null));
    },
  };
}

function entry<K extends keyof EntryPoints>(
  points: EntryPoints,
  name: K,
  functionName: string,
): NonNullable<EntryPoints[K]> {
  const point = points[name];
  if (point !== undefined) return point;
  throw new MillraceError(`function '${functionName}' cannot handle this trigger: it has no '${name}'`, {
    code: 'ENTRY_POINT_MISSING',
    hint: `Return '${name}' from the module's create(), or remove the trigger from serverless.yml.`,
  });
}

function noWindows(functionName: string): MillraceError {
  return new MillraceError(`function '${functionName}' cannot keep a tumbling window's state`, {
    code: 'WINDOW_UNSUPPORTED',
    hint: 'Take tumblingWindowInSeconds from its trigger: only plain Lambda handlers get and return such a state.',
  });
}
