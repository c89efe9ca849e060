/**
 * The documents that a destination gets about records which an event source mapping gave up.
 *
 * Kinesis' and Kafka's are AWS's own, field by field. The records themselves go along only when asked for, as AWS does
 * for S3: `payload` is the event that the function was, or would have been, given. AWS has no document for SQS, whose
 * dead-letter queue gets the messages themselves; so that one follows the others and always has the payload.
 *
 * Ticks are no records to a Lambda function and are not counted; a batch of nothing but ticks is described by them.
 */
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { EventSource } from '../environments/invocation.js';
import { arnParts } from '../lambda/arn.js';
import { batchEventOf } from '../lambda/batch-event.js';
import { shardIdOf } from '../lambda/kinesis-event.js';
import { sequenceNumberOf } from '../lambda/sequence-number.js';
import { messageIdOf } from '../lambda/sqs-event.js';

export type FailureCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'MaximumPayloadSizeExceeded';

export interface StreamFailure {
  readonly source: EventSource;
  readonly functionArn: string;
  /** Of the last invocation; a new one when there was none. */
  readonly requestId: string;
  readonly condition: FailureCondition;
  /** Invocations of the batch that was given up; 1 also when it was never invoked, as AWS has it. */
  readonly invokeCount: number;
  /** `Unhandled` when the function threw, null when it named records that failed. */
  readonly functionError: 'Unhandled' | null;
  /** The records given up. */
  readonly batch: Batch;
  /** Epoch ms. */
  readonly now: number;
  readonly withPayload: boolean;
}

/** JSON. */
export function streamFailureDocument(failure: StreamFailure): object {
  const { source, functionArn, batch, condition, withPayload } = failure;
  const event = eventOf(failure);
  return {
    requestContext: {
      requestId: failure.requestId,
      functionArn,
      condition,
      approximateInvokeCount: failure.invokeCount,
    },
    ...responseContext(failure),
    version: '1.0',
    timestamp: isoTime(failure.now),
    ...batchInfo(source, batch, event),
    ...(withPayload || source.kind === 'sqs' ? { payload: event() } : {}),
  };
}

/** The answer of the last invocation. Records too old or too large have none: Kinesis says nothing, Kafka null. */
function responseContext({ source, condition, functionError }: StreamFailure): object {
  if (condition === 'RetryAttemptsExhausted') {
    return { responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError } };
  }
  return source.kind === 'kafka' ? { responseContext: null } : {};
}

/** The event, made when it is asked for and once. */
function eventOf({ source, batch, functionArn }: StreamFailure): () => unknown {
  let event: unknown;
  return () => {
    event ??= batchEventOf({ source, batch }, { region: arnParts(functionArn, 'us-east-1').region }).event;
    return event;
  };
}

function batchInfo(source: EventSource, batch: Batch, event: () => unknown): object {
  const { count, first, last } = rangeOf(batch);
  switch (source.kind) {
    case 'kinesis':
      return {
        KinesisBatchInfo: {
          shardId: shardIdOf(batch.partition),
          startSequenceNumber: sequenceNumberOf(batch.partition, first.offset),
          endSequenceNumber: sequenceNumberOf(batch.partition, last.offset),
          approximateArrivalOfFirstRecord: isoTime(first.arrivalTime),
          approximateArrivalOfLastRecord: isoTime(last.arrivalTime),
          batchSize: count,
          streamArn: source.arn,
        },
      };
    case 'kafka':
      return {
        KafkaBatchInfo: {
          batchSize: count,
          ...(source.arn === '' ? {} : { eventSourceArn: source.arn }),
          bootstrapServers: source.bootstrapServers.join(','),
          payloadSize: Buffer.byteLength(JSON.stringify(event())),
          recordsInfo: {
            [`${batch.stream}-${batch.partition}`]: {
              firstRecordOffset: first.offset.toString(),
              lastRecordOffset: last.offset.toString(),
              firstRecordTimestamp: isoTime(first.arrivalTime),
              lastRecordTimestamp: isoTime(last.arrivalTime),
            },
          },
        },
      };
    case 'sqs':
      return {
        SQSBatchInfo: {
          batchSize: count,
          queueArn: source.arn,
          firstMessageId: messageIdOf(batch, first.offset),
          lastMessageId: messageIdOf(batch, last.offset),
          firstMessageSentTimestamp: isoTime(first.arrivalTime),
          lastMessageSentTimestamp: isoTime(last.arrivalTime),
        },
      };
  }
}

interface Place {
  readonly offset: bigint;
  readonly arrivalTime: number;
}

function rangeOf(batch: Batch): { count: number; first: Place; last: Place } {
  const all: Place[] = [];
  const events: Place[] = [];
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    const place = { offset: offsetAt(batch, index), arrivalTime: cursor.arrivalTime };
    all.push(place);
    if (cursor.kind !== RecordKind.tick) events.push(place);
  }
  const described = events.length === 0 ? all : events;
  return { count: described.length, first: described[0]!, last: described.at(-1)! };
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
