/**
 * Kinesis events as batches. A shard is a partition, a sequence number an offset; sequence numbers have gaps, so the
 * batches carry each record's own (`Batch.offsets`).
 */
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../streams/record.js';
import { frameIn } from './envelope.js';

interface Shard {
  readonly stream: string;
  readonly partition: number;
  readonly frames: Buffer[];
  readonly offsets: bigint[];
}

/** One batch per stream and shard, in the event's order. Lambda sends one shard per event; tests may send more. */
export function batchesOf(event: KinesisStreamEvent): Batch[] {
  const shards = new Map<string, Shard>();
  for (const record of event.Records) {
    const shardId = record.eventID.slice(0, record.eventID.indexOf(':'));
    const key = `${record.eventSourceARN} ${shardId}`;
    let shard = shards.get(key);
    if (shard === undefined) {
      shard = {
        stream: streamOf(record.eventSourceARN),
        partition: shardNumber(shardId),
        frames: [],
        offsets: [],
      };
      shards.set(key, shard);
    }
    shard.frames.push(frameOf(record));
    shard.offsets.push(BigInt(record.kinesis.sequenceNumber));
  }
  return [...shards.values()].map(({ stream, partition, frames, offsets }) => ({
    stream,
    partition,
    baseOffset: offsets[0]!,
    offsets,
    count: offsets.length,
    frames: Buffer.concat(frames),
  }));
}

/** Our own records as they were appended; anybody else's as an acknowledged event that arrived when Kinesis took it. */
function frameOf(record: KinesisStreamRecord): Buffer {
  const data = Buffer.from(record.kinesis.data, 'base64');
  const frame = frameIn(data);
  if (frame !== undefined) return frame;
  const writer = new FrameWriter(data.length + 64);
  writer.write({
    kind: RecordKind.acknowledged,
    arrivalTime: Math.round(record.kinesis.approximateArrivalTimestamp * 1000),
    key: record.kinesis.partitionKey,
    value: data,
  });
  return writer.take();
}

/** `arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry` -> `telemetry` */
function streamOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** `shardId-000000000002` -> 2 */
function shardNumber(shardId: string): number {
  const match = /^shardId-(\d{12})$/.exec(shardId);
  if (match === null) {
    throw new MillraceError(`not a Kinesis shard: ${JSON.stringify(shardId)}`, {
      code: 'LAMBDA_EVENT_INVALID',
    });
  }
  return Number(match[1]);
}
