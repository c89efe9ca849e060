/**
 * Batches on their way to a thread: all of one round in a single ArrayBuffer that is transferred. A message with an
 * object and a buffer per batch costs several times as much as the wake-up it comes with.
 *
 * Layout (little endian): u32 number of batches; per batch u32 partition, u32 count, u64 base offset, u32 length of
 * its frames; then the frames, in the same order.
 */
import type { Batch } from '../../streams/batch.js';

const PER_BATCH = 20;

export function packBatches(batches: readonly Batch[]): ArrayBuffer {
  let length = 4 + PER_BATCH * batches.length;
  for (const { frames } of batches) length += frames.length;
  const packed = Buffer.allocUnsafeSlow(length);
  let header = packed.writeUInt32LE(batches.length, 0);
  let body = 4 + PER_BATCH * batches.length;
  for (const { partition, count, baseOffset, frames } of batches) {
    header = packed.writeUInt32LE(partition, header);
    header = packed.writeUInt32LE(count, header);
    header = packed.writeBigUInt64LE(baseOffset, header);
    header = packed.writeUInt32LE(frames.length, header);
    packed.set(frames, body);
    body += frames.length;
  }
  return packed.buffer;
}

/** The batches again; their frames are views on `buffer`. */
export function unpackBatches(stream: string, buffer: ArrayBuffer): Batch[] {
  const packed = Buffer.from(buffer);
  const batches: Batch[] = [];
  let header = 4;
  let body = 4 + PER_BATCH * packed.readUInt32LE(0);
  for (let left = packed.readUInt32LE(0); left > 0; left--) {
    const end = body + packed.readUInt32LE(header + 16);
    batches.push({
      stream,
      partition: packed.readUInt32LE(header),
      count: packed.readUInt32LE(header + 4),
      baseOffset: packed.readBigUInt64LE(header + 8),
      frames: packed.subarray(body, end),
    });
    header += PER_BATCH;
    body = end;
  }
  return batches;
}
