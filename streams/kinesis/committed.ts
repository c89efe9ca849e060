/** How far a group is, from the checkpoints of its readers. */
import type { LeaseCheckpoint } from './lease-store.js';

/** What follows the group's name in the names of several readers that share a partition: `/0of3`. */
const SHARED = /\/\d+of(\d+)$/;

/**
 * Per partition the lowest checkpoint of its readers. Where there are checkpoints of several ways to share it, as the
 * number of readers was changed, those that are further stand for all.
 */
export function committedOf(rows: readonly LeaseCheckpoint[]): ReadonlyMap<number, LeaseCheckpoint> {
  const lowest = new Map<string, LeaseCheckpoint>();
  for (const row of rows) {
    const key = `${row.partition} ${SHARED.exec(row.reader)?.[1] ?? 1}`;
    const other = lowest.get(key);
    if (other === undefined || row.next < other.next) lowest.set(key, row);
  }
  const furthest = new Map<number, LeaseCheckpoint>();
  for (const row of lowest.values()) {
    const other = furthest.get(row.partition);
    if (other === undefined || row.next > other.next) furthest.set(row.partition, row);
  }
  return furthest;
}
