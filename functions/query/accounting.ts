/**
 * The books: how many events came in, and what became of each one. Pure; `/accounting` feeds it.
 *
 * Three parties count independently. The stream counts the records it stored, by kind. `validate` and `aggregate`
 * each keep a tally per partition: what they decided about every record below `nextOffset`. The books balance when,
 * in each partition,
 *
 *     1. acknowledged + received + ticks                              = end
 *     2. valid + quarantined + ticks                                  = validate's nextOffset
 *     3. aggregated + late + duplicate + refused + ticks              = aggregate's nextOffset
 *     4. acknowledged + received = valid + quarantined + events in flight to validate
 *     5. where both functions have come equally far: refused = quarantined, and their ticks agree
 *
 * Brokers do not look into records: on Kafka and Kinesis the stream's part of 1 and 4 is worked out from the tallies,
 * unfinished records being taken for acknowledged events, and those two say nothing. The end may also be known a little
 * later than the tallies there.
 *
 * Where offsets have gaps (Kinesis), a difference between two of them is no number of records. Identities that compare
 * numbers with offsets say nothing there, what retention removed and what is in flight are not known unless nothing is,
 * and then they are 0; how late a function is tells `behindMs`. Left of the checks: no function is ahead of the stream,
 * and where two have come equally far they have decided about equally many events.
 *
 * In flight are the records in [nextOffset, end). How many of them are events is worked out from offsets and ticks,
 * not from the left side of 4: (end - nextOffset) less the ticks that the function has not finished.
 *
 * Why this holds at any moment. A tally is one row, written in the same transaction as the effects it counts, so it
 * is consistent in itself whenever it is read. Tallies are read *before* the stream's ends and counts, and both only
 * grow: the records that a tally stands for were in the stream when it was written, hence are in the counts that are
 * read later. Read the other way round, a function could overtake the snapshot and "in flight" would be negative.
 * Stream counts and end change together, with the commit that makes the records durable.
 *
 * Why it holds after a crash. An acknowledged record is durable, and is counted by reading the log again. A batch
 * whose transaction did not commit left neither effects nor tally; it is still in flight, and comes again. One whose
 * transaction did commit but whose checkpoint did not comes again too, and is skipped, because it lies below the
 * tally's nextOffset. That is why in flight is measured from the tally and not from the checkpoint.
 */
import type { AggregationTally } from '../../stores/aggregation.js';
import type { AlertState } from '../../stores/alerts.js';
import type { ValidationTally } from '../../stores/validation.js';
import type { DeploymentStatus, MappingStatus, PartitionStatus } from '../contract.js';
import { type CountedPartition, type Imbalance, imbalancesOf } from './balance.js';

/** The stream that carries what devices report. */
export const TELEMETRY = 'telemetry';

/** Functions whose position is their tally's nextOffset; everybody else's is the checkpoint. */
const TALLIED = ['validate', 'aggregate'] as const;

/** All of them numbers of records since the deployment's first start. */
export interface Figures {
  /** Events stored with no promise to anybody (QoS 0). */
  readonly received: number;
  /** Events stored with a promise to the publisher (QoS 1, QoS 2, HTTP). */
  readonly acknowledged: number;
  /** Ticks: the time, as records. */
  readonly ticks: number;
  /** Records ever stored in the stream: the three above. */
  readonly stored: number;
  /** Stored records that retention has removed since; null: not known. */
  readonly trimmed: number | null;
  readonly validated: number;
  readonly quarantined: number;
  readonly aggregated: number;
  readonly late: number;
  readonly duplicate: number;
  /** Events that aggregate skipped because validation refuses them. */
  readonly refused: number;
  /** Of the events above, how many came from a clock ahead of, or behind, what the settings take for right. */
  readonly ahead: number;
  readonly behind: number;
  /** Late events that corrected a complete window. */
  readonly corrections: number;
  /** Events that validate and aggregate have not finished; null: there may be some, and nobody knows how many. */
  readonly inFlight: Readonly<Record<string, number | null>>;
  /** Records, ticks included, that each function of the stream has not finished; null as above. */
  readonly lag: Readonly<Record<string, number | null>>;
}

export interface PartitionFigures extends Figures {
  readonly partition: number;
  /** Offsets as decimal strings. */
  readonly start: string;
  readonly end: string;
  /** Next offset to finish, per function. */
  readonly positions: Readonly<Record<string, string>>;
}

export interface Accounting {
  readonly balanced: boolean;
  readonly imbalances: readonly Imbalance[];
  readonly total: Figures;
  readonly partitions: readonly PartitionFigures[];
  readonly alerts: Readonly<Record<AlertState, number>>;
  /** The other streams: what they hold, and who has not finished it. */
  readonly streams: readonly {
    readonly name: string;
    /** Null: not known. */
    readonly stored: number | null;
    readonly trimmed: number | null;
    readonly lag: Readonly<Record<string, number | null>>;
  }[];
  /** By function, ms behind the latest record; null: not known. Absent where offsets count records. */
  readonly behindMs?: Readonly<Record<string, number | null>>;
}

/** What the books are made from. `status` must have been taken after the tallies were read. */
export interface AccountingInput {
  readonly validation: readonly ValidationTally[];
  readonly aggregation: readonly AggregationTally[];
  readonly alerts: Readonly<Record<AlertState, number>>;
  readonly status: DeploymentStatus;
}

export function accounting(input: AccountingInput): Accounting {
  const { status } = input;
  const stream = status.streams.find(({ name }) => name === TELEMETRY);
  const telemetry = stream?.partitions ?? [];
  const isSparse = stream?.isSparse === true;
  const mappings = mappingsOf(status, TELEMETRY);
  const partitions: PartitionFigures[] = [];
  const imbalances: Imbalance[] = [];
  for (const status of telemetry) {
    const validation =
      input.validation.find((tally) => tally.partition === status.partition) ?? NO_VALIDATION;
    const aggregation =
      input.aggregation.find((tally) => tally.partition === status.partition) ?? NO_AGGREGATION;
    const stream = counted(status, validation, aggregation, isSparse);
    const figures = figuresOf(stream, validation, aggregation, mappings);
    partitions.push(figures);
    imbalances.push(...imbalancesOf(stream, validation, aggregation, figures.inFlight.validate!));
  }
  return {
    balanced: imbalances.length === 0,
    imbalances,
    total: totalOf(partitions, mappings),
    partitions,
    alerts: input.alerts,
    streams: status.streams
      .filter((stream) => stream.name !== TELEMETRY)
      .map((stream) => ({
        name: stream.name,
        stored: stream.isSparse ? null : sum(stream.partitions.map(({ end }) => Number(end))),
        trimmed: stream.isSparse ? null : sum(stream.partitions.map(({ start }) => Number(start))),
        lag: Object.fromEntries(
          mappingsOf(status, stream.name).map((mapping) => [
            mapping.functionName,
            sumOrNull(
              stream.partitions.map((partition) =>
                lagOf({ ...partition, isSparse: stream.isSparse === true }, checkpointOf(mapping, partition)),
              ),
            ),
          ]),
        ),
      })),
    ...behindOf(status.mappings),
  };
}

const NO_VALIDATION = { nextOffset: 0n, valid: 0, quarantined: 0, ticks: 0 };
const NO_AGGREGATION = {
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

function counted(
  { counts, ...stream }: PartitionStatus,
  validation: Omit<ValidationTally, 'partition'>,
  aggregation: Omit<AggregationTally, 'partition'>,
  isSparse: boolean,
): CountedPartition {
  if (counts !== null) return { ...stream, isSparse, counts };
  let { end } = stream;
  for (const { nextOffset } of [validation, aggregation]) if (nextOffset > end) end = nextOffset;
  const tick = Math.max(validation.ticks, aggregation.ticks);
  const { valid, quarantined } = validation;
  const { aggregated, late, duplicate, refused } = aggregation;
  const acknowledged = isSparse
    ? Math.max(valid + quarantined, aggregated + late + duplicate + refused)
    : Number(end) - tick;
  return { ...stream, end, isSparse, counts: { acknowledged, received: 0, tick } };
}

function figuresOf(
  stream: CountedPartition,
  validation: Omit<ValidationTally, 'partition'>,
  aggregation: Omit<AggregationTally, 'partition'>,
  mappings: readonly MappingStatus[],
): PartitionFigures {
  const { acknowledged, received, tick } = stream.counts;
  const positions: Record<string, bigint> = {
    validate: validation.nextOffset,
    aggregate: aggregation.nextOffset,
  };
  for (const mapping of mappings) positions[mapping.functionName] ??= checkpointOf(mapping, stream);
  const lag = mapValues(positions, (position) => lagOf(stream, position));
  return {
    partition: stream.partition,
    start: stream.start.toString(),
    end: stream.end.toString(),
    received,
    acknowledged,
    ticks: tick,
    stored: stream.isSparse ? acknowledged + received + tick : Number(stream.end),
    trimmed: stream.isSparse ? null : Number(stream.start),
    validated: validation.valid,
    quarantined: validation.quarantined,
    aggregated: aggregation.aggregated,
    late: aggregation.late,
    duplicate: aggregation.duplicate,
    refused: aggregation.refused,
    ahead: aggregation.ahead,
    behind: aggregation.behind,
    corrections: aggregation.corrections,
    inFlight: {
      validate: eventsOf(stream, lag.validate!, validation.ticks),
      aggregate: eventsOf(stream, lag.aggregate!, aggregation.ticks),
    },
    lag,
    positions: mapValues(positions, String),
  };
}

function totalOf(partitions: readonly PartitionFigures[], mappings: readonly MappingStatus[]): Figures {
  const total = (pick: (figures: PartitionFigures) => number) => sum(partitions.map(pick));
  const known = (pick: (figures: PartitionFigures) => number | null) => sumOrNull(partitions.map(pick));
  const names = new Set<string>([...TALLIED, ...mappings.map((mapping) => mapping.functionName)]);
  return {
    received: total((figures) => figures.received),
    acknowledged: total((figures) => figures.acknowledged),
    ticks: total((figures) => figures.ticks),
    stored: total((figures) => figures.stored),
    trimmed: known((figures) => figures.trimmed),
    validated: total((figures) => figures.validated),
    quarantined: total((figures) => figures.quarantined),
    aggregated: total((figures) => figures.aggregated),
    late: total((figures) => figures.late),
    duplicate: total((figures) => figures.duplicate),
    refused: total((figures) => figures.refused),
    ahead: total((figures) => figures.ahead),
    behind: total((figures) => figures.behind),
    corrections: total((figures) => figures.corrections),
    inFlight: Object.fromEntries(TALLIED.map((name) => [name, known((figures) => figures.inFlight[name]!)])),
    lag: Object.fromEntries([...names].map((name) => [name, known((figures) => figures.lag[name]!)])),
  };
}

function mappingsOf(status: DeploymentStatus, stream: string): readonly MappingStatus[] {
  return status.mappings.filter((mapping) => mapping.stream === stream);
}

/** A mapping that has finished nothing yet stands at the oldest record. */
function checkpointOf(mapping: MappingStatus, partition: PartitionStatus): bigint {
  return mapping.checkpoints[partition.partition] ?? partition.start;
}

function lagOf(
  { start, end, isSparse }: Pick<CountedPartition, 'start' | 'end' | 'isSparse'>,
  position: bigint,
): number | null {
  if (!isSparse) return Number(end - position);
  return position >= end || start === end ? 0 : null;
}

/** Of the records that a function has not finished, those that are no ticks. @param finished ticks it has finished */
function eventsOf(
  { isSparse, counts }: CountedPartition,
  lag: number | null,
  finished: number,
): number | null {
  return lag === null || isSparse ? lag : lag - (counts.tick - finished);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function behindOf(mappings: readonly MappingStatus[]): Pick<Accounting, 'behindMs'> {
  const behind = mappings.flatMap(({ functionName, behindMs }) =>
    behindMs === undefined ? [] : [[functionName, mostOrNull(behindMs)] as const],
  );
  return behind.length === 0 ? {} : { behindMs: Object.fromEntries(behind) };
}

function sumOrNull(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
}

function mostOrNull(values: readonly (number | null)[]): number | null {
  return values.reduce((most, value) => (most === null || value === null ? null : Math.max(most, value)), 0);
}

function mapValues<A, B>(values: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));
}
