/**
 * Kinesis events. They are built inside the environment, from the bytes of the batch: a record costs its base64, its
 * sequence number and two objects.
 *
 * With a tumbling window the event has the window's bounds, the state so far and what kind of invocation it is.
 */
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { envelopeOf } from '../../adapters/aws/envelope.js';
import { offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { BatchInvocation, WindowInvocation } from '../environments/invocation.js';
import { arnParts } from './arn.js';
import type { BatchEvent, BatchEventOptions } from './batch-event.js';
import { positionOf, sequenceNumberOf } from './sequence-number.js';

/** Kinesis takes no empty partition key. */
const NO_KEY = '-';

export interface KinesisWindowFields {
  readonly window: { readonly start: string; readonly end: string };
  readonly state: unknown;
  readonly shardId: string;
  readonly eventSourceARN: string;
  readonly isFinalInvokeForWindow: boolean;
  readonly isWindowTerminatedEarly: boolean;
}

export function kinesisEvent(invocation: BatchInvocation, options: BatchEventOptions): BatchEvent {
  const { batch, source, window } = invocation;
  const enveloped = options.enveloped === true;
  const { region, account } = arnParts(source.arn, options.region);
  const shardId = shardIdOf(batch.partition);
  const invokeIdentityArn = `arn:aws:iam::${account}:role/millrace-lambda-role`;
  const Records: KinesisStreamRecord[] = [];
  /** Of the records that are shown. */
  const offsets: bigint[] = [];
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (cursor.kind === RecordKind.tick && !enveloped) continue;
    const offset = offsetAt(batch, index);
    const sequenceNumber = enveloped ? offset.toString() : sequenceNumberOf(batch.partition, offset);
    offsets.push(offset);
    Records.push({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: cursor.key() || NO_KEY,
        sequenceNumber,
        data: enveloped
          ? envelopedData(cursor)
          : cursor.bytes.toString('base64', cursor.valueStart, cursor.valueEnd),
        approximateArrivalTimestamp: Math.round(cursor.arrivalTime) / 1000,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `${shardId}:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn,
      awsRegion: region,
      eventSourceARN: source.arn,
    });
  }
  const event: KinesisStreamEvent & Partial<KinesisWindowFields> =
    window === undefined ? { Records } : { Records, ...windowFields(window, shardId, source.arn) };
  let known: Set<bigint> | undefined;
  return {
    event,
    count: offsets.length,
    identifiers: {
      offsetOf(identifier) {
        if (typeof identifier !== 'string') return null;
        const offset = enveloped ? plainOffset(identifier) : offsetIn(identifier, batch.partition);
        known ??= new Set(offsets);
        return offset !== null && known.has(offset) ? offset : null;
      },
    },
  };
}

/** `shardId-000000000002` */
export function shardIdOf(partition: number): string {
  return `shardId-${String(partition).padStart(12, '0')}`;
}

function windowFields(window: WindowInvocation, shardId: string, arn: string): KinesisWindowFields {
  return {
    window: { start: secondsText(window.start), end: secondsText(window.end) },
    state: JSON.parse(window.state),
    shardId,
    eventSourceARN: arn,
    isFinalInvokeForWindow: window.isFinal,
    isWindowTerminatedEarly: window.isTerminatedEarly,
  };
}

/** RFC 3339 as AWS writes it: without milliseconds when there are none. */
function secondsText(time: number): string {
  return new Date(time).toISOString().replace('.000Z', 'Z');
}

function envelopedData(cursor: FrameCursor): string {
  const { kind, arrivalTime } = cursor;
  const headers = cursor.headers();
  const record = { kind, arrivalTime, key: cursor.key(), value: cursor.value() };
  return envelopeOf(headers === undefined ? record : { ...record, headers }).toString('base64');
}

function plainOffset(identifier: string): bigint | null {
  return /^\d+$/.test(identifier) ? BigInt(identifier) : null;
}

function offsetIn(identifier: string, partition: number): bigint | null {
  const position = positionOf(identifier);
  return position !== null && position.partition === partition ? position.offset : null;
}
