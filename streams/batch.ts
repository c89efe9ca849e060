/**
 * A batch: consecutive records of one partition, as frames in one buffer.
 */
import { FrameCursor, type StreamRecord } from './record.js';

export interface Batch {
  readonly stream: string;
  readonly partition: number;
  /** Offset of the first record; the others follow without gaps, unless `offsets` says otherwise. */
  readonly baseOffset: bigint;
  /**
   * Each record's offset, ascending; only from engines whose offsets have gaps (Kinesis sequence numbers). Use
   * `offsetAt` and `lastOffset` rather than adding to `baseOffset`.
   */
  readonly offsets?: readonly bigint[];
  readonly count: number;
  /** The frames (see `record.ts`), `count` of them. */
  readonly frames: Buffer;
}

/** Offset of the record at `index` (0 to `count - 1`). */
export function offsetAt(batch: Batch, index: number): bigint {
  return batch.offsets?.[index] ?? batch.baseOffset + BigInt(index);
}

/** Offset of the batch's last record; of the one before the first when the batch is empty. */
export function lastOffset(batch: Batch): bigint {
  return offsetAt(batch, batch.count - 1);
}

/**
 * Whether what was at `next` is gone, when the batch was read from there. Where offsets have gaps, one in front of a
 * record is none of those.
 */
export function hasLost(batch: Batch, next: bigint): boolean {
  return batch.baseOffset > next && (batch.offsets === undefined || batch.count === 0);
}

/** A batch's records as objects, bytes copied. For tests and off the hot path. */
export function* recordsOf(batch: Batch): Generator<StreamRecord> {
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    const headers = cursor.headers();
    yield {
      partition: batch.partition,
      offset: offsetAt(batch, index),
      kind: cursor.kind,
      arrivalTime: cursor.arrivalTime,
      key: cursor.key(),
      value: Buffer.from(cursor.value()),
      ...(headers === undefined ? {} : { headers }),
    };
  }
}
