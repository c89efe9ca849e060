/**
 * Reads of one partition from one segment file: a batch from an offset on, and the first record at or after a time.
 */
import { FrameCursor } from '../record.js';
import type { Assembler } from './assemble.js';
import { BlockScanner } from './block-scanner.js';
import type { Segment } from './segment.js';
import type { Damage } from './segment-index.js';

/** A read that has found something stops after scanning so many bytes, to give back what is at hand. */
const ENOUGH_SCANNED = 2 << 20;
const CHUNK = 512 * 1024;

export type OnDamage = (damage: Damage) => void;

/**
 * Fills the assembler from the segment, starting to scan at `from`. Unreadable blocks are reported and stepped
 * over. Returns where the scan stopped: a good place to start the next read.
 */
export function fillFromSegment(
  segment: Segment,
  partition: number,
  from: number,
  assembler: Assembler,
  onDamage: OnDamage,
): Promise<number> {
  return segment.read(async (readAt) => {
    const scanner = new BlockScanner(readAt, {
      segment: segment.sequence,
      from,
      to: segment.length,
      partition,
      chunkBytes: CHUNK,
    });
    for (;;) {
      const before = scanner.position;
      if (!assembler.isEmpty && before - from > ENOUGH_SCANNED) return before;
      const found = await scanner.next();
      if (found === undefined) return before;
      if (found.type !== 'block') {
        onDamage(describeDamage(segment.path, found));
        continue;
      }
      if (found.frames === undefined || found.header.count === 0) continue;
      const { baseOffset, count } = found.header;
      if (!assembler.add({ baseOffset, count, frames: found.frames })) {
        return assembler.next === baseOffset + count ? scanner.position : before;
      }
    }
  });
}

/** First offset in the segment at or after `time`, or undefined. */
export function findTimeInSegment(
  segment: Segment,
  partition: number,
  time: number,
  onDamage: OnDamage,
): Promise<number | undefined> {
  return segment.read(async (readAt) => {
    const from = segment.index.partitions[partition]?.positionBefore(time) ?? 0;
    const scanner = new BlockScanner(readAt, {
      segment: segment.sequence,
      from,
      to: segment.length,
      partition,
      chunkBytes: CHUNK,
    });
    for (;;) {
      const found = await scanner.next();
      if (found === undefined) return undefined;
      if (found.type !== 'block') {
        onDamage(describeDamage(segment.path, found));
        continue;
      }
      if (found.frames === undefined || found.header.lastArrival < time) continue;
      const cursor = new FrameCursor(found.frames);
      for (let offset = found.header.baseOffset; cursor.next(); offset++) {
        if (cursor.arrivalTime >= time) return offset;
      }
    }
  });
}

/** What a scan found unreadable, for people. */
export function describeDamage(
  path: string,
  found: {
    readonly type: 'damage' | 'tail';
    readonly position: number;
    readonly bytes: number;
    readonly reason?: string;
    readonly header?: { readonly partition: number; readonly baseOffset: number; readonly count: number };
  },
): Damage {
  const { position, bytes, header } = found;
  const reason = found.reason ?? (header === undefined ? 'not a block' : 'checksum of the records is wrong');
  return {
    segment: path,
    position,
    bytes,
    reason,
    ...(header === undefined
      ? {}
      : { partition: header.partition, fromOffset: header.baseOffset, records: header.count }),
  };
}
