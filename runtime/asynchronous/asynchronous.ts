/**
 * Asynchronous invocations, as Lambda has them: an event is queued durably, the caller goes on, the function is invoked
 * in its own time, and what becomes of the event goes to a destination.
 *
 * At least once: an event that was queued is run until it succeeds or is given up (see `core.ts`), across crashes; a
 * crash during a run repeats that run. An id that was seen before and is still kept is not queued again, so whoever
 * queues may repeat that, too. Each function has its own lane: one that fails or is slow delays no other. Nothing polls:
 * a lane sleeps until its next event is due.
 */
import type { Logger } from 'pino';
import type { Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { AsynchronousStore, NewAsynchronousEvent, QueueCounts } from '../../stores/asynchronous.js';
import type { Destination } from '../destinations/destination.js';
import type { FunctionPool } from '../environments/invocation.js';
import type { AsynchronousSettings } from '../manifest/manifest.js';
import { createLane } from './lane.js';
import { createReporter } from './reporter.js';

export interface AsynchronousFunction {
  readonly name: string;
  readonly arn: string;
  readonly asynchronous: AsynchronousSettings;
  readonly reservedConcurrency?: number;
}

export interface AsynchronousOptions {
  readonly functions: readonly AsynchronousFunction[];
  /** The function's environments of the moment; asked for each attempt. */
  readonly pool: (functionName: string) => Pick<FunctionPool, 'invoke'>;
  /** By name. */
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly store: AsynchronousStore;
  readonly timers: Timers;
  /** Epoch ms. */
  readonly time: () => number;
  readonly log: Logger;
  /** Events of one function that may be under way at a time. */
  readonly concurrency?: number;
}

export interface Asynchronous {
  /**
   * Resolves when the events are durably queued. Rejects, queueing none, with `FUNCTION_UNKNOWN`,
   * `PAYLOAD_TOO_LARGE` or an error of the store.
   */
  enqueue(events: readonly NewAsynchronousEvent[]): Promise<void>;
  /** Takes up what is in the queue; before, events are only queued. */
  start(): void;
  /** Begins nothing new; resolves when what is under way has ended. The rest stays queued. */
  stop(): Promise<void>;
  counts(functionName: string): QueueCounts;
}

/** Lambda's limit since 2025; it was 256 KB. */
export const MAX_PAYLOAD_BYTES = 1024 * 1024;
const CONCURRENCY = 50;
/** How long the id of a settled event is kept, and how often those beyond it are forgotten, so many at a time. */
const KEEP_MS = 6 * 3_600_000;
const TRIM_EVERY_MS = 600_000;
const TRIM_LIMIT = 1_000;

export function createAsynchronous(options: AsynchronousOptions): Asynchronous {
  const { store, timers, time, log, destinations } = options;
  const reporter = createReporter({ store, destinations, timers, log });
  const lanes = new Map(
    options.functions.map((fn) => [
      fn.name,
      createLane({
        fn,
        invoke: (invocation) => options.pool(fn.name).invoke(invocation),
        store,
        timers,
        time,
        log,
        concurrency: options.concurrency ?? CONCURRENCY,
        reported: reporter.wake,
      }),
    ]),
  );
  let cancelTrim = () => {};
  const trim = () => {
    try {
      const went = store.trim(time() - KEEP_MS, TRIM_LIMIT);
      cancelTrim = timers.after(went < TRIM_LIMIT ? TRIM_EVERY_MS : 1_000, trim);
    } catch (error) {
      log.warn({ err: error }, 'the ids of settled asynchronous invocations cannot be forgotten for now');
      cancelTrim = timers.after(TRIM_EVERY_MS, trim);
    }
  };

  return {
    async enqueue(events) {
      for (const event of events) check(event, lanes);
      await store.enqueue(events, time());
      for (const name of new Set(events.map(({ functionName }) => functionName))) lanes.get(name)?.wake();
    },
    start() {
      for (const lane of lanes.values()) lane.start();
      reporter.start();
      trim();
    },
    async stop() {
      cancelTrim();
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
      await reporter.stop();
    },
    counts: (functionName) => store.counts(functionName),
  };
}

function check(
  { functionName, id, payload }: NewAsynchronousEvent,
  known: ReadonlyMap<string, unknown>,
): void {
  if (!known.has(functionName)) {
    throw new MillraceError(`there is no function '${functionName}'`, { code: 'FUNCTION_UNKNOWN' });
  }
  if (payload.byteLength > MAX_PAYLOAD_BYTES) {
    throw new MillraceError(
      `the event ${id} for ${functionName} has ${payload.byteLength} bytes; an asynchronous invocation takes ${MAX_PAYLOAD_BYTES}`,
      { code: 'PAYLOAD_TOO_LARGE', hint: 'Store what is large, and send where it is.' },
    );
  }
}
