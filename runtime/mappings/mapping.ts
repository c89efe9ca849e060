/**
 * An event source mapping: polls one stream for one function and moves its checkpoints.
 *
 * Per partition there is one batch in flight at most, and the next one is fetched only after the checkpoint of the
 * last was saved: order holds, and a crash repeats at most what was in flight. The batches that are ready at the same
 * moment go to the environment together, because waking a thread costs more than most batches do.
 */
import type { Logger } from 'pino';
import { monotonicTimers, type Timers } from '../../common/clock.js';
import { messageOf } from '../../common/errors.js';
import type { Batch } from '../../streams/batch.js';
import type { Checkpoints } from '../../streams/checkpoints.js';
import { FrameCursor } from '../../streams/record.js';
import type { Stream } from '../../streams/stream.js';
import type { Destination } from '../destinations/destination.js';
import type { BatchOutcome, EventSource, FunctionPool } from '../environments/invocation.js';
import type { StreamTrigger } from '../manifest/manifest.js';
import type { RecordFilter } from './filters/filter.js';
import { decide, type Position, type Result, startAt } from './progress.js';
import { createScratch } from './scratch.js';
import type { WindowStates } from './window-states.js';

/** Lambda's limit for one invocation's payload. */
const MAX_BATCH_BYTES = 6 * 1024 * 1024;

export interface MappingOptions {
  readonly functionName: string;
  readonly functionArn: string;
  readonly trigger: StreamTrigger;
}

export interface MappingDeps {
  readonly stream: Stream;
  readonly invoke: FunctionPool['processBatch'];
  readonly checkpoints: Checkpoints;
  /** Where given-up records are reported to; without one they are counted and logged. */
  readonly destination?: Destination;
  /** Absent or null: every record passes. */
  readonly filter?: RecordFilter | null;
  /** Needed for tumbling windows, and for nothing else. */
  readonly windowStates?: WindowStates;
  readonly log: Logger;
  /** Of batch windows and waits, on a clock that nobody can set back. Default: the monotonic one. */
  readonly timers?: Timers;
  /** Epoch ms on the clock that stamps arrival times. */
  readonly time: () => number;
}

export interface Mapping {
  readonly functionName: string;
  readonly stream: string;
  readonly batchWindowMs: number;
  start(): void;
  /** Next offset to finish, by partition: the lowest of the partition's lanes. */
  positions(): readonly bigint[];
  lanes(): readonly LaneStatus[];
  /** Why the mapping is retrying, or null. */
  readonly failing: string | null;
  readonly stats: MappingStats;
  /** From now on no batch waits to fill up: before a stop. */
  drain(): void;
  /** Fetches nothing more; resolves when what is in flight was finished and checkpointed. Retries are left over. */
  stop(): Promise<void>;
}

/** One partition, or one of several slices of it by key; what `millrace functions` shows. */
export interface LaneStatus {
  readonly partition: number;
  /** 0 to parallelizationFactor - 1 */
  readonly lane: number;
  /** Next offset to finish. */
  readonly next: bigint;
  /** Failed attempts at the batch that begins there. */
  readonly attempts: number;
  /** Why the lane is trying again, or null. */
  readonly failing: string | null;
  /** Age of the oldest record that is being worked on; 0 when nothing is left. */
  readonly iteratorAgeMs: number;
}

export interface MappingStats {
  /** With and without success, throttled ones not counted. */
  invocations: number;
  errors: number;
  throttles: number;
  /** Records that were processed. */
  records: number;
  /** Records that no pattern matched. */
  filtered: number;
  /** Records given up: retries or age exhausted, too large. */
  discarded: number;
  /** Records that retention removed before they were read. */
  trimmed: number;
  destinationDeliveries: number;
  /** Sum of the time batches spent in the environment, ms. */
  durationMs: number;
  /** Age of the oldest record of the batch invoked last, ms. */
  iteratorAge: number;
}

export function createMapping(mapping: MappingOptions, deps: MappingDeps): Mapping {
  const { functionName, trigger } = mapping;
  const { stream, checkpoints, log, time, timers = monotonicTimers } = deps;
  const options = { ...trigger, functionName };
  const source: EventSource = {
    kind: trigger.source,
    stream: trigger.stream,
    arn: trigger.arn,
    bootstrapServers: trigger.bootstrapServers,
    reportsFailures: trigger.reportBatchItemFailures,
  };
  // Windows and waits are measured on a clock that nobody can set back: else nothing would be fetched until it is
  // where it was.
  const now = () => timers.now();
  const positions: Position[] = [];
  for (let partition = 0; partition < stream.partitions; partition++) {
    const { start, end } = stream.ends(partition);
    const saved = checkpoints.load(functionName, partition);
    positions.push(startAt(saved ?? (options.startingPosition === 'LATEST' ? end : start)));
    if (saved === undefined) checkpoints.save(functionName, partition, positions[partition]!.next);
  }
  const scratch = createScratch();
  const stats: MappingStats = {
    invocations: 0,
    errors: 0,
    throttles: 0,
    records: 0,
    filtered: 0,
    discarded: 0,
    trimmed: 0,
    destinationDeliveries: 0,
    durationMs: 0,
    iteratorAge: 0,
  };
  /** Why a partition is being retried; of the whole mapping: why the stream cannot be read. */
  const failures = new Map<number | 'stream', string>();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let timerDue = Number.POSITIVE_INFINITY;
  let scheduled = false;
  let running: Promise<void> | undefined;
  /** The batch window begins when the previous invocation ends, as Kinesis' does. */
  let windowBegan = 0;

  const backlog = (partition: number) => Number(stream.ends(partition).end - positions[partition]!.next);

  /** Partitions to fetch from now, and otherwise the moment to look again. */
  const ready = (time: number): { partitions: number[]; due: number } => {
    const partitions: number[] = [];
    let due = Number.POSITIVE_INFINITY;
    let full = false;
    for (let partition = 0; partition < positions.length; partition++) {
      const waiting = backlog(partition);
      if (waiting <= 0) continue;
      const { notBefore } = positions[partition]!;
      if (notBefore > time) due = Math.min(due, notBefore);
      else {
        partitions.push(partition);
        full ||= waiting >= options.batchSize;
      }
    }
    const windowEnd = windowBegan + options.batchWindowMs;
    if (partitions.length === 0 || full || stopping || windowEnd <= time) return { partitions, due };
    return { partitions: [], due: Math.min(due, windowEnd) };
  };

  const wake = () => {
    if (scheduled || running !== undefined || stopping) return;
    scheduled = true;
    // Not a turn of the event loop later: there may be hundreds of sockets to serve before that.
    queueMicrotask(() => {
      scheduled = false;
      look();
    });
  };

  const wakeAt = (due: number, time: number) => {
    if (due === Number.POSITIVE_INFINITY || due >= timerDue) return;
    clearTimeout(timer);
    timerDue = due;
    timer = setTimeout(
      () => {
        timerDue = Number.POSITIVE_INFINITY;
        look();
      },
      Math.max(1, due - time),
    );
  };

  const look = () => {
    if (running !== undefined || stopping) return;
    const time = now();
    const { partitions, due } = ready(time);
    if (partitions.length === 0) return wakeAt(due, time);
    running = round(partitions).then(
      () => {
        running = undefined;
        windowBegan = now();
        look();
      },
      (error: unknown) => {
        // Reading the stream failed: nothing was fetched, so nothing is lost by waiting.
        running = undefined;
        failures.set('stream', messageOf(error));
        log.error({ functionName, err: error }, 'cannot read the stream; trying again');
        wakeAt(now() + 1_000, now());
      },
    );
  };

  const round = async (partitions: readonly number[]) => {
    const batches: Batch[] = [];
    scratch.reset();
    for (const partition of partitions) {
      const { next, limit } = positions[partition]!;
      const limits = {
        maxRecords: limit ?? options.batchSize,
        maxBytes: MAX_BATCH_BYTES,
        allocate: scratch.allocate,
      };
      const batch = await stream.read(partition, next, limits);
      if (batch.count === 0) continue;
      if (batch.baseOffset > next) {
        log.error(
          { functionName, partition, from: next, to: batch.baseOffset },
          'records were trimmed before they were read',
        );
      }
      batches.push(batch);
    }
    if (batches.length === 0) return;
    const attempted = batches.map((batch) => describe(batch, options.maximumRecordAgeMs >= 0));
    const begun = performance.now();
    const outcomes = await Promise.all(batches.map((batch) => deps.invoke({ source, batch })));
    stats.invocations += batches.length;
    stats.durationMs += performance.now() - begun;
    failures.delete('stream');
    for (const [i, outcome] of outcomes.entries()) settle(attempted[i]!, outcome);
  };

  const settle = (batch: Described, outcome: BatchOutcome) => {
    const { partition } = batch;
    const result = resultOf(outcome);
    const { position, discarded } = decide(
      positions[partition]!,
      { ...batch, ageMs: time() - batch.newestArrival },
      result,
      options,
      now(),
    );
    if (result.kind === 'success') failures.delete(partition);
    else {
      stats.errors++;
      const error = 'error' in outcome ? messageOf(outcome.error) : 'some records of a batch failed';
      failures.set(partition, error);
      log.error({ functionName, partition, offset: batch.baseOffset, error }, 'an invocation failed');
    }
    if (discarded !== null) {
      stats.discarded += Number(discarded.to - discarded.from);
      log.error({ functionName, partition, ...discarded }, 'records were given up: retries or age exhausted');
    }
    stats.records += Number(position.next - positions[partition]!.next);
    const moved = position.next !== positions[partition]!.next;
    positions[partition] = position;
    if (moved) checkpoints.save(functionName, partition, position.next);
  };

  let unlisten: (() => void) | undefined;
  return {
    functionName,
    stream: stream.name,
    batchWindowMs: trigger.batchWindowMs,
    stats,
    start() {
      unlisten = stream.onAppended(wake);
      wake();
    },
    positions: () => positions.map(({ next }) => next),
    lanes: () =>
      positions.map(({ next, attempts }, partition) => {
        const reason = failures.get(partition) ?? null;
        return { partition, lane: 0, next, attempts, failing: reason, iteratorAgeMs: 0 };
      }),
    get failing() {
      return failures.values().next().value ?? null;
    },
    drain() {
      windowBegan = Number.NEGATIVE_INFINITY;
    },
    async stop() {
      stopping = true;
      unlisten?.();
      clearTimeout(timer);
      await running;
    },
  };
}

type Described = ReturnType<typeof describe>;

function describe(batch: Batch, ageMatters: boolean) {
  const { partition, baseOffset, count } = batch;
  return { partition, baseOffset, count, newestArrival: ageMatters ? newestArrival(batch) : 0 };
}

function newestArrival(batch: Batch): number {
  const cursor = new FrameCursor(batch.frames);
  while (cursor.next());
  return cursor.arrivalTime;
}

function resultOf(outcome: BatchOutcome): Result {
  if (outcome.kind === 'error' || outcome.kind === 'throttled') return { kind: 'error' };
  return outcome;
}
