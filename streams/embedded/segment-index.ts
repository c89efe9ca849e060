/**
 * What is known about a segment without reading it: per partition the offsets it holds, the running figures at its
 * end, and a sparse list of places to start reading at. Kept in memory for every segment, and beside a sealed one
 * as `<sequence>.idx` so that opening a long log reads only the last segment.
 */
import { crc32 } from 'node:zlib';
import type { BlockHeader } from './block.js';

/** A place to start reading is noted about every so many bytes of the segment, for each partition. */
const SPARSE_BYTES = 256 * 1024;
const FORMAT = 1;

export class PartitionIndex {
  /** Offset at which the segment takes the partition up; -1 when the segment does not mention it. */
  base = -1;
  /** Offset of the first record in the segment; -1 when it has none. */
  first = -1;
  /** Offset behind the last record known at the segment's end. */
  end = 0;
  acknowledged = 0;
  received = 0;
  tick = 0;
  lastArrival = 0;
  /** Sparse, ascending: offset, position and running latest arrivalTime of some blocks. */
  readonly offsets: number[] = [];
  readonly positions: number[] = [];
  readonly arrivals: number[] = [];

  note(header: BlockHeader): void {
    if (this.base < 0) this.base = header.baseOffset;
    if (header.count > 0) {
      if (this.first < 0) this.first = header.baseOffset;
      const last = this.positions.at(-1);
      if (last === undefined || header.position - last >= SPARSE_BYTES) {
        this.offsets.push(header.baseOffset);
        this.positions.push(header.position);
        this.arrivals.push(header.lastArrival);
      }
    }
    this.end = header.baseOffset + header.count;
    this.acknowledged = header.acknowledged;
    this.received = header.received;
    this.tick = header.tick;
    this.lastArrival = header.lastArrival;
  }

  /** Where to start scanning for `offset`. */
  positionOf(offset: number): number {
    return this.positions[Math.max(0, lastNotAbove(this.offsets, offset))] ?? 0;
  }

  /** Where to start scanning for the first record at or after `time`. */
  positionBefore(time: number): number {
    // Blocks up to the last one whose running latest is still below `time` cannot hold it.
    let at = 0;
    while (at + 1 < this.arrivals.length && this.arrivals[at + 1]! < time) at++;
    return this.positions[at] ?? 0;
  }
}

export interface Damage {
  readonly segment: string;
  /** Bytes [position, position + bytes) of the segment are unreadable. */
  readonly position: number;
  readonly bytes: number;
  readonly reason: string;
  /** What was lost with them, as far as known. */
  readonly partition?: number;
  readonly fromOffset?: number;
  readonly records?: number;
}

export class SegmentIndex {
  readonly partitions: PartitionIndex[] = [];
  readonly damage: Damage[] = [];

  constructor(partitions: number) {
    for (let p = 0; p < partitions; p++) this.partitions.push(new PartitionIndex());
  }

  note(header: BlockHeader): void {
    while (this.partitions.length <= header.partition) this.partitions.push(new PartitionIndex());
    this.partitions[header.partition]!.note(header);
  }

  /** Makes partitions that the segment does not mention end where they ended before: ends never go back. */
  continueFrom(previous: SegmentIndex | undefined): void {
    previous?.partitions.forEach((before, at) => {
      const here = this.partitions[at];
      if (here !== undefined && here.base < 0) here.end = before.end;
    });
  }
}

/** The `.idx` file of a sealed segment of `length` bytes: a checksum line, then one line of JSON. */
export function encodeIndex(index: SegmentIndex, length: number): Buffer {
  const body = JSON.stringify({
    format: FORMAT,
    length,
    damage: index.damage,
    partitions: index.partitions,
  });
  return Buffer.from(`${crc32(body).toString(16).padStart(8, '0')}\n${body}\n`);
}

/** The index and the length it was made for, or undefined when the bytes are not an intact index. */
export function decodeIndex(bytes: Buffer): { index: SegmentIndex; length: number } | undefined {
  const body = bytes.toString('utf8', 9, bytes.length - 1);
  if (bytes.length < 10 || crc32(body).toString(16).padStart(8, '0') !== bytes.toString('latin1', 0, 8)) {
    return undefined;
  }
  const stored = JSON.parse(body) as {
    format: number;
    length: number;
    damage: Damage[];
    partitions: Partial<PartitionIndex>[];
  };
  if (stored.format !== FORMAT) return undefined;
  const index = new SegmentIndex(stored.partitions.length);
  stored.partitions.forEach((partition, at) => {
    Object.assign(index.partitions[at]!, partition);
  });
  index.damage.push(...stored.damage);
  return { index, length: stored.length };
}

/** Index of the last element not above `value` in an ascending list, or -1. */
export function lastNotAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
