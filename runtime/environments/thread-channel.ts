/**
 * The host's end of an environment in a worker thread. Batches lie in memory that both share; a small piece of memory
 * besides (control) says how far the thread is, and wakes it when it is frozen.
 */
import { Worker } from 'node:worker_threads';
import type { MillraceError } from '../../common/errors.js';
import type { OpenChannel } from './channel.js';
import { CONTROL_PROGRESS, MIN_HEAP_MB, SENT, type ThreadData } from './control.js';
import { crashed, exited, outOfMemory } from './failures.js';
import { packRound } from './packing.js';
import { PROGRESS_BYTES, readProgress } from './progress.js';
import type { FromEnvironment, ToEnvironment } from './protocol.js';
import { createSourceNumbers } from './sources.js';

const THREAD = new URL('./thread.js', import.meta.url);
/** Memory shared with a thread to begin with; it grows with the rounds. */
const MIN_SHARED_BYTES = 256 * 1024;

export const openThread: OpenChannel = (spec, events) => {
  const control = new SharedArrayBuffer(CONTROL_PROGRESS + PROGRESS_BYTES);
  const counters = new Int32Array(control);
  const progress = Buffer.from(control, CONTROL_PROGRESS);
  const sources = createSourceNumbers();
  let memory: Buffer = Buffer.alloc(0);
  let failure: MillraceError | undefined;
  const thread = new Worker(THREAD, {
    workerData: { spec, control } satisfies ThreadData,
    resourceLimits: { maxOldGenerationSizeMb: Math.max(MIN_HEAP_MB, spec.memoryMB) },
    name: spec.functionName,
  });
  thread.on('message', (message: FromEnvironment) => events.onMessage(message));
  thread.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? outOfMemory(spec, error) : crashed(spec, error);
  });
  thread.on('exit', (code) => events.onEnd(failure ?? exited(spec, `exit code ${code}`)));

  const post = (message: ToEnvironment) => {
    thread.postMessage(message);
    Atomics.add(counters, SENT, 1);
    Atomics.notify(counters, SENT);
  };
  return {
    enforcesTimeout: true,
    send: post,
    sendRound(id, round, measure) {
      const packing = packRound(round, sources.numberOf);
      let fresh: SharedArrayBuffer | null = null;
      if (memory.length < packing.length) {
        fresh = new SharedArrayBuffer(Math.max(MIN_SHARED_BYTES, packing.length * 2));
        memory = Buffer.from(fresh);
      }
      packing.write(memory);
      post({ type: 'round', id, sources: sources.takeNew(), memory: fresh, measure });
    },
    progress: () => readProgress(progress),
    freeze: () => undefined,
    terminate: () => void thread.terminate(),
  };
};
