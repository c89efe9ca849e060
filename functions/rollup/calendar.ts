/**
 * Calendar days and weeks of a time zone, as spans of epoch milliseconds. Pure; the rules of the zones are those of the
 * JavaScript engine.
 *
 * A day begins at the first instant that shows its date: 01:00 where clocks skip midnight, the first of two midnights
 * where they repeat it (as `startOfDay` of the Temporal proposal). It ends where the next one begins, so every instant
 * is in exactly one day, of 23, 24 or 25 hours as a rule. A date that the zone skipped (Apia had no 30 December 2011)
 * is in none.
 */
import { type WallTime, wallTime } from '../../common/wall-time.js';

export interface Span {
  /** Inclusive, epoch ms. */
  readonly start: number;
  /** Exclusive, epoch ms. */
  readonly end: number;
}

export interface Calendar {
  /** The day that holds this time (epoch ms). */
  day(time: number): Span;
  /** The week that holds this time (epoch ms). */
  week(time: number): Span;
}

const SECOND = 1_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Asking the engine takes tens of microseconds: so many hours, days and weeks are remembered (a year of hours). */
const MAX_REMEMBERED = 8_784;
/** 1 January 1970 was a Thursday. */
const WEEKDAY_OF_DAY_0 = 4;

/** @throws RangeError when the engine does not know the zone */
export function calendarOf(timeZone: string, weekStartsOn: 'monday' | 'sunday'): Calendar {
  const wall = wallTime(timeZone);
  const firstWeekday = weekStartsOn === 'monday' ? 1 : 0;
  /** UTC hour -> the days that it touches. */
  const daysOfHour = new Map<number, readonly Span[]>();
  const weeksOfDay = new Map<number, Span>();
  const starts = new Map<number, number>();

  const startOf = (number: number) => remembered(starts, number, () => startOfDay(wall, number));
  const dayNumber = (time: number): number => {
    const number = Math.floor(wall.at(time) / DAY);
    // Clocks that go back over midnight show the date before once more; the new day has begun all the same.
    return time >= startOf(number + 1) ? number + 1 : number;
  };
  const dayAt = (time: number): Span => {
    const number = dayNumber(time);
    return { start: startOf(number), end: startOf(number + 1) };
  };
  const day = (time: number): Span => {
    const hour = Math.floor(time / HOUR);
    const days = remembered(daysOfHour, hour, () => {
      const found = [dayAt(hour * HOUR)];
      while (found.at(-1)!.end < (hour + 1) * HOUR) found.push(dayAt(found.at(-1)!.end));
      return found;
    });
    return days.find(({ end }) => time < end)!;
  };
  const week = (time: number): Span => {
    const { start } = day(time);
    return remembered(weeksOfDay, start, () => {
      const number = dayNumber(start);
      const weekday = (((number + WEEKDAY_OF_DAY_0) % 7) + 7) % 7;
      const first = number - ((weekday - firstWeekday + 7) % 7);
      return { start: startOf(first), end: startOf(first + 7) };
    });
  };
  return { day, week };
}

/** @param number days since 1 January 1970 */
function startOfDay(wall: WallTime, number: number): number {
  const midnight = number * DAY;
  const found = wall.instant(midnight);
  if (found !== undefined) return found;
  // Clocks skip midnight: the day begins with the change, the first second that shows midnight or later. A day on
  // either side, and no more, since other changes of the clocks are weeks away.
  let before = midnight - DAY - offsetAt(wall, midnight - DAY);
  let after = midnight + DAY - offsetAt(wall, midnight + DAY);
  while (after - before > SECOND) {
    const middle = before + Math.floor((after - before) / 2 / SECOND) * SECOND;
    if (wall.at(middle) < midnight) before = middle;
    else after = middle;
  }
  return after;
}

function offsetAt(wall: WallTime, time: number): number {
  return wall.at(time) - time;
}

function remembered<V>(cache: Map<number, V>, key: number, make: () => V): V {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  if (cache.size >= MAX_REMEMBERED) cache.clear();
  cache.set(key, made);
  return made;
}
