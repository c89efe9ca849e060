/**
 * One event source mapping on a virtual clock: a stream in memory, a function that answers as the test says, a
 * destination that keeps its documents.
 */
import type { BatchOutcome } from '../../runtime/environments/invocation.js';
import type { StreamTrigger } from '../../runtime/manifest/manifest.js';
import { compileFilter } from '../../runtime/mappings/filters/filter.js';
import type { Mapping } from '../../runtime/mappings/mapping.js';
import { createMemoryCheckpoints } from '../../streams/memory/memory-checkpoints.js';
import { createMemoryStream } from '../../streams/memory/memory-stream.js';
import type { NewRecord } from '../../streams/record.js';
import { EPOCH, fakeDestination, fakeFunction, mappingOf, type Seen } from '../support/mappings.js';
import { appendAll, event } from '../support/streams.js';
import { virtualTimers } from '../support/virtual-timers.js';
import { memoryWindowStates } from '../support/window-states.js';

export type Answer = (seen: Seen, count: number) => BatchOutcome | Promise<BatchOutcome>;

/** @param answer success when it is left out */
export function scenario(trigger: Partial<StreamTrigger>, answer?: Answer, partitions = 1) {
  const timers = virtualTimers();
  const stream = createMemoryStream({ name: 's', partitions });
  const fn = fakeFunction(timers, answer);
  const destination = fakeDestination();
  const checkpoints = createMemoryCheckpoints();
  const windowStates = memoryWindowStates();
  const filter = compileFilter(trigger.filterPatterns ?? [], trigger.source ?? 'kinesis');
  const deps = { stream, invoke: fn.invoke, destination, checkpoints, windowStates, filter, timers };
  let mapping: Mapping | undefined;

  const record = (key: string, value: string | number = key): NewRecord =>
    event(key, typeof value === 'number' ? 'x'.repeat(value) : value, EPOCH + timers.now());

  return {
    timers,
    stream,
    checkpoints,
    /** What the function was given, oldest first. */
    seen: fn.invocations,
    offsets: () => fn.invocations.map(({ offsets }) => offsets),
    documents: destination.documents,
    destination,
    get mapping(): Mapping {
      return mapping!;
    },
    record,
    /** Appends to partition 0, one record per key, stamped now; lets everything happen that needs no time. */
    async put(...keys: readonly string[]): Promise<void> {
      await this.append(...keys.map((key) => [0, record(key)] as const));
    },
    async append(...records: readonly (readonly [number, NewRecord])[]): Promise<void> {
      await appendAll(stream, records);
      await timers.settle();
    },
    /** The mapping is made and begins. */
    async start(): Promise<void> {
      mapping = mappingOf(trigger, deps);
      mapping.start();
      await timers.settle();
    },
    /** The process ends in order; another one begins. */
    async restart(): Promise<void> {
      await mapping!.stop();
      await this.start();
    },
    /** The process dies with an invocation under way; another one begins with what was saved. */
    async crash(): Promise<void> {
      void mapping!.stop();
      await this.start();
    },
    next: (partition = 0) => Number(mapping!.positions().get(partition)),
  };
}

/** An answer that the test gives later. */
export function held() {
  const waiting: ((outcome: BatchOutcome) => void)[] = [];
  return {
    answer: () => new Promise<BatchOutcome>((resolve) => waiting.push(resolve)),
    /** Lets the oldest invocation end. */
    release: (outcome: BatchOutcome = { kind: 'success' }) => waiting.shift()!(outcome),
    get count() {
      return waiting.length;
    },
  };
}
