/**
 * Opening a log after whatever happened to it.
 *
 * Sealed segments are taken from their index files; one without an intact index, or of another length than its index
 * says, is scanned. The last segment is always scanned. What is unreadable at its very end was, as far as anybody
 * can tell, being written when the process or the machine died: it is cut off and reported. Everything unreadable
 * that is followed by something readable had been acknowledged: it is reported as damage, stays where it is, and
 * readers step over it; no other record changes its offset.
 *
 * Weakness: damage to the last blocks of a log looks like a torn write. `seenEnds` (see `embedded-stream.ts`) keeps
 * offsets that a function has already finished from being given to new records even then.
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BlockScanner, type Scanned } from './block-scanner.js';
import type { LogFiles } from './files.js';
import { indexPath, Segment, segmentPath, sequenceOf } from './segment.js';
import { type Damage, decodeIndex, encodeIndex, SegmentIndex } from './segment-index.js';
import { describeDamage } from './segment-reader.js';

export interface RecoveryReport {
  /** The end of the last segment that was no whole block, and is gone now. */
  readonly cut?: {
    readonly segment: string;
    readonly position: number;
    readonly bytes: number;
    readonly reason: string;
  };
  /** Acknowledged data that cannot be read. Empty on a sound log. */
  readonly damage: readonly Damage[];
  /** Index files that were missing or wrong, and made again. */
  readonly rebuiltIndexes: readonly string[];
}

export interface Recovered {
  readonly segments: Segment[];
  readonly report: RecoveryReport;
  /** Whether the last segment is sound enough to be written on. */
  readonly continues: boolean;
}

/** Opens the segments in `directory`. Cuts the torn tail off; changes nothing else but index files. */
export async function recover(directory: string, partitions: number, files: LogFiles): Promise<Recovered> {
  const names = await readdir(directory);
  const sequences = names
    .map(sequenceOf)
    .filter((sequence) => sequence !== undefined)
    .sort((a, b) => a - b);
  await removeStrays(directory, names, new Set(sequences), files);

  const segments: Segment[] = [];
  const damage: Damage[] = [];
  const rebuiltIndexes: string[] = [];
  let cut: RecoveryReport['cut'];
  for (const sequence of sequences) {
    const isLast = sequence === sequences.at(-1);
    const size = (await stat(segmentPath(directory, sequence))).size;
    let segment = isLast ? undefined : await fromIndex(directory, sequence, size);
    if (segment === undefined) {
      segment = new Segment(directory, sequence, new SegmentIndex(partitions), size);
      const torn = await scan(segment, isLast);
      if (torn !== undefined) {
        cut = torn;
        segment.length = torn.position;
        await cutFile(segment, files);
      }
      if (!isLast) {
        const path = indexPath(directory, sequence);
        await files.replace(path, encodeIndex(segment.index, segment.length));
        rebuiltIndexes.push(path);
      }
    }
    damage.push(...segment.index.damage);
    segment.index.continueFrom(segments.at(-1)?.index);
    segments.push(segment);
  }
  damage.push(...missingBetween(segments));
  const continues = segments.length > 0 && segments.at(-1)!.index.damage.length === 0;
  return {
    segments,
    report: { damage, rebuiltIndexes, ...(cut === undefined ? {} : { cut }) },
    continues,
  };
}

async function removeStrays(
  directory: string,
  names: readonly string[],
  sequences: ReadonlySet<number>,
  files: LogFiles,
): Promise<void> {
  for (const name of names) {
    const orphan = name.endsWith('.idx') && !sequences.has(Number(name.slice(0, -'.idx'.length)));
    if (orphan || name.endsWith('.tmp')) await files.remove(join(directory, name));
  }
}

async function fromIndex(directory: string, sequence: number, size: number): Promise<Segment | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(indexPath(directory, sequence));
  } catch {
    // Missing or unreadable: the segment itself says it all, only slower.
    return undefined;
  }
  const decoded = decodeIndex(bytes);
  if (decoded === undefined || decoded.length !== size) return undefined;
  return new Segment(directory, sequence, decoded.index, size);
}

/** Fills the segment's index. Returns the torn tail of the last segment; in others a tail is damage. */
async function scan(segment: Segment, isLast: boolean): Promise<RecoveryReport['cut']> {
  const unreadable: Extract<Scanned, { type: 'damage' | 'tail' }>[] = [];
  const accept = () => {
    for (const found of unreadable.splice(0)) {
      segment.index.damage.push(describeDamage(segment.path, found));
      // The header is intact: its records are lost, but their offsets are known and stay theirs.
      if (found.type === 'damage' && found.header !== undefined) segment.index.note(found.header);
    }
  };
  await segment.read(async (readAt) => {
    const scanner = new BlockScanner(readAt, {
      segment: segment.sequence,
      from: 0,
      to: segment.length,
    });
    for (;;) {
      const found = await scanner.next();
      if (found === undefined) break;
      if (found.type === 'block') {
        accept();
        segment.index.note(found.header);
      } else {
        unreadable.push(found);
      }
    }
  });
  const first = unreadable[0];
  if (first === undefined) return undefined;
  if (!isLast) {
    accept();
    return undefined;
  }
  const { reason } = describeDamage(segment.path, first);
  return { segment: segment.path, position: first.position, bytes: segment.length - first.position, reason };
}

async function cutFile(segment: Segment, files: LogFiles): Promise<void> {
  const file = await files.openSegment(segment.path);
  try {
    await file.truncate(segment.length);
  } finally {
    await file.close();
  }
}

/** Records that the end of one segment should have held: each segment begins by saying where it takes up. */
function missingBetween(segments: readonly Segment[]): Damage[] {
  const damage: Damage[] = [];
  const ends: number[] = [];
  for (const segment of segments) {
    segment.index.partitions.forEach((index, partition) => {
      if (index.base < 0) return;
      const end = ends[partition];
      if (end !== undefined && index.base > end) {
        damage.push({
          segment: segment.path,
          position: 0,
          bytes: 0,
          reason: 'records in front of this segment are missing',
          partition,
          fromOffset: end,
          records: index.base - end,
        });
      }
      ends[partition] = index.end;
    });
  }
  return damage;
}
