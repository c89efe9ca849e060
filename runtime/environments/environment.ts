/**
 * The host's side of an environment: one worker thread running one function.
 *
 * A timeout, a crash, an exit or running out of memory ends the thread; the invocation that was under way fails with
 * an error that says so, and the next one starts a fresh thread. Nothing of this reaches the host's own state.
 */
import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../../streams/batch.js';
import { deserializeError, serializeError } from './errors.js';
import { packBatches, packedLength } from './packing.js';
import type {
  BatchOutcome,
  EnvironmentSpec,
  FromEnvironment,
  HttpRequest,
  HttpResponse,
  PlatformCall,
  ToEnvironment,
  Work,
} from './protocol.js';
import { atOnce, type Turns } from './turns.js';

/** Serves the calls a function makes on its platform. */
export type PlatformHost = (call: PlatformCall) => Promise<unknown>;

export interface ColdStart {
  /** From spawning the thread until the function was created, ms; and the import's share of it. */
  readonly totalMs: number;
  readonly importMs: number;
}

export interface Environment {
  /** Starts the thread if there is none; rejects with what `create` threw. */
  start(): Promise<void>;
  /** One outcome per batch (one at least, all of one stream), in order. Rejects when the environment itself failed; then none may have happened. */
  process(batches: readonly Batch[]): Promise<readonly BatchOutcome[]>;
  scheduled(time: number): Promise<void>;
  fetch(request: HttpRequest): Promise<HttpResponse>;
  readonly coldStarts: readonly ColdStart[];
  /** Lets the invocation under way finish, then ends the thread. */
  close(): Promise<void>;
}

const THREAD = new URL('./thread.js', import.meta.url);
/** A thread needs some heap before the function gets any. */
const MIN_HEAP_MB = 64;
/** How long a closing thread may take to close its stores (ms). */
const CLOSE_GRACE_MS = 2_000;

/** Memory shared with a thread to begin with; it grows with the batches. */
const MIN_SHARED_BYTES = 256 * 1024;
const SUCCEEDED: BatchOutcome = { failures: [] };

type Reply = Extract<FromEnvironment, { type: 'outcomes' | 'response' | 'done' | 'error' }>;
interface Pending {
  readonly id: number;
  resolve(reply: Reply): void;
  reject(error: Error): void;
}

export function createEnvironment(
  spec: EnvironmentSpec,
  platform: PlatformHost,
  turns: Turns = atOnce,
): Environment {
  const coldStarts: ColdStart[] = [];
  let worker: Promise<Worker> | undefined;
  let pending: Pending | undefined;
  let sequence = 0;
  /** Threads that timed out: a new one may be at work before they have ended. */
  const abandoned = new WeakSet<Worker>();
  /** What each thread shares with its host; a thread's memory is its own, so that none reads what is another's. */
  const memories = new WeakMap<Worker, Buffer>();
  /** Puts the batches where the thread finds them; returns the memory when it is new to the thread. */
  const share = (thread: Worker, batches: readonly Batch[]): SharedArrayBuffer | null => {
    const length = packedLength(batches);
    let memory = memories.get(thread);
    let fresh: SharedArrayBuffer | null = null;
    if (memory === undefined || memory.length < length) {
      fresh = new SharedArrayBuffer(Math.max(MIN_SHARED_BYTES, length * 2));
      memory = Buffer.from(fresh);
      memories.set(thread, memory);
    }
    packBatches(batches, memory);
    return fresh;
  };
  /** Invocations run one at a time, in order of arrival. */
  let queue: Promise<unknown> = Promise.resolve();

  const spawn = (): Promise<Worker> => {
    const begun = performance.now();
    const thread = new Worker(THREAD, {
      workerData: spec,
      resourceLimits: { maxOldGenerationSizeMb: Math.max(MIN_HEAP_MB, spec.memoryMB) },
      name: spec.functionName,
    });
    return new Promise((resolve, reject) => {
      let failure: Error | undefined;
      thread.on('message', (message: FromEnvironment) => {
        if (message.type === 'call') void serve(thread, message.id, message.call);
        else if (message.type === 'ready') {
          coldStarts.push({ totalMs: performance.now() - begun, importMs: message.importMs });
          resolve(thread);
        } else if (message.type === 'failed') {
          reject(deserializeError(message.error));
          void thread.terminate();
        } else if (pending?.id === message.id) pending.resolve(message);
      });
      thread.on('error', (error) => {
        failure = crashed(spec, error);
      });
      thread.on('exit', (code) => {
        if (abandoned.has(thread)) return;
        worker = undefined;
        const error = failure ?? exited(spec, code);
        reject(error);
        pending?.reject(error);
      });
    });
  };

  const serve = async (thread: Worker, id: number, call: PlatformCall) => {
    const answer: ToEnvironment = await platform(call).then(
      (value) => ({ type: 'answer', id, value }),
      (error) => ({ type: 'answer', id, error: serializeError(error) }),
    );
    thread.postMessage(answer);
  };

  const running = () => {
    worker ??= spawn().catch((error) => {
      worker = undefined;
      throw error;
    });
    return worker;
  };

  /** @param shares how many times the function's timeout the work may take: once for each batch */
  const run = async (workFor: (thread: Worker) => Work, shares: number): Promise<Reply> => {
    const thread = await running();
    const id = ++sequence;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        pending = { id, resolve, reject };
        timer = setTimeout(() => {
          reject(timedOut(spec));
          abandoned.add(thread);
          worker = undefined;
          void thread.terminate();
        }, spec.timeoutMs * shares);
        thread.postMessage({ type: 'invoke', id, work: workFor(thread) } satisfies ToEnvironment);
      });
    } finally {
      clearTimeout(timer);
      pending = undefined;
    }
  };

  const invoke = <T extends Reply['type']>(workFor: (thread: Worker) => Work, expected: T, shares = 1) => {
    const result = queue.then(async () => {
      const reply = await turns.take(() => run(workFor, shares));
      if (reply.type === 'error') throw deserializeError(reply.error);
      if (reply.type !== expected)
        throw new Error(`unexpected answer '${reply.type}' from ${spec.functionName}`);
      return reply as Extract<Reply, { type: T }>;
    });
    queue = result.catch(() => undefined);
    return result;
  };

  return {
    coldStarts,
    async start() {
      await running();
    },
    async process(batches) {
      const { outcomes } = await invoke(
        (thread) => ({ type: 'batches', stream: batches[0]!.stream, memory: share(thread, batches) }),
        'outcomes',
        batches.length,
      );
      return outcomes ?? batches.map(() => SUCCEEDED);
    },
    async scheduled(time) {
      await invoke(() => ({ type: 'scheduled', time }), 'done');
    },
    async fetch(request) {
      return (await invoke(() => ({ type: 'fetch', request }), 'response')).response;
    },
    async close() {
      await queue;
      const thread = await worker?.catch(() => undefined);
      if (thread === undefined) return;
      const exit = new Promise((resolve) => thread.once('exit', resolve));
      thread.postMessage({ type: 'close' } satisfies ToEnvironment);
      const timer = setTimeout(() => void thread.terminate(), CLOSE_GRACE_MS);
      await exit;
      clearTimeout(timer);
    },
  };
}

/** Lambda's wording, which people search their logs for. */
function timedOut(spec: EnvironmentSpec): MillraceError {
  return new MillraceError(`Task timed out after ${(spec.timeoutMs / 1000).toFixed(2)} seconds`, {
    code: 'FUNCTION_TIMEOUT',
    canRetry: true,
    hint: `Raise timeout of '${spec.functionName}' in serverless.yml, or make its batches smaller.`,
  });
}

function crashed(spec: EnvironmentSpec, error: Error): MillraceError {
  const outOfMemory = (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY';
  return new MillraceError(
    outOfMemory
      ? `'${spec.functionName}' ran out of memory (${spec.memoryMB} MB)`
      : `'${spec.functionName}' crashed: ${error.message}`,
    {
      code: outOfMemory ? 'FUNCTION_OUT_OF_MEMORY' : 'FUNCTION_CRASHED',
      canRetry: true,
      hint: outOfMemory ? 'Raise memorySize in serverless.yml.' : 'Its stack trace says where.',
      cause: error,
    },
  );
}

function exited(spec: EnvironmentSpec, code: number): MillraceError {
  return new MillraceError(`'${spec.functionName}' ended its environment with exit code ${code}`, {
    code: 'FUNCTION_EXITED',
    canRetry: true,
  });
}
