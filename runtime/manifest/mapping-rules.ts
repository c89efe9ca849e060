/**
 * The settings of an event source mapping, whichever way the file gives them: ranges, defaults and relations of
 * Lambda's CreateEventSourceMapping, per kind of source.
 */

import type { PathKeys, Problems } from '../../common/problems.js';
import type { Allowed, Destinations } from './destinations.js';
import { filterPatterns } from './filter-patterns.js';
import type { EventSourceKind, StreamTrigger } from './manifest.js';
import { numberOf, oneOf, type Reader, truth, whole } from './values.js';

/** osls' names where it has one. Times as in the file: seconds. */
interface Values {
  batchSize: number;
  batchWindow: number;
  startingPosition: StreamTrigger['startingPosition'];
  startingPositionTimestamp: number;
  parallelizationFactor: number;
  maximumRetryAttempts: number;
  maximumRecordAgeInSeconds: number;
  bisectBatchOnFunctionError: boolean;
  functionResponseType: 'ReportBatchItemFailures';
  tumblingWindowInSeconds: number;
  maximumConcurrency: number;
  enabled: boolean;
}
export type MappingKey = keyof Values | 'filterPatterns' | 'onFailure';

export interface Given {
  readonly value: unknown;
  readonly at: PathKeys;
}
/** What the file says, and where; absent keys get their defaults. */
export type GivenMapping = Map<MappingKey, Given>;

/** The keys of a trigger's entry that mean the same under the same name. */
export function givenOf(
  entry: Record<string, unknown>,
  keys: readonly MappingKey[],
  at: PathKeys,
): GivenMapping {
  const given: GivenMapping = new Map();
  for (const key of keys) {
    if (entry[key] !== undefined) given.set(key, { value: entry[key], at: [...at, key] });
  }
  return given;
}

const READERS: { readonly [K in keyof Values]: Reader<Values[K]> } = {
  batchSize: whole(1, 10_000),
  batchWindow: whole(0, 300),
  startingPosition: oneOf('TRIM_HORIZON', 'LATEST', 'AT_TIMESTAMP'),
  startingPositionTimestamp: seconds,
  parallelizationFactor: whole(1, 10),
  maximumRetryAttempts: whole(-1, 10_000),
  maximumRecordAgeInSeconds: recordAge,
  bisectBatchOnFunctionError: truth,
  functionResponseType: oneOf('ReportBatchItemFailures'),
  tumblingWindowInSeconds: whole(0, 900),
  maximumConcurrency: whole(2, 1000),
  enabled: truth,
};

/**
 * What applies when the file says nothing. Batch sizes are what the packager fills in for streams and queues and what
 * Lambda itself has for Kafka, which the packager leaves alone; Kafka's window is half a second.
 */
const BATCHES: Readonly<
  Record<EventSourceKind, { readonly batchSize: number; readonly batchWindow: number }>
> = {
  kinesis: { batchSize: 10, batchWindow: 0 },
  kafka: { batchSize: 100, batchWindow: 0.5 },
  sqs: { batchSize: 10, batchWindow: 0 },
};
/** With a destination, Lambda gives a Kafka batch up after so many retries even if none were asked for. */
const KAFKA_RETRIES_WITH_DESTINATION = 10;
/** Beyond this a timestamp was meant in milliseconds: the year 5138. */
const LAST_SECOND = 1e11;

export interface MappingContext {
  readonly kind: EventSourceKind;
  /** Place of the trigger. */
  readonly at: PathKeys;
  readonly destinations: Destinations;
  readonly allowed: Allowed;
  /** Epoch ms. */
  readonly now: number;
}

/** Everything of a trigger but where its records come from. */
export type Mapping = Omit<StreamTrigger, 'type' | 'source' | 'stream' | 'arn' | 'bootstrapServers'>;

/** The mapping; worth nothing when a problem was added. */
export function mappingOf(given: GivenMapping, context: MappingContext, problems: Problems): Mapping {
  const { kind, destinations, allowed } = context;
  const read = <K extends keyof Values>(key: K): Values[K] | undefined => {
    const entry = given.get(key);
    return entry === undefined ? undefined : READERS[key](entry.value, entry.at, problems);
  };
  const patterns = given.get('filterPatterns');
  const failure = given.get('onFailure');
  const onFailure = failure === undefined ? undefined : destinations.read(failure.value, failure.at, allowed);
  const startingTimestamp = read('startingPositionTimestamp');
  const retries = read('maximumRetryAttempts') ?? -1;
  const age = read('maximumRecordAgeInSeconds') ?? -1;
  read('maximumConcurrency');
  const mapping: Mapping = {
    batchSize: read('batchSize') ?? BATCHES[kind].batchSize,
    batchWindowMs: (read('batchWindow') ?? BATCHES[kind].batchWindow) * 1000,
    startingPosition: read('startingPosition') ?? 'TRIM_HORIZON',
    ...(startingTimestamp === undefined ? {} : { startingTimestamp: startingTimestamp * 1000 }),
    parallelizationFactor: read('parallelizationFactor') ?? 1,
    maximumRetryAttempts:
      retries === -1 && kind === 'kafka' && onFailure !== undefined
        ? KAFKA_RETRIES_WITH_DESTINATION
        : retries,
    maximumRecordAgeMs: age === -1 ? -1 : age * 1000,
    bisectBatchOnFunctionError: read('bisectBatchOnFunctionError') ?? false,
    reportBatchItemFailures: read('functionResponseType') !== undefined,
    tumblingWindowMs: (read('tumblingWindowInSeconds') ?? 0) * 1000,
    filterPatterns: patterns === undefined ? [] : filterPatterns(patterns.value, kind, patterns.at, problems),
    ...(onFailure === undefined ? {} : { onFailure }),
    enabled: read('enabled') ?? true,
  };
  checkRelations(mapping, given, context, problems);
  return mapping;
}

function checkRelations(
  mapping: Mapping,
  given: GivenMapping,
  { kind, at, now }: MappingContext,
  problems: Problems,
): void {
  const place = (key: MappingKey) => given.get(key)?.at ?? [...at, key];
  // The service model says so of Kinesis, too; but there a hundred without a window is AWS's own default.
  if (kind === 'sqs' && mapping.batchSize > 10 && mapping.batchWindowMs === 0) {
    problems.add(
      given.get('batchWindow')?.at ?? [...at, 'maximumBatchingWindow'],
      'must be at least 1 (second) on AWS with a batchSize above 10',
    );
  }
  if (mapping.tumblingWindowMs > 0 && mapping.parallelizationFactor > 1) {
    problems.add(
      place('tumblingWindowInSeconds'),
      'cannot be had with a parallelizationFactor above 1: a window has one state per partition',
    );
  }
  const { startingTimestamp } = mapping;
  const timestamp = place('startingPositionTimestamp');
  if (mapping.startingPosition !== 'AT_TIMESTAMP') {
    if (startingTimestamp !== undefined) {
      problems.add(timestamp, 'goes with startingPosition AT_TIMESTAMP only');
    }
  } else if (!given.has('startingPositionTimestamp')) {
    problems.add(timestamp, 'is needed with startingPosition AT_TIMESTAMP: Unix time in seconds');
  } else if (startingTimestamp !== undefined && startingTimestamp > now) {
    problems.add(timestamp, 'must not be in the future');
  }
}

function recordAge(value: unknown, at: PathKeys, problems: Problems): number | undefined {
  const age = numberOf(value);
  if (age === -1 || (age !== undefined && Number.isInteger(age) && age >= 60 && age <= 604_800)) return age;
  problems.add(at, 'must be -1 or a whole number from 60 to 604800');
  return undefined;
}

function seconds(value: unknown, at: PathKeys, problems: Problems): number | undefined {
  const time = numberOf(value);
  if (time !== undefined && time >= 0 && time < LAST_SECOND) return time;
  problems.add(at, 'must be Unix time in seconds');
  return undefined;
}
