/** The thread of `lambda-environment.ts`: a Lambda runner with nothing around it. Runs from the built tree. */
import { parentPort, workerData } from 'node:worker_threads';
import pino from 'pino';
import { serializeError } from '../../runtime/environments/errors.js';
import type { BatchInvocation } from '../../runtime/environments/invocation.js';
import type { EnvironmentSpec } from '../../runtime/environments/protocol.js';
import type { InvocationInfo } from '../../runtime/environments/runner.js';
import { loadHandler } from '../../runtime/lambda/load.js';
import { createLambdaRunner } from '../../runtime/lambda/runner.js';

const host = parentPort!;
const spec = workerData as EnvironmentSpec;
const log = pino(
  { level: spec.logLevel, base: { function: spec.functionName } },
  { write: (line: string) => host.postMessage({ line: JSON.parse(line) }) },
);

const loaded = loadHandler(spec.modulePath, spec.handlerExport).then(({ handler }) =>
  createLambdaRunner(handler, spec, log),
);

type Order = { readonly requestId: string } & (
  | { readonly entry: 'batch'; readonly given: BatchInvocation }
  | { readonly entry: 'scheduled' | 'fetch' | 'event'; readonly given: never }
);

/** The structured clone makes a plain array of a batch's buffer. */
function withBuffer(invocation: BatchInvocation): BatchInvocation {
  const { batch } = invocation;
  return { ...invocation, batch: { ...batch, frames: Buffer.from(batch.frames) } };
}

async function run(order: Order): Promise<unknown> {
  const runner = await loaded;
  const info: InvocationInfo = { requestId: order.requestId, deadline: performance.now() + spec.timeoutMs };
  if (order.entry === 'batch') return runner.batch(withBuffer(order.given), info);
  return runner[order.entry](order.given, info);
}

host.on('message', (order: Order) => {
  void run(order).then(
    (answer) => host.postMessage({ answer }),
    (error) => host.postMessage({ error: serializeError(error) }),
  );
});
