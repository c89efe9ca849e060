/**
 * The books against a model of the pipeline: whatever arrives, whoever crashes, and however reading them interleaves
 * with the work, they balance; and they stop balancing as soon as any one figure is wrong.
 */
import fc from 'fast-check';
import type { DeploymentStatus } from '../../../functions/contract.js';
import { type AccountingInput, accounting } from '../../../functions/query/accounting.js';
import type { AggregationTally } from '../../../stores/aggregation.js';
import type { ValidationTally } from '../../../stores/validation.js';

type Fate = 'aggregated' | 'late' | 'duplicate' | 'refused' | 'tick';
interface Entry {
  readonly kind: 'acknowledged' | 'received' | 'tick';
  readonly fate: Fate;
}

/** One partition: the log, and what each function has committed. A crash loses only what was not committed. */
class Partition {
  readonly log: Entry[] = [];
  validation: ValidationTally;
  aggregation: AggregationTally;
  checkpoint = 0n;

  constructor(readonly partition: number) {
    this.validation = { partition, nextOffset: 0n, valid: 0, quarantined: 0, ticks: 0 };
    this.aggregation = {
      partition,
      nextOffset: 0n,
      aggregated: 0,
      late: 0,
      duplicate: 0,
      refused: 0,
      ticks: 0,
      ahead: 0,
      behind: 0,
      corrections: 0,
    };
  }

  /** Processes a batch from `from`, skipping what the tally already covers, as a function does after a crash. */
  validate(count: number): void {
    const tally = { ...this.validation };
    for (const entry of this.#batch(tally.nextOffset, count)) {
      if (entry.kind === 'tick') tally.ticks++;
      else if (entry.fate === 'refused') tally.quarantined++;
      else tally.valid++;
      tally.nextOffset++;
    }
    this.validation = tally;
  }

  aggregate(count: number): void {
    const tally = { ...this.aggregation };
    for (const entry of this.#batch(tally.nextOffset, count)) {
      if (entry.fate === 'tick') tally.ticks++;
      else tally[entry.fate]++;
      tally.nextOffset++;
    }
    this.aggregation = tally;
  }

  alert(count: number): void {
    this.checkpoint += BigInt(this.#batch(this.checkpoint, count).length);
  }

  #batch(from: bigint, count: number): Entry[] {
    return this.log.slice(Number(from), Number(from) + count);
  }
}

function statusOf(partitions: readonly Partition[]): DeploymentStatus {
  const mapping = (functionName: string, position: (partition: Partition) => bigint) => ({
    functionName,
    stream: 'telemetry',
    enabled: true,
    checkpoints: partitions.map(position),
    failing: null,
  });
  return {
    version: '0',
    startedAt: 0,
    connections: 0,
    gateway: {},
    streams: [
      {
        name: 'telemetry',
        health: { writable: true },
        partitions: partitions.map(({ partition, log }) => {
          const count = (kind: Entry['kind']) => log.filter((entry) => entry.kind === kind).length;
          return {
            partition,
            start: 0n,
            end: BigInt(log.length),
            counts: { acknowledged: count('acknowledged'), received: count('received'), tick: count('tick') },
          };
        }),
      },
    ],
    mappings: [
      // Checkpoints are saved after the tally, so after a crash they may be behind it.
      mapping('validate', (partition) => partition.validation.nextOffset / 2n),
      mapping('alert', (partition) => partition.checkpoint),
    ],
  };
}

const step = fc.record({
  partition: fc.nat({ max: 1 }),
  action: fc.oneof(
    fc.record({
      append: fc.oneof(
        fc.record<Entry>({
          kind: fc.constantFrom('acknowledged', 'received'),
          fate: fc.constantFrom('aggregated', 'late', 'duplicate', 'refused'),
        }),
        fc.constant<Entry>({ kind: 'tick', fate: 'tick' }),
      ),
    }),
    fc.record({ work: fc.constantFrom('validate', 'aggregate', 'alert'), count: fc.nat({ max: 5 }) }),
  ),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function run(partitions: readonly Partition[], steps: readonly Step[]): void {
  for (const { partition, action } of steps) {
    const target = partitions[partition]!;
    if ('append' in action) target.log.push(action.append);
    else target[action.work as 'validate' | 'aggregate' | 'alert'](action.count);
  }
}

/** Reads in the order that `readBooks` does; the pipeline goes on between the reads. */
function readBooks(
  before: readonly Step[],
  between: readonly Step[],
  later: readonly Step[],
): AccountingInput {
  const partitions = [new Partition(0), new Partition(1)];
  run(partitions, before);
  const validation = partitions.map((partition) => partition.validation);
  run(partitions, between);
  const aggregation = partitions.map((partition) => partition.aggregation);
  run(partitions, later);
  return {
    validation: validation.filter((tally) => tally.nextOffset > 0n),
    aggregation: aggregation.filter((tally) => tally.nextOffset > 0n),
    alerts: { pending: 0, firing: 0, nodata: 0, resolved: 0 },
    status: statusOf(partitions),
  };
}

const books = fc
  .tuple(
    fc.array(step, { maxLength: 60 }),
    fc.array(step, { maxLength: 10 }),
    fc.array(step, { maxLength: 10 }),
  )
  .map((phases) => readBooks(...phases));

describe('accounting', () => {
  test('balances at any moment, and nothing in flight is negative', () => {
    fc.assert(
      fc.property(books, (input) => {
        const document = accounting(input);
        expect(document.imbalances).toEqual([]);
        expect(document.balanced).toBe(true);
        for (const figures of [document.total, ...document.partitions]) {
          expect(figures.acknowledged + figures.received).toBe(
            figures.validated + figures.quarantined + figures.inFlight.validate!,
          );
          expect(figures.stored).toBe(figures.acknowledged + figures.received + figures.ticks);
          const outstanding = [...Object.values(figures.inFlight), ...Object.values(figures.lag)];
          for (const value of outstanding) expect(value).toBeGreaterThanOrEqual(0);
          expect(figures.lag.validate).toBeGreaterThanOrEqual(figures.inFlight.validate!);
        }
      }),
    );
  });

  test('does not balance when any one figure of a tally or of the stream is off by one', () => {
    const wrong = fc.tuple(
      books,
      fc.constantFrom('acknowledged', 'received', 'tick', 'end'),
      fc.constantFrom('valid', 'quarantined', 'ticks'),
      fc.constantFrom('aggregated', 'late', 'duplicate', 'refused', 'ticks'),
      fc.constantFrom('stream', 'validation', 'aggregation'),
      fc.constantFrom(1, -1),
    );
    fc.assert(
      fc.property(wrong, ([input, inStream, inValidation, inAggregation, where, by]) => {
        const document = accounting(spoil(input, where, { inStream, inValidation, inAggregation }, by));
        if (where !== 'stream' && input[where].length === 0) return;
        expect(document.balanced).toBe(false);
        expect(document.imbalances[0]).toMatchObject({
          partition: expect.any(Number),
          what: expect.any(String),
        });
      }),
    );
  });

  test('a function that overtakes the snapshot shows: the stream must be read last', () => {
    const partition = new Partition(0);
    const early = statusOf([partition]);
    partition.log.push({ kind: 'acknowledged', fate: 'aggregated' });
    partition.validate(1);
    const document = accounting({
      validation: [partition.validation],
      aggregation: [],
      alerts: { pending: 0, firing: 0, nodata: 0, resolved: 0 },
      status: early,
    });
    expect(document.balanced).toBe(false);
  });

  test('where both functions have come equally far, they must have refused the same', () => {
    const partition = new Partition(0);
    partition.log.push({ kind: 'acknowledged', fate: 'aggregated' });
    partition.validate(1);
    const disagreeing = { ...partition.aggregation, nextOffset: 1n, refused: 1 };
    const document = accounting({
      validation: [partition.validation],
      aggregation: [disagreeing],
      alerts: { pending: 0, firing: 0, nodata: 0, resolved: 0 },
      status: statusOf([partition]),
    });
    expect(document.imbalances).toEqual([
      { partition: 0, what: 'refused by aggregate = quarantined by validate', expected: 0, actual: 1 },
    ]);
  });

  test('balances where the engine counts no kinds, also when the end is known a little late', () => {
    fc.assert(
      fc.property(books, fc.boolean(), (input, isLate) => {
        const [stream] = input.status.streams;
        const partitions = stream!.partitions.map((partition) => ({
          ...partition,
          end: isLate ? partition.start : partition.end,
          counts: null,
        }));
        const status = { ...input.status, streams: [{ ...stream!, partitions }] };
        const document = accounting({ ...input, status });
        expect(document.imbalances).toEqual([]);
        if (isLate) return;
        for (const figures of document.partitions) {
          expect(figures.stored).toBe(figures.acknowledged + figures.received + figures.ticks);
          for (const events of Object.values(figures.inFlight)) expect(events).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  describe('where offsets have gaps', () => {
    /** As Kinesis has them: long, and far apart. */
    const far = (offset: bigint) => (offset === 0n ? 0n : 2n ** 180n + offset * 1_000n);
    const sparse = (input: AccountingInput): AccountingInput => {
      const [stream] = input.status.streams;
      const partitions = stream!.partitions.map(({ partition, end }) => ({
        partition,
        start: far(1n) - 1_000n,
        end: end === 0n ? far(1n) - 1_000n : far(end),
        counts: null,
      }));
      const mappings = input.status.mappings.map((mapping) => ({
        ...mapping,
        checkpoints: mapping.checkpoints.map(far),
        behindMs: mapping.checkpoints.map((next, at) => (next === stream!.partitions[at]!.end ? 0 : 1_500)),
      }));
      const at = <T extends { nextOffset: bigint }>(tally: T): T => ({
        ...tally,
        nextOffset: far(tally.nextOffset),
      });
      return {
        ...input,
        validation: input.validation.map(at),
        aggregation: input.aggregation.map(at),
        status: { ...input.status, mappings, streams: [{ ...stream!, isSparse: true, partitions }] },
      };
    };

    test('the books go by what functions counted; what is in flight is 0 or unknown', () => {
      fc.assert(
        fc.property(books, (dense) => {
          const { imbalances, partitions, total, behindMs } = accounting(sparse(dense));
          expect(imbalances).toEqual([]);
          expect(total.trimmed).toBe(partitions.length === 0 ? 0 : null);
          for (const [at, figures] of accounting(dense).partitions.entries()) {
            const { lag, inFlight, stored, validated, quarantined, ticks } = partitions[at]!;
            for (const name of Object.keys(lag)) expect(lag[name]).toBe(figures.lag[name] === 0 ? 0 : null);
            expect(inFlight.validate).toBe(figures.lag.validate === 0 ? 0 : null);
            expect(stored).toBeLessThanOrEqual(figures.stored!);
            if (inFlight.validate === 0) expect(stored).toBe(validated + quarantined + ticks);
          }
          expect([0, 1_500]).toContain(behindMs!.alert);
        }),
      );
    });

    test('two functions that have come equally far must have decided about as many events', () => {
      const partition = new Partition(0);
      partition.log.push({ kind: 'acknowledged', fate: 'aggregated' }, { kind: 'tick', fate: 'tick' });
      partition.validate(2);
      partition.aggregate(2);
      const input = sparse({
        validation: [partition.validation],
        aggregation: [{ ...partition.aggregation, aggregated: 0 }],
        alerts: { pending: 0, firing: 0, nodata: 0, resolved: 0 },
        status: statusOf([partition]),
      });
      expect(accounting(input).imbalances).toEqual([
        { partition: 0, what: 'events of aggregate = events of validate', expected: 1, actual: 0 },
      ]);
    });
  });

  test('empty deployment: all zero, balanced', () => {
    const document = accounting({
      validation: [],
      aggregation: [],
      alerts: { pending: 0, firing: 0, nodata: 0, resolved: 0 },
      status: { ...statusOf([]), streams: [] },
    });
    expect(document).toMatchObject({
      balanced: true,
      partitions: [],
      total: { stored: 0, lag: { alert: 0 } },
    });
  });
});

function spoil(
  input: AccountingInput,
  where: string,
  field: { inStream: string; inValidation: string; inAggregation: string },
  by: number,
): AccountingInput {
  const bump = <T extends object>(row: T, name: string): T => ({
    ...row,
    [name]: (row as Record<string, number>)[name]! + by,
  });
  const first = <T extends object>(rows: readonly T[], name: string) =>
    rows.map((row, index) => (index === 0 ? bump(row, name) : row));
  if (where === 'validation') return { ...input, validation: first(input.validation, field.inValidation) };
  if (where === 'aggregation')
    return { ...input, aggregation: first(input.aggregation, field.inAggregation) };
  const [stream] = input.status.streams;
  const partitions = stream!.partitions.map((partition, index) => {
    if (index > 0) return partition;
    if (field.inStream === 'end') return { ...partition, end: partition.end + BigInt(by) };
    return { ...partition, counts: bump(partition.counts!, field.inStream) };
  });
  return { ...input, status: { ...input.status, streams: [{ ...stream!, partitions }] } };
}
