/**
 * The block: what one group commit stores for one partition. A header, then the frames (see `record.ts`).
 *
 * Header (little endian, 72 bytes):
 *
 *      0  u32  magic "MRB1"
 *      4  u32  CRC-32 of the header's bytes 8..72
 *      8  u32  CRC-32 of the frames
 *     12  u16  format version
 *     14  u16  partition
 *     16  u32  length of the frames
 *     20  u32  number of records; 0 in the blocks that open a segment, which only carry the running figures
 *     24  u32  byte position of this header in its segment
 *     28  u32  sequence of the segment
 *     32  u64  offset of the first record
 *     40  u64  records of the partition up to the end of this block, by kind: acknowledged
 *     48  u64  … received
 *     56  u64  … tick
 *     64  f64  latest arrivalTime of the partition up to the end of this block
 *
 * The header says where it belongs, so that after damage a scan can find the next block by its magic without
 * mistaking a payload, or bytes left over from another file, for one. It has a checksum of its own, so that a
 * reader can step over the blocks of other partitions without reading their frames.
 */
import { crc32 } from 'node:zlib';

export const HEADER_BYTES = 72;
export const MAGIC = Buffer.from('MRB1', 'latin1');
const MAGIC_NUMBER = MAGIC.readUInt32LE(0);
const VERSION = 1;
const HIGH = 2 ** 32;

/** Offsets are safe integers in here: 2^53 records of one partition outlast the hardware. */
export interface BlockHeader {
  partition: number;
  framesLength: number;
  count: number;
  position: number;
  segment: number;
  baseOffset: number;
  acknowledged: number;
  received: number;
  tick: number;
  lastArrival: number;
}

/** Fills in the header of a block whose frames lie behind `HEADER_BYTES` reserved bytes. */
export function writeHeader(block: Buffer, header: BlockHeader): void {
  block.writeUInt32LE(MAGIC_NUMBER, 0);
  block.writeUInt32LE(crc32(block.subarray(HEADER_BYTES)), 8);
  block.writeUInt16LE(VERSION, 12);
  block.writeUInt16LE(header.partition, 14);
  block.writeUInt32LE(block.length - HEADER_BYTES, 16);
  block.writeUInt32LE(header.count, 20);
  block.writeUInt32LE(header.position, 24);
  block.writeUInt32LE(header.segment % HIGH, 28);
  writeInteger(block, header.baseOffset, 32);
  writeInteger(block, header.acknowledged, 40);
  writeInteger(block, header.received, 48);
  writeInteger(block, header.tick, 56);
  block.writeDoubleLE(header.lastArrival, 64);
  block.writeUInt32LE(crc32(block.subarray(8, HEADER_BYTES)), 4);
}

/**
 * The header at `at` in `bytes` (which hold it whole), or undefined when those bytes are not the header of a block
 * at `position` of `segment`. Says nothing about the frames: see `framesAreIntact`.
 */
export function readHeader(
  bytes: Buffer,
  at: number,
  position: number,
  segment: number,
): BlockHeader | undefined {
  if (bytes.readUInt32LE(at) !== MAGIC_NUMBER) return undefined;
  if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + 8, at + HEADER_BYTES))) return undefined;
  if (bytes.readUInt16LE(at + 12) !== VERSION) return undefined;
  if (bytes.readUInt32LE(at + 24) !== position) return undefined;
  if (bytes.readUInt32LE(at + 28) !== segment % HIGH) return undefined;
  return {
    partition: bytes.readUInt16LE(at + 14),
    framesLength: bytes.readUInt32LE(at + 16),
    count: bytes.readUInt32LE(at + 20),
    position,
    segment,
    baseOffset: readInteger(bytes, at + 32),
    acknowledged: readInteger(bytes, at + 40),
    received: readInteger(bytes, at + 48),
    tick: readInteger(bytes, at + 56),
    lastArrival: bytes.readDoubleLE(at + 64),
  };
}

/** Whether the frames behind the header at `at` are what was written. */
export function framesAreIntact(bytes: Buffer, at: number, framesLength: number): boolean {
  const start = at + HEADER_BYTES;
  return bytes.readUInt32LE(at + 8) === crc32(bytes.subarray(start, start + framesLength));
}

function writeInteger(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % HIGH, at);
  bytes.writeUInt32LE(Math.floor(value / HIGH), at + 4);
}

function readInteger(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at) + bytes.readUInt32LE(at + 4) * HIGH;
}
