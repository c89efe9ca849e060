/**
 * What a clock on the wall of a time zone shows, as epoch milliseconds "as if it were UTC", and back.
 *
 * A wall time that a change of clocks skips has no instant; one that it repeats has two, of which the first counts.
 * So the instants of ascending wall times ascend too. Offsets come from the zone data of the JavaScript engine.
 */
const HOUR = 3_600_000;
/** Longer than any change of clocks takes effect around a moment, the skipped day of the Pacific date line included. */
const REACH = 26 * HOUR;

export interface WallTime {
  /** Wall time at an instant. */
  at(instant: number): number;
  /** The first instant that shows this wall time, or undefined when none does. */
  instant(wall: number): number | undefined;
  /** No wall time beyond this one was shown before or at the instant, unless the zone turned back long before. */
  latest(instant: number): number;
}

const UTC: WallTime = { at: (time) => time, instant: (time) => time, latest: (time) => time };

/** @throws RangeError when the engine does not know the zone */
export function wallTime(timezone: string): WallTime {
  if (timezone === 'UTC') return UTC;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  const offset = (instant: number) => {
    const second = Math.floor(instant / 1000) * 1000;
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(second)) part[type] = Number(value);
    return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - second;
  };
  return {
    at: (instant) => instant + offset(instant),
    instant(wall) {
      // Every offset that applies around that time; the larger one gives the earlier instant.
      const offsets = [offset(wall - REACH), offset(wall), offset(wall + REACH)].sort((a, b) => b - a);
      return offsets.map((ms) => wall - ms).find((instant) => instant + offset(instant) === wall);
    },
    latest: (instant) => instant + Math.max(offset(instant), offset(instant - REACH)),
  };
}
