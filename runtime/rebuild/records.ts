/** The records of a stream that something is to be computed from again. */
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, FrameWriter, RecordKind } from '../../streams/record.js';
import type { StreamSource } from '../../streams/stream.js';

const LIMITS = { maxRecords: 10_000, maxBytes: 8 << 20 };

export interface Wanted {
  readonly from: bigint;
  /** Exclusive. */
  readonly to: bigint;
  /** Only the records of this device, and ticks; null: all. */
  readonly deviceId: string | null;
}

/** Batches of one partition, in order. */
export async function* batchesOf(
  source: Pick<StreamSource, 'read'>,
  partition: number,
  { from, to, deviceId }: Wanted,
): AsyncGenerator<Batch> {
  for (let next = from; next < to; ) {
    const batch = await source.read(partition, next, LIMITS);
    if (batch.count === 0) {
      // Nothing is readable here any more; what is behind it may be.
      if (batch.baseOffset <= next) return;
      next = batch.baseOffset;
      continue;
    }
    next = offsetAt(batch, batch.count - 1) + 1n;
    const wanted = deviceId === null && next <= to ? batch : selected(batch, to, deviceId);
    if (wanted.count > 0) yield wanted;
  }
}

/** Arrival of the first record at or after `offset`, epoch ms; undefined when there is none. */
export async function arrivalAt(
  source: Pick<StreamSource, 'read'>,
  partition: number,
  offset: bigint,
): Promise<number | undefined> {
  const batch = await source.read(partition, offset, { maxRecords: 1, maxBytes: 1 });
  const cursor = new FrameCursor(batch.frames);
  return cursor.next() ? cursor.arrivalTime : undefined;
}

/** The batch without what is not wanted; offsets stay what they are. */
function selected(batch: Batch, to: bigint, deviceId: string | null): Batch {
  const writer = new FrameWriter();
  const offsets: bigint[] = [];
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    const offset = offsetAt(batch, index);
    if (offset >= to) break;
    const key = cursor.key();
    if (deviceId !== null && cursor.kind !== RecordKind.tick && key !== deviceId) continue;
    const { kind, arrivalTime } = cursor;
    const headers = cursor.headers();
    writer.write({ kind, arrivalTime, key, value: cursor.value(), ...(headers && { headers }) });
    offsets.push(offset);
  }
  return {
    stream: batch.stream,
    partition: batch.partition,
    baseOffset: offsets[0] ?? batch.baseOffset,
    offsets,
    count: offsets.length,
    frames: writer.take(),
  };
}
