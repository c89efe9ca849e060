/**
 * Reads of one partition from one segment file: a batch from an offset on, and the first record at or after a time.
 */
import { FrameCursor } from '../record.js';
import type { Assembler, Frames } from './assemble.js';
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
export async function fillFromSegment(
  segment: Segment,
  partition: number,
  from: number,
  assembler: Assembler,
  onDamage: OnDamage,
): Promise<number> {
  let stopped = from;
  await scan(segment, partition, from, onDamage, (block, before, after) => {
    stopped = after;
    if (block === undefined || assembler.add(block)) {
      return !assembler.isEmpty && after - from > ENOUGH_SCANNED ? stopped : undefined;
    }
    if (assembler.next !== block.baseOffset + block.count) stopped = before;
    return stopped;
  });
  return stopped;
}

/** First offset in the segment at or after `time`, or undefined. */
export function findTimeInSegment(
  segment: Segment,
  partition: number,
  time: number,
  onDamage: OnDamage,
): Promise<number | undefined> {
  const from = segment.index.partitions[partition]?.positionBefore(time) ?? 0;
  return scan(segment, partition, from, onDamage, (block) => {
    if (block === undefined || block.lastArrival < time) return undefined;
    const cursor = new FrameCursor(block.frames);
    for (let offset = block.baseOffset; cursor.next(); offset++) {
      if (cursor.arrivalTime >= time) return offset;
    }
    return undefined;
  });
}

interface Block extends Frames {
  readonly lastArrival: number;
}

/**
 * Shows `look` one finding after another, with the positions before and behind it, until it answers something;
 * undefined at the end. `block` is undefined for another partition's block, an empty one, and what is reported as
 * damage.
 */
function scan<T>(
  segment: Segment,
  partition: number,
  from: number,
  onDamage: OnDamage,
  look: (block: Block | undefined, before: number, after: number) => T | undefined,
): Promise<T | undefined> {
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
      const found = await scanner.next();
      if (found === undefined) return undefined;
      let block: Block | undefined;
      if (found.type !== 'block') onDamage(describeDamage(segment.path, found));
      else if (found.frames !== undefined && found.header.count > 0) {
        const { baseOffset, count, lastArrival } = found.header;
        block = { baseOffset, count, lastArrival, frames: found.frames };
      }
      const answer = look(block, before, scanner.position);
      if (answer !== undefined) return answer;
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
