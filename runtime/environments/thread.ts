/** An environment in a worker thread: what a thread's messages and memory are to `inside.ts`. */
import { getHeapStatistics } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';
import { CONTROL_PROGRESS, SENT, type ThreadData } from './control.js';
import { createInside } from './inside.js';
import type { EventSource } from './invocation.js';
import { unpackRound } from './packing.js';
import { writeProgress } from './progress.js';
import { sharedNow, type ToEnvironment } from './protocol.js';
import { standBack } from './stand-back.js';
import { createVariables } from './variables.js';

const startedAt = sharedNow();
const { spec, control } = workerData as ThreadData;
const host = parentPort!;
const counters = new Int32Array(control);
const progress = Buffer.from(control, CONTROL_PROGRESS);
const sources: EventSource[] = [];
/** Shared with the host; what lies in it is valid until the round is answered. */
let memory: Buffer = Buffer.alloc(0);
let received = 0;

const inside = createInside(spec, {
  send: (message, transfer = []) => host.postMessage(message, transfer),
  began: (id, index, at) => writeProgress(progress, id, index, at),
  memoryBytes() {
    const { used_heap_size, external_memory } = getHeapStatistics();
    return used_heap_size + external_memory;
  },
  enter: createVariables(spec),
  rest: () => void setImmediate(freeze),
  end: () => (inside.resting ? process.exit(0) : host.close()),
});

/** Blocks the thread until the host has sent something that was not received yet: no timer, no socket runs. */
function freeze(): void {
  if (inside.resting) Atomics.wait(counters, SENT, received);
}

host.on('message', (message: ToEnvironment) => {
  received = (received + 1) | 0;
  if (message.type !== 'round') return inside.receive(message);
  sources.push(...message.sources);
  if (message.memory !== null) memory = Buffer.from(message.memory);
  inside.round(message.id, unpackRound(memory, sources), message.measure);
});

standBack(spec.nice);
await inside.start(startedAt);
