/**
 * What may be deleted of a device's windows and rollups.
 *
 * Age is counted in the device's own event time, not by the clock: a recording from years ago that is replayed keeps
 * as much of itself as live data does. Only whole UTC days go, and only those no event can change any more, so that a
 * coarser bucket is never computed again from a part of its rows.
 */
const DAY = 86_400_000;

/** Start of the UTC day. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY) * DAY;
}

export interface Horizon {
  /** The time of the run, epoch ms. */
  readonly now: number;
  /** The device's newest event time that is known to be aggregated, epoch ms. */
  readonly newest: number;
  /** How long this level is kept, ms. */
  readonly retention: number;
  readonly allowedLateness: number;
  /** Start of the device's oldest row, here or on a finer level, that the next level has not consumed yet, if any. */
  readonly oldestPending: number | undefined;
}

/** Rows before this time may go: the start of a UTC day. */
export function cutoff({ now, newest, retention, allowedLateness, oldestPending }: Horizon): number {
  const aged = dayOf(dayOf(Math.min(now, newest)) - Math.max(retention, allowedLateness));
  return oldestPending === undefined ? aged : Math.min(aged, dayOf(oldestPending));
}
