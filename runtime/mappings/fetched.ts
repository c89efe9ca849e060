/** What a lane has fetched: a batch to invoke the function with, and how far the lane is when that is done. */
import { MillraceError } from '../../common/errors.js';
import { type Batch, lastOffset, offsetAt } from '../../streams/batch.js';
import { FrameCursor } from '../../streams/record.js';
import type { StreamSource } from '../../streams/stream.js';

export interface Fetched {
  /** At least one record. */
  readonly batch: Batch;
  /** Checkpoint when all of the batch is finished: records passed over may lie behind its last one. */
  readonly end: bigint;
  /** Records that were passed over because no pattern matched. */
  readonly filtered: number;
  /** The batch is one record, and no event is large enough for it. */
  readonly isTooLarge: boolean;
  /** Size of its event, about. */
  readonly bytes: number;
}

/** Records `[from, to)` of a batch, by index, as a batch over the same bytes. */
export function part(batch: Batch, from: number, to: number): Batch {
  if (from === 0 && to === batch.count) return batch;
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; index < from; index++) cursor.next();
  const start = cursor.frameEnd;
  for (let index = from; index < to; index++) cursor.next();
  const { stream, partition, offsets, frames } = batch;
  return {
    stream,
    partition,
    baseOffset: offsetAt(batch, from),
    ...(offsets === undefined ? {} : { offsets: offsets.slice(from, to) }),
    count: to - from,
    frames: frames.subarray(start, cursor.frameEnd),
  };
}

/** How many records, from the first one on, arrived before `time` (epoch ms). */
export function arrivedBefore(batch: Batch, time: number): number {
  const cursor = new FrameCursor(batch.frames);
  let count = 0;
  while (cursor.next() && cursor.arrivalTime < time) count++;
  return count;
}

/** arrivalTime of the first record of frames. */
export function firstArrival(frames: Buffer): number {
  const cursor = new FrameCursor(frames);
  cursor.next();
  return cursor.arrivalTime;
}

/**
 * Index of the lowest of these offsets in the batch; null when there are none; 0 when one of them is no record of the
 * batch, because nobody knows then which one failed.
 */
export function lowestFailed(batch: Batch, failures: readonly bigint[]): number | null {
  let lowest: number | null = null;
  for (const offset of failures) {
    const index = indexOf(batch, offset);
    if (index < 0) return 0;
    if (lowest === null || index < lowest) lowest = index;
  }
  return lowest;
}

function indexOf(batch: Batch, offset: bigint): number {
  if (batch.offsets !== undefined) return batch.offsets.indexOf(offset);
  if (offset < batch.baseOffset || offset > lastOffset(batch)) return -1;
  return Number(offset - batch.baseOffset);
}

/** A stream that says it has more and hands nothing out: asking it again at once would go on for ever. */
export function nothingHandedOut(stream: StreamSource, partition: number, offset: bigint): MillraceError {
  return new MillraceError(`${stream.name}/${partition} hands out nothing at ${offset}, before its end`, {
    code: 'STREAM_UNREADABLE',
    canRetry: true,
  });
}
