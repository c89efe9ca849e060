/**
 * An event source mapping: polls one stream for one function and moves its checkpoints, with Lambda's semantics. The
 * work is done by its lanes, independently of each other: a poison record holds its own lane and nothing else. What the
 * lanes of a turn of the event loop invoke reaches the environments together, because waking one costs more than most
 * batches do.
 */
import type { Logger } from 'pino';
import { monotonicTimers, type Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { WindowStates } from '../../stores/window-states.js';
import type { Checkpoints } from '../../streams/checkpoints.js';
import type { Share } from '../../streams/share.js';
import type { StreamSource } from '../../streams/stream.js';
import type { Destination } from '../destinations/destination.js';
import type { EventSource, FunctionPool } from '../environments/invocation.js';
import type { StreamTrigger } from '../manifest/manifest.js';
import { createAlarm } from './alarm.js';
import type { RecordFilter } from './filters/filter.js';
import { Lane } from './lane.js';
import { groupOf } from './lanes.js';
import { payloadSizes } from './payload-size.js';
import type { RetryRules } from './progress.js';

/** Lambda's cap for Kafka with a destination when no number of retries is set. */
const KAFKA_RETRIES = 10;

export interface MappingOptions {
  readonly functionName: string;
  readonly functionArn: string;
  readonly trigger: StreamTrigger;
}

export interface MappingDeps {
  readonly stream: StreamSource;
  /** Absent: all partitions are this process's. */
  readonly share?: Share;
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
  /** Next offset to finish, by partition that is this process's: the lowest of the partition's lanes. */
  positions(): ReadonlyMap<number, bigint>;
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

/** Reads the checkpoints (and saves where it begins); fetches nothing before `start`. */
export function createMapping(options: MappingOptions, deps: MappingDeps): Mapping {
  const { functionName, functionArn, trigger } = options;
  const { stream, windowStates, timers = monotonicTimers } = deps;
  const isTumbling = trigger.tumblingWindowMs > 0;
  if (isTumbling && windowStates === undefined) {
    throw new MillraceError(`the tumbling windows of '${functionName}' need somewhere to keep their state`, {
      code: 'WINDOW_STATES_MISSING',
    });
  }
  const source: EventSource = {
    kind: trigger.source,
    stream: trigger.stream,
    arn: trigger.arn,
    bootstrapServers: trigger.bootstrapServers,
    reportsFailures: trigger.reportBatchItemFailures,
  };
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
  const shared = {
    functionName,
    functionArn,
    trigger,
    source,
    rules: rulesOf(trigger),
    sizes: payloadSizes(source),
    stream,
    invoke: deps.invoke,
    checkpoints: deps.checkpoints,
    destination: deps.destination,
    filter: deps.filter ?? null,
    windowStates: isTumbling ? windowStates : undefined,
    log: deps.log,
    timers,
    alarm: createAlarm(timers),
    time: deps.time,
    stats,
  };
  const factor = trigger.parallelizationFactor;
  const byPartition = new Map<number, readonly Lane[]>();
  const allLanes = () => [...byPartition.values()].flat();
  let draining = false;
  const take = (partition: number) => {
    const lanes = Array.from({ length: factor }, (_, lane) => {
      const group = groupOf(functionName, stream.name, lane, factor);
      return new Lane({ ...shared, partition, lane, group });
    });
    if (draining) for (const lane of lanes) lane.drain();
    byPartition.set(partition, lanes);
    return lanes;
  };
  const giveBack = async (partition: number) => {
    const lanes = byPartition.get(partition) ?? [];
    await Promise.all(lanes.map((lane) => lane.stop()));
    byPartition.delete(partition);
  };
  if (deps.share === undefined)
    for (let partition = 0; partition < stream.partitions; partition++) take(partition);
  let unlisten: (() => void) | undefined;

  return {
    functionName,
    stream: stream.name,
    batchWindowMs: trigger.batchWindowMs,
    stats,
    start() {
      unlisten = stream.onAppended((partition) => {
        for (const lane of byPartition.get(partition) ?? NONE) lane.wake();
      });
      for (const lane of allLanes()) lane.start();
      deps.share?.start({
        assigned(partitions) {
          for (const partition of partitions) for (const lane of take(partition)) lane.start();
        },
        async revoked(partitions) {
          await Promise.all(partitions.map(giveBack));
        },
        isBusy: (partition) => (byPartition.get(partition) ?? NONE).some((lane) => lane.hasOpenWindow),
      });
    },
    positions: () => new Map([...byPartition].map(([partition, lanes]) => [partition, lowestOf(lanes)])),
    lanes: () => allLanes().map((lane) => lane.status()),
    get failing() {
      for (const { failing } of allLanes()) if (failing !== null) return failing;
      return null;
    },
    drain() {
      draining = true;
      for (const lane of allLanes()) lane.drain();
    },
    async stop() {
      unlisten?.();
      await deps.share?.stop();
      // The lanes stay: what they have not finished must not be trimmed before others have taken over.
      await Promise.all(allLanes().map((lane) => lane.stop()));
    },
  };
}

const NONE: readonly Lane[] = [];

function rulesOf(trigger: StreamTrigger): RetryRules {
  const { source, maximumRetryAttempts, onFailure } = trigger;
  const isCapped = source === 'kafka' && maximumRetryAttempts < 0 && onFailure !== undefined;
  return { ...trigger, maximumRetryAttempts: isCapped ? KAFKA_RETRIES : maximumRetryAttempts };
}

function lowestOf(lanes: readonly Lane[]): bigint {
  let lowest = lanes[0]!.next;
  for (const { next } of lanes) if (next < lowest) lowest = next;
  return lowest;
}
