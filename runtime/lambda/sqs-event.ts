/**
 * SQS events: a stream stands in for the queue. A record's value is the message's body, its headers are attributes of
 * type String, its key is the message group of a FIFO queue; the message's id follows from its position.
 *
 * Known difference: every message says it is received for the first time, as a stream does not count that per record.
 */
import { createHash } from 'node:crypto';
import type { SQSEvent, SQSMessageAttributes, SQSRecord, SQSRecordAttributes } from 'aws-lambda';
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { BatchInvocation } from '../environments/invocation.js';
import { arnParts } from './arn.js';
import type { BatchEvent, BatchEventOptions } from './batch-event.js';
import { stableUuid } from './stable-uuid.js';

/** An IAM role's id, as senders have. */
const SENDER = 'AROAMILLRACE000000000:millrace';

export function sqsEvent({ batch, source }: BatchInvocation, options: BatchEventOptions): BatchEvent {
  const { region } = arnParts(source.arn, options.region);
  const isFifo = source.arn.endsWith('.fifo');
  const Records: SQSRecord[] = [];
  const offsets = new Map<string, bigint>();
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (cursor.kind === RecordKind.tick) continue;
    const offset = offsetAt(batch, index);
    const messageId = messageIdOf(batch, offset);
    offsets.set(messageId, offset);
    const value = cursor.value();
    const messageAttributes = attributesOf(cursor.headers());
    Records.push({
      messageId,
      receiptHandle: Buffer.from(`millrace ${messageId}`).toString('base64'),
      body: value.toString('utf8'),
      attributes: systemAttributes(cursor, offset, isFifo),
      messageAttributes,
      ...(Object.keys(messageAttributes).length === 0
        ? {}
        : { md5OfMessageAttributes: md5OfAttributes(messageAttributes) }),
      md5OfBody: md5(value),
      eventSource: 'aws:sqs',
      eventSourceARN: source.arn,
      awsRegion: region,
    });
  }
  const event: SQSEvent = { Records };
  const count = Records.length;
  return {
    event,
    count,
    identifiers: {
      offsetOf: (identifier) => (typeof identifier === 'string' ? (offsets.get(identifier) ?? null) : null),
    },
  };
}

/** Id of the message at a position; the same in failure documents. */
export function messageIdOf(batch: Pick<Batch, 'stream' | 'partition'>, offset: bigint): string {
  return stableUuid(`sqs ${batch.stream} ${batch.partition} ${offset}`);
}

function systemAttributes(cursor: FrameCursor, offset: bigint, isFifo: boolean): SQSRecordAttributes {
  const sent = String(Math.round(cursor.arrivalTime));
  return {
    ApproximateReceiveCount: '1',
    SentTimestamp: sent,
    SenderId: SENDER,
    ApproximateFirstReceiveTimestamp: sent,
    ...(isFifo
      ? {
          SequenceNumber: String(offset).padStart(20, '0'),
          MessageGroupId: cursor.key(),
          MessageDeduplicationId: createHash('sha256').update(cursor.value()).digest('hex'),
        }
      : {}),
  };
}

function attributesOf(headers: Readonly<Record<string, string>> | undefined): SQSMessageAttributes {
  const attributes: SQSMessageAttributes = {};
  for (const [name, stringValue] of Object.entries(headers ?? {})) {
    attributes[name] = { stringValue, stringListValues: [], binaryListValues: [], dataType: 'String' };
  }
  return attributes;
}

/** Over names in order: name, type and value, each behind its length, with a byte for "string" before the value. */
export function md5OfAttributes(attributes: SQSMessageAttributes): string {
  const hash = createHash('md5');
  const add = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(text));
    hash.update(length).update(text);
  };
  for (const name of Object.keys(attributes).sort()) {
    add(name);
    const { dataType, stringValue = '' } = attributes[name]!;
    add(dataType);
    hash.update(Buffer.from([1]));
    add(stringValue);
  }
  return hash.digest('hex');
}

function md5(bytes: Buffer): string {
  return createHash('md5').update(bytes).digest('hex');
}
