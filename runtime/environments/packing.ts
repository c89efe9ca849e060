/**
 * Batches on their way to a thread: all of one round, in memory that host and thread share and use again. A message
 * with an object and a buffer per batch costs several times as much as the wake-up it comes with, and a buffer per
 * round is garbage at both ends.
 *
 * Layout (little endian): u32 number of batches; per batch u32 partition, u32 count, u64 base offset, u32 length of
 * its frames; then the frames, in the same order.
 */
import type { Batch } from '../../streams/batch.js';

const PER_BATCH = 20;

/** Bytes that `packBatches` needs. */
export function packedLength(batches: readonly Batch[]): number {
  let length = 4 + PER_BATCH * batches.length;
  for (const { frames } of batches) length += frames.length;
  return length;
}

/** Writes the batches to the beginning of `memory`. */
export function packBatches(batches: readonly Batch[], memory: Buffer): void {
  let header = memory.writeUInt32LE(batches.length, 0);
  let body = 4 + PER_BATCH * batches.length;
  for (const { partition, count, baseOffset, frames } of batches) {
    header = memory.writeUInt32LE(partition, header);
    header = memory.writeUInt32LE(count, header);
    header = memory.writeBigUInt64LE(baseOffset, header);
    header = memory.writeUInt32LE(frames.length, header);
    memory.set(frames, body);
    body += frames.length;
  }
}

/** The batches again; their frames are views on `memory`. */
export function unpackBatches(stream: string, memory: Buffer): Batch[] {
  const batches: Batch[] = [];
  let header = 4;
  let body = 4 + PER_BATCH * memory.readUInt32LE(0);
  for (let left = memory.readUInt32LE(0); left > 0; left--) {
    const end = body + memory.readUInt32LE(header + 16);
    batches.push({
      stream,
      partition: memory.readUInt32LE(header),
      count: memory.readUInt32LE(header + 4),
      baseOffset: memory.readBigUInt64LE(header + 8),
      frames: memory.subarray(body, end),
    });
    header += PER_BATCH;
    body = end;
  }
  return batches;
}
