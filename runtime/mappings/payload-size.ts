/**
 * How large the event of a batch would be on AWS: Lambda's 6 MB are bytes of its JSON, not of the records. One record
 * is its value in base64 (4 characters for 3 bytes) or, of a queue, as JSON text; its key; and an envelope that is
 * larger than most telemetry. Header bytes of Kafka are numbers, four characters each at the most.
 */
import type { Batch } from '../../streams/batch.js';
import { FrameCursor } from '../../streams/record.js';
import type { EventSource } from '../environments/invocation.js';

/** Lambda's limit for the payload of one invocation, and so for its event. */
export const MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

export interface PayloadSizes {
  /** Of the event without records. */
  readonly base: number;
  /** Of the record under the cursor. */
  record(cursor: FrameCursor): number;
  /** At least the size of an event with so many records in so many bytes of frames; without looking at them. */
  bound(count: number, frameBytes: number): number;
}

/** An offset of Kinesis has 56 digits, and a record names it twice; 20 hold any offset of ours. */
const SEQUENCE_NUMBER = '0'.repeat(56);
const SHARD = 'shardId-000000000000';
const OFFSET = 10 ** 15;
const TIMESTAMP = 1_700_000_000_000;
/** Text of JSON is six times its bytes when all of it is control characters. */
const WORST_ESCAPE = 6;
/** `"n":"v",` of a header is at least eight bytes; an attribute of SQS about a hundred. */
const WORST_HEADER = 16;

export function payloadSizes(source: EventSource): PayloadSizes {
  const base = JSON.stringify(emptyEvent(source)).length;
  const envelope = JSON.stringify(emptyRecord(source)).length + 1;
  const isText = source.kind === 'sqs';
  const worst = isText ? WORST_HEADER : WORST_ESCAPE;
  return {
    base,
    record({ bytes, keyStart, keyEnd, valueStart, valueEnd }) {
      const value = isText ? jsonLength(bytes, valueStart, valueEnd) : base64Length(valueEnd - valueStart);
      const key =
        source.kind === 'kafka' ? base64Length(keyEnd - keyStart) : jsonLength(bytes, keyStart, keyEnd);
      const headers = source.kind === 'kinesis' ? 0 : (valueStart - keyEnd) * worst;
      return envelope + value + key + headers;
    },
    bound: (count, frameBytes) => base + count * envelope + frameBytes * worst,
  };
}

/**
 * How many of the batch's records fit into one event, 0 when even the first does not; and the size of the event with
 * these, exact when frames had to be looked at, else an estimate that is good enough for averages.
 */
export function fitting(
  batch: Batch,
  sizes: PayloadSizes,
): { readonly count: number; readonly bytes: number } {
  const { count, frames } = batch;
  if (sizes.bound(count, frames.length) <= MAX_PAYLOAD_BYTES) {
    return { count, bytes: sizes.bound(count, 0) + base64Length(frames.length) };
  }
  const cursor = new FrameCursor(frames);
  let bytes = sizes.base;
  for (let index = 0; cursor.next(); index++) {
    const size = sizes.record(cursor);
    if (bytes + size > MAX_PAYLOAD_BYTES) return { count: index, bytes };
    bytes += size;
  }
  return { count, bytes };
}

function base64Length(bytes: number): number {
  return 4 * Math.ceil(bytes / 3);
}

/** Bytes of the text within a JSON string, as JSON.stringify writes it. */
function jsonLength(bytes: Buffer, start: number, end: number): number {
  let length = end - start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0x22 || byte === 0x5c) length += 1;
    else if (byte < 0x20) length += byte >= 0x08 && byte <= 0x0d && byte !== 0x0b ? 1 : 5;
  }
  return length;
}

function emptyEvent({ kind, arn, bootstrapServers, stream }: EventSource): object {
  if (kind !== 'kafka') return { Records: [] };
  const eventSourceArn = arn;
  return {
    eventSource: 'SelfManagedKafka',
    eventSourceArn,
    bootstrapServers: bootstrapServers.join(','),
    records: { [`${stream}-0000`]: [] },
  };
}

function emptyRecord({ kind, arn, stream }: EventSource): object {
  const region = 'xx-xxxxxxxxx-0';
  switch (kind) {
    case 'kinesis':
      return {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: '',
          sequenceNumber: SEQUENCE_NUMBER,
          data: '',
          approximateArrivalTimestamp: TIMESTAMP / 1000 + 0.123,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `${SHARD}:${SEQUENCE_NUMBER}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::000000000000:role/millrace-lambda-role',
        awsRegion: region,
        eventSourceARN: arn,
      };
    case 'kafka':
      return {
        topic: stream,
        partition: 1000,
        offset: OFFSET,
        timestamp: TIMESTAMP,
        timestampType: 'CREATE_TIME',
        key: '',
        value: '',
        headers: [],
      };
    case 'sqs':
      return {
        messageId: '00000000-0000-0000-0000-000000000000',
        receiptHandle: '0'.repeat(60),
        body: '',
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: String(TIMESTAMP),
          SenderId: 'AROAMILLRACE000000000:millrace',
          ApproximateFirstReceiveTimestamp: String(TIMESTAMP),
          SequenceNumber: '0'.repeat(20),
          MessageGroupId: '',
          MessageDeduplicationId: '0'.repeat(64),
        },
        messageAttributes: {},
        md5OfMessageAttributes: '0'.repeat(32),
        md5OfBody: '0'.repeat(32),
        eventSource: 'aws:sqs',
        eventSourceARN: arn,
        awsRegion: region,
      };
  }
}
