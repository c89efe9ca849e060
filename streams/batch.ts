/**
 * A batch: consecutive records of one partition, as frames in one buffer that can be transferred to a thread.
 */
import { FrameCursor, type StreamRecord } from './record.js';

export interface Batch {
  readonly stream: string;
  readonly partition: number;
  /** Offset of the first record; the others follow without gaps. */
  readonly baseOffset: bigint;
  readonly count: number;
  /** The frames (see `record.ts`), `count` of them. */
  readonly frames: Buffer;
}

/** Offset of the batch's last record; of the one before the first when the batch is empty. */
export function lastOffset(batch: Batch): bigint {
  return batch.baseOffset + BigInt(batch.count) - 1n;
}

/** A batch's records as objects, bytes copied. For tests and off the hot path. */
export function* recordsOf(batch: Batch): Generator<StreamRecord> {
  const cursor = new FrameCursor(batch.frames);
  let offset = batch.baseOffset;
  while (cursor.next()) {
    const headers = cursor.headers();
    yield {
      partition: batch.partition,
      offset: offset++,
      kind: cursor.kind,
      arrivalTime: cursor.arrivalTime,
      key: cursor.key(),
      value: Buffer.from(cursor.value()),
      ...(headers === undefined ? {} : { headers }),
    };
  }
}
