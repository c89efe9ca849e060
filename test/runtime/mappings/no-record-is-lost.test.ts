/**
 * Any sequence of successes, partial failures, throws, timeouts, throttles and crashes, over any layout: every record is
 * processed, filtered or sent to the destination, in the order of its key, and no checkpoint passes one that is none of
 * these.
 */
import fc from 'fast-check';
import type { BatchInvocation, BatchOutcome } from '../../../runtime/environments/invocation.js';
import { positionOf } from '../../../runtime/lambda/sequence-number.js';
import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import { laneOf } from '../../../runtime/mappings/lanes.js';
import type { Mapping } from '../../../runtime/mappings/mapping.js';
import { recordsOf } from '../../../streams/batch.js';
import type { Checkpoints } from '../../../streams/checkpoints.js';
import { createMemoryCheckpoints } from '../../../streams/memory/memory-checkpoints.js';
import { createMemoryStream } from '../../../streams/memory/memory-stream.js';
import {
  EPOCH,
  fakeDestination,
  mappingOf,
  serializedError,
  THROTTLED,
  THROWN,
} from '../../support/mappings.js';
import { appendAll, event } from '../../support/streams.js';
import { virtualTimers } from '../../support/virtual-timers.js';
import { memoryWindowStates } from '../../support/window-states.js';

type Answer =
  | { readonly kind: 'success' | 'thrown' | 'timeout' | 'throttled' | 'unknown' | 'crash' }
  | { readonly kind: 'partial'; readonly at: number };

interface Record {
  readonly partition: number;
  readonly key: string;
  readonly passes: boolean;
  /** Since the one before, ms. */
  readonly gap: number;
}

const answers = fc.array(
  fc.oneof(
    fc.constantFrom<Answer>(
      { kind: 'success' },
      { kind: 'success' },
      { kind: 'thrown' },
      { kind: 'timeout' },
      { kind: 'throttled' },
      { kind: 'unknown' },
      { kind: 'crash' },
    ),
    fc.nat(5).map((at): Answer => ({ kind: 'partial', at })),
  ),
  { maxLength: 30 },
);

const records = fc.array(
  fc.record({
    partition: fc.nat(1),
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    passes: fc.boolean(),
    gap: fc.constantFrom(0, 1, 900, 20_000),
  }),
  { minLength: 1, maxLength: 40 },
);

const triggers = fc.record({
  source: fc.constantFrom('kinesis', 'kafka'),
  batchSize: fc.integer({ min: 1, max: 6 }),
  batchWindowMs: fc.constantFrom(0, 0, 700),
  parallelizationFactor: fc.integer({ min: 1, max: 3 }),
  maximumRetryAttempts: fc.integer({ min: -1, max: 2 }),
  maximumRecordAgeMs: fc.constantFrom(-1, -1, 60_000),
  bisectBatchOnFunctionError: fc.boolean(),
  tumblingWindowMs: fc.constantFrom(0, 0, 10_000),
}) as fc.Arbitrary<Partial<StreamTrigger>>;

const never = new Promise<never>(() => {});
const idOf = (partition: number, offset: bigint) => `${partition}/${offset}`;

/** What must have become of every record, kept by watching the mapping from outside. */
class Ledger {
  readonly finished = new Set<string>();
  readonly stored: {
    readonly id: string;
    readonly partition: number;
    readonly offset: bigint;
    readonly key: string;
  }[] = [];
  readonly #factor: number;

  constructor(factor: number) {
    this.#factor = factor;
  }

  /** A record is not begun before those of its key that are older are finished or come along. */
  begin({ batch }: BatchInvocation): void {
    const along = new Set<string>();
    for (const { offset, key, partition } of recordsOf(batch)) {
      for (const other of this.stored) {
        if (other.partition !== partition || other.key !== key || other.offset >= offset) continue;
        if (!this.finished.has(other.id) && !along.has(other.id)) {
          throw new Error(`${idOf(partition, offset)} was begun before ${other.id}`);
        }
      }
      along.add(idOf(partition, offset));
    }
  }

  end({ batch }: BatchInvocation, outcome: BatchOutcome): void {
    const all = [...recordsOf(batch)];
    const failures = outcome.kind === 'partial' ? outcome.failures : [];
    const first = failures.includes(-1n) ? 0 : all.findIndex(({ offset }) => failures.includes(offset));
    const count = outcome.kind === 'success' ? all.length : outcome.kind === 'partial' ? first : 0;
    for (const { partition, offset } of all.slice(0, count)) this.finished.add(idOf(partition, offset));
  }

  checkpoint(group: string, partition: number, next: bigint): void {
    const lane = /\/(\d)of/.exec(group)?.[1];
    for (const record of this.stored) {
      if (record.partition !== partition || record.offset >= next || this.finished.has(record.id)) continue;
      if (lane !== undefined && laneOf(Buffer.from(record.key), this.#factor) !== Number(lane)) continue;
      throw new Error(`the checkpoint ${next} of ${group} passed ${record.id}`);
    }
  }
}

async function play(
  input: readonly Record[],
  script: readonly Answer[],
  given: Partial<StreamTrigger>,
  hasFilter: boolean,
) {
  const trigger = (given.tumblingWindowMs ?? 0) > 0 ? { ...given, parallelizationFactor: 1 } : given;
  const timers = virtualTimers();
  const stream = createMemoryStream({ name: 's', partitions: 2 });
  const ledger = new Ledger(trigger.parallelizationFactor!);
  const kept = createMemoryCheckpoints();
  const windowStates = memoryWindowStates();
  const documents = fakeDestination();
  const problems: unknown[] = [];
  const left = [...script];
  let generation = 0;
  let mapping: Mapping;

  const watch = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      problems.push(error);
      throw error;
    }
  };
  const open = (): void => {
    const mine = ++generation;
    const isDead = () => mine !== generation;
    const checkpoints: Checkpoints = {
      ...kept,
      save(group, partition, next) {
        if (isDead()) return;
        watch(() => ledger.checkpoint(group, partition, next));
        kept.save(group, partition, next);
      },
    };
    const invoke = async (invocation: BatchInvocation): Promise<BatchOutcome> => {
      if (isDead()) return never;
      watch(() => ledger.begin(invocation));
      const answer = left.shift() ?? { kind: 'success' };
      await null;
      if (isDead()) return never;
      if (answer.kind === 'crash') {
        open();
        return never;
      }
      const outcome = outcomeOf(answer, invocation);
      ledger.end(invocation, outcome);
      return outcome;
    };
    mapping = mappingOf(
      {
        ...trigger,
        ...(trigger.source === 'kafka' ? { arn: 'arn:aws:kafka:us-east-1:000000000000:cluster/c/1' } : {}),
      },
      {
        stream,
        invoke,
        timers,
        checkpoints,
        windowStates: {
          ...windowStates,
          save: async (...row) => (isDead() ? undefined : windowStates.save(...row)),
        },
        destination: {
          ...documents,
          async send(document) {
            if (isDead()) return never;
            for (const id of idsIn(document)) ledger.finished.add(id);
          },
        },
        filter: hasFilter ? { matches: ({ value }) => value.toString() === 'pass' } : null,
      },
    );
    mapping.start();
  };

  open();
  let arrival = EPOCH;
  const next = [0n, 0n];
  const half = Math.ceil(input.length / 2);
  for (const part of [input.slice(0, half), input.slice(half)]) {
    for (const { partition, key, passes } of part) {
      const offset = next[partition]!++;
      const id = idOf(partition, offset);
      ledger.stored.push({ id, partition, offset, key });
      if (hasFilter && !passes) ledger.finished.add(id);
    }
    await appendAll(
      stream,
      part.map(({ partition, key, passes, gap }) => {
        arrival += gap;
        return [partition, event(key, passes ? 'pass' : 'stay', arrival)] as const;
      }),
    );
    await timers.advance(1_500);
  }
  for (let round = 0; round < 40 && [...mapping!.positions()].some(([i, at]) => at < next[i]!); round++) {
    await timers.advance(60_000);
  }
  await mapping!.stop();
  if (problems.length > 0) throw problems[0];
  expect([...mapping!.positions().values()]).toEqual(next);
  expect(ledger.stored.filter(({ id }) => !ledger.finished.has(id))).toEqual([]);
}

function outcomeOf(answer: Answer, { batch, window }: BatchInvocation): BatchOutcome {
  const state = window === undefined ? {} : { state: '{}' };
  switch (answer.kind) {
    case 'partial': {
      const offsets = [...recordsOf(batch)].map(({ offset }) => offset);
      if (offsets.length === 0) return { kind: 'success', ...state };
      return { kind: 'partial', failures: [offsets[answer.at % offsets.length]!], ...state };
    }
    case 'unknown':
      return { kind: 'partial', failures: [-1n], ...state };
    case 'thrown':
      return THROWN;
    case 'timeout':
      return { kind: 'error', error: serializedError('Task timed out after 3.00 seconds') };
    case 'throttled':
      return THROTTLED;
    default:
      return { kind: 'success', ...state };
  }
}

/** The records that a document with payload is about. */
function idsIn(document: object): string[] {
  const { payload } = document as {
    payload: {
      Records?: { kinesis: { sequenceNumber: string } }[];
      records?: { [partition: string]: { partition: number; offset: number }[] };
    };
  };
  const positions =
    payload.Records?.map(({ kinesis }) => positionOf(kinesis.sequenceNumber)!) ??
    Object.values(payload.records ?? {}).flat();
  return positions.map(({ partition, offset }) => idOf(partition, BigInt(offset)));
}

test('every record is processed, filtered or sent to the destination, in the order of its key', async () => {
  await fc.assert(fc.asyncProperty(records, answers, triggers, fc.boolean(), play), { numRuns: 150 });
}, 60_000);
