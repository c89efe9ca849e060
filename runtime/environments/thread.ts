/**
 * The inside of an environment: a worker thread that imports one function's module, creates the function once
 * (the cold start) and then handles what the host sends, one thing at a time.
 */

import { randomUUID } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import pino from 'pino';
import { MillraceError } from '../../common/errors.js';
import type { CreateFunction, EntryPoints, InvocationContext, Platform } from '../../functions/contract.js';
import { openSqliteStores } from '../../stores/sqlite/stores.js';
import type { Batch } from '../../streams/batch.js';
import { FrameWriter } from '../../streams/record.js';
import { deserializeError, serializeError } from './errors.js';
import { unpackBatches } from './packing.js';
import type {
  BatchOutcome,
  EnvironmentSpec,
  FromEnvironment,
  PlatformCall,
  PlatformResults,
  ToEnvironment,
  Work,
} from './protocol.js';
import { standBack } from './stand-back.js';

const spec = workerData as EnvironmentSpec;
const host = parentPort!;
const log = pino(
  { level: spec.logLevel, base: { function: spec.functionName } },
  pino.destination({ fd: 2, sync: true }),
);
const stores = openSqliteStores(spec.storesDirectory);

/** Buffers below this are copied by the structured clone for less than a transfer costs. */
const WORTH_TRANSFERRING = 16 * 1024;

function send(message: FromEnvironment, transfer: ArrayBuffer[] = []): void {
  host.postMessage(message, transfer);
}

/** Shared with the host; what lies in it is valid until the invocation is answered. */
let memory: Buffer = Buffer.alloc(0);
const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
let calls = 0;

function call<M extends PlatformCall['method']>(
  request: Extract<PlatformCall, { method: M }>,
  transfer: ArrayBuffer[] = [],
): Promise<PlatformResults[M]> {
  const id = ++calls;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
    send({ type: 'call', id, call: request }, transfer);
  });
}

const platform: Platform = {
  settings: spec.settings,
  stores,
  log,
  append(stream, records) {
    if (records.length === 0) return Promise.resolve(undefined);
    const writer = new FrameWriter(4 * 1024);
    for (const record of records) writer.write(record);
    const frames = writer.take();
    const transfer = frames.length < WORTH_TRANSFERRING ? [] : [frames.buffer as ArrayBuffer];
    return call<'append'>({ method: 'append', stream, frames }, transfer);
  },
  appendTick: (stream, time) => call<'appendTick'>({ method: 'appendTick', stream, time }),
  publish: (messages) =>
    messages.length === 0 ? Promise.resolve(undefined) : call<'publish'>({ method: 'publish', messages }),
  status: () => call<'status'>({ method: 'status' }),
};

function newContext(): InvocationContext {
  const deadline = performance.now() + spec.timeoutMs;
  return {
    functionName: spec.functionName,
    requestId: randomUUID(),
    remainingTimeMs: () => Math.max(0, deadline - performance.now()),
  };
}

function entry<K extends keyof EntryPoints>(points: EntryPoints, name: K): NonNullable<EntryPoints[K]> {
  const point = points[name];
  if (point !== undefined) return point;
  throw new MillraceError(`function '${spec.functionName}' cannot handle this trigger: it has no '${name}'`, {
    code: 'ENTRY_POINT_MISSING',
    hint: `Return '${name}' from the module's create(), or remove the trigger from serverless.yml.`,
  });
}

async function invoke(points: EntryPoints, id: number, work: Work): Promise<void> {
  try {
    if (work.type === 'batches') {
      if (work.memory !== null) memory = Buffer.from(work.memory);
      const process = entry(points, 'process');
      const outcomes: BatchOutcome[] = [];
      for (const batch of unpackBatches(work.stream, memory)) outcomes.push(await attempt(process, batch));
      send({ type: 'outcomes', id, outcomes: outcomes.every(succeeded) ? null : outcomes });
    } else if (work.type === 'scheduled') {
      await entry(points, 'scheduled')({ time: work.time }, newContext());
      send({ type: 'done', id });
    } else {
      const { method, url, headers, body } = work.request;
      const request = new Request(url, {
        method,
        headers: headers.map(([k, v]) => [k, v]),
        body: body as Uint8Array<ArrayBuffer> | null,
      });
      const response = await entry(points, 'fetch')(request, newContext());
      const answer = {
        status: response.status,
        headers: [...response.headers],
        body: new Uint8Array(await response.arrayBuffer()),
      };
      send({ type: 'response', id, response: answer });
    }
  } catch (error) {
    send({ type: 'error', id, error: serializeError(error) });
  }
}

async function attempt(process: NonNullable<EntryPoints['process']>, batch: Batch): Promise<BatchOutcome> {
  try {
    return { failures: (await process(batch, newContext())).batchItemFailures };
  } catch (error) {
    return { error: serializeError(error) };
  }
}

function succeeded(outcome: BatchOutcome): boolean {
  return 'failures' in outcome && outcome.failures.length === 0;
}

function settle(message: Extract<ToEnvironment, { type: 'answer' }>): void {
  const caller = waiting.get(message.id);
  waiting.delete(message.id);
  if (message.error === undefined) caller?.resolve(message.value);
  else caller?.reject(deserializeError(message.error));
}

async function start(): Promise<void> {
  const begun = performance.now();
  standBack(spec.nice);
  Object.assign(process.env, spec.environment);
  const module = (await import(spec.modulePath)) as { create?: CreateFunction };
  if (module.create === undefined) {
    throw new MillraceError(`${spec.modulePath} exports no 'create'`, {
      code: 'HANDLER_INVALID',
      hint: `Export create(platform) from the handler of '${spec.functionName}'.`,
    });
  }
  const points = await module.create(platform);
  host.on('message', (message: ToEnvironment) => {
    if (message.type === 'invoke') void invoke(points, message.id, message.work);
    else if (message.type === 'answer') settle(message);
    else void stores.close().finally(() => host.close());
  });
  send({ type: 'ready', entryPoints: Object.keys(points), importMs: performance.now() - begun });
}

start().catch((error) => send({ type: 'failed', error: serializeError(error) }));
