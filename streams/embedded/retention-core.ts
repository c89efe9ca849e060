/** Which segments retention removes: whole ones, oldest first, never one that a function still needs. */
import type { Segment } from './segment.js';

export interface RetentionRules {
  readonly retentionMs: number;
  readonly maxBytes: number;
  /** Per partition, the first offset that has to stay. A partition that is not mentioned keeps everything. */
  readonly keepFrom: readonly bigint[];
  /** Epoch ms. */
  readonly now: number;
}

/**
 * How many of the oldest segments go. When that is all of them, the active one is among them and has to be sealed
 * first: it is so only if it holds records, all of them finished, and age or size asks for it.
 */
export function segmentsToRemove(segments: readonly Segment[], rules: RetentionRules): number {
  let total = 0;
  for (const segment of segments) total += segment.length;
  let count = 0;
  for (const segment of segments) {
    const isActive = segment === segments.at(-1);
    if (isActive && !holdsRecords(segment)) break;
    const tooOld = latestArrival(segment) + rules.retentionMs <= rules.now;
    if (!tooOld && total <= rules.maxBytes) break;
    if (!isFinished(segment, rules.keepFrom)) break;
    total -= segment.length;
    count++;
  }
  return count;
}

function holdsRecords(segment: Segment): boolean {
  return segment.index.partitions.some((partition) => partition.first >= 0);
}

function latestArrival(segment: Segment): number {
  let latest = 0;
  for (const partition of segment.index.partitions) {
    if (partition.first >= 0) latest = Math.max(latest, partition.lastArrival);
  }
  return latest;
}

function isFinished(segment: Segment, keepFrom: readonly bigint[]): boolean {
  return segment.index.partitions.every(
    (partition, at) => partition.first < 0 || BigInt(partition.end) <= (keepFrom[at] ?? 0n),
  );
}
