/**
 * Event source mappings under test: a trigger with Lambda's defaults, a function that answers as it is told and
 * remembers what it was given, a destination that keeps its documents.
 */
import pino from 'pino';
import type { Destination } from '../../runtime/destinations/destination.js';
import type { BatchInvocation, BatchOutcome } from '../../runtime/environments/invocation.js';
import type { SerializedError } from '../../runtime/environments/protocol.js';
import type { StreamTrigger } from '../../runtime/manifest/manifest.js';
import { createMapping, type Mapping, type MappingDeps } from '../../runtime/mappings/mapping.js';
import { recordsOf } from '../../streams/batch.js';
import { createMemoryCheckpoints } from '../../streams/memory/memory-checkpoints.js';
import { type VirtualTimers, virtualTimers } from './virtual-timers.js';

export const DEFAULT_TRIGGER: StreamTrigger = {
  type: 'stream',
  source: 'kinesis',
  stream: 's',
  arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
  bootstrapServers: [],
  batchSize: 100,
  batchWindowMs: 0,
  startingPosition: 'TRIM_HORIZON',
  parallelizationFactor: 1,
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: true,
  tumblingWindowMs: 0,
  filterPatterns: [],
  enabled: true,
};

/** The group of the function `f` on the stream `s`. */
export const GROUP = 'f:s';

export function serializedError(message: string): SerializedError {
  return { name: 'Error', message, stack: undefined, code: undefined, canRetry: false, hint: undefined };
}

export const SUCCESS: BatchOutcome = { kind: 'success' };
export const THROWN: BatchOutcome = { kind: 'error', error: serializedError('no') };
export const THROTTLED: BatchOutcome = { kind: 'throttled', error: serializedError('Rate Exceeded.') };
export function partial(...failures: readonly (bigint | number)[]): BatchOutcome {
  return { kind: 'partial', failures: failures.map(BigInt) };
}

/** One invocation, short: which records came, and when. */
export interface Seen {
  /** On the virtual clock. */
  readonly at: number;
  readonly partition: number;
  readonly offsets: readonly number[];
  readonly keys: readonly string[];
  readonly window?: BatchInvocation['window'];
}

export interface FakeFunction {
  readonly invocations: Seen[];
  readonly invoke: MappingDeps['invoke'];
}

export function fakeFunction(
  timers: VirtualTimers,
  answer: (seen: Seen, count: number) => BatchOutcome | Promise<BatchOutcome> = () => SUCCESS,
): FakeFunction {
  const invocations: Seen[] = [];
  return {
    invocations,
    async invoke({ batch, window }) {
      const records = [...recordsOf(batch)];
      const seen: Seen = {
        at: timers.now(),
        partition: batch.partition,
        offsets: records.map(({ offset }) => Number(offset)),
        keys: records.map(({ key }) => key),
        ...(window === undefined ? {} : { window }),
      };
      invocations.push(seen);
      return answer(seen, invocations.length);
    },
  };
}

export interface FakeDestination extends Destination {
  // biome-ignore lint/suspicious/noExplicitAny: documents are looked into freely
  readonly documents: any[];
  /** So many deliveries fail before one succeeds. */
  unreachable: number;
}

export function fakeDestination(): FakeDestination {
  return {
    name: 'dead',
    arn: 'arn:aws:sqs:us-east-1:000000000000:dead',
    wantsPayload: true,
    documents: [],
    unreachable: 0,
    async send(document) {
      if (this.unreachable > 0) {
        this.unreachable--;
        throw new Error('unreachable');
      }
      this.documents.push(document);
    },
  };
}

/** Epoch ms at virtual time 0. */
export const EPOCH = 1_700_000_000_000;

export function mappingOf(
  trigger: Partial<StreamTrigger>,
  deps: Pick<MappingDeps, 'stream' | 'invoke'> & Partial<MappingDeps> & { timers?: VirtualTimers },
): Mapping {
  const timers = deps.timers ?? virtualTimers();
  return createMapping(
    {
      functionName: 'f',
      functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
      trigger: { ...DEFAULT_TRIGGER, ...trigger },
    },
    {
      checkpoints: createMemoryCheckpoints(),
      log: pino({ level: 'silent' }),
      time: () => EPOCH + timers.now(),
      ...deps,
      timers,
    },
  );
}
