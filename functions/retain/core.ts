/**
 * What may be deleted of a series' windows and rollups.
 *
 * Age is counted in the series' own event time, not by the clock: a recording from years ago that is replayed keeps
 * as much of itself as live data does. Only whole buckets of the coarser levels go, and only those no event can change
 * any more, so that none is ever computed again from a part of its rows.
 */
import type { Period } from '../../stores/rollups.js';
import type { Calendar } from '../rollup/calendar.js';
import { bucketOf, type Level } from '../rollup/core.js';

const DAY = 86_400_000;

/** Start of the UTC day. */
export function dayOf(time: number): number {
  return Math.floor(time / DAY) * DAY;
}

/** The periods that are made of a level's rows; days take minutes where they begin or end within an hour. */
const COARSER: Readonly<Record<Level, readonly Period[]>> = {
  windows: ['1m'],
  '1m': ['1h', 'day'],
  '1h': ['1d', 'day'],
  '1d': [],
  day: ['week'],
  week: [],
};

export interface Horizon {
  /** The time of the run, epoch ms. */
  readonly now: number;
  /** How far the series has come for good: a time whose windows are closed, epoch ms. */
  readonly newest: number;
  /** How long this level is kept, ms. */
  readonly retention: number;
  readonly allowedLateness: number;
  /** Start of the series' oldest row, on any level, that a coarser one has not consumed yet, if any. */
  readonly oldestPending: number | undefined;
}

/** Rows of the level before this time may go: at most those before the UTC day in which they are old enough. */
export function cutoff(level: Level, horizon: Horizon, calendar: Calendar): number {
  const { now, newest, retention, allowedLateness, oldestPending } = horizon;
  const aged = dayOf(dayOf(Math.min(now, newest)) - Math.max(retention, allowedLateness));
  const changing = oldestPending === undefined ? aged : Math.min(aged, oldestPending);
  // All that changes from here on is computed from whole buckets again.
  const starts = COARSER[level].map((period) => bucketOf(period, changing, calendar).start);
  return Math.min(dayOf(changing), ...starts);
}
