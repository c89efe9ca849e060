/** When a rule applies: hours of days of the week on the wall of a place, whatever the switch to summer time does. */
import type { ActiveHours } from './language/rule.js';

const MINUTE = 60_000;
const DAY_MINUTES = 1_440;
/** No zone changes its offset within a quarter of an hour of UTC. */
const SLOT = 15 * MINUTE;
const REMEMBERED = 1_000;

export class Hours {
  readonly #hours: ActiveHours;
  readonly #format: Intl.DateTimeFormat;
  /** Slot -> offset from UTC, ms. */
  readonly #offsets = new Map<number, number>();

  constructor(hours: ActiveHours) {
    this.#hours = hours;
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: hours.timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
  }

  /** @param at epoch ms */
  includes(at: number): boolean {
    const { days, hours } = this.#hours;
    const minutes = Math.floor((at + this.#offsetAt(at)) / MINUTE);
    const minute = minutes - Math.floor(minutes / DAY_MINUTES) * DAY_MINUTES;
    // 1970-01-01 was a Thursday, day 3 of a week that begins on Monday.
    const day = (((Math.floor(minutes / DAY_MINUTES) + 3) % 7) + 7) % 7;
    if (hours.from < hours.to) return days.includes(day) && minute >= hours.from && minute < hours.to;
    return (
      (days.includes(day) && minute >= hours.from) || (days.includes((day + 6) % 7) && minute < hours.to)
    );
  }

  /** Until when the answer for `at` is good, epoch ms; it may be good for longer. */
  until(at: number): number {
    const slotEnd = (Math.floor(at / SLOT) + 1) * SLOT;
    const active = this.includes(at);
    for (let minute = (Math.floor(at / MINUTE) + 1) * MINUTE; minute < slotEnd; minute += MINUTE) {
      if (this.includes(minute) !== active) return minute;
    }
    return slotEnd;
  }

  #offsetAt(at: number): number {
    const slot = Math.floor(at / SLOT);
    const known = this.#offsets.get(slot);
    if (known !== undefined) return known;
    const start = slot * SLOT;
    const part: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(start)) part[type] = Number(value);
    const local = Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute);
    if (this.#offsets.size >= REMEMBERED) this.#offsets.clear();
    this.#offsets.set(slot, local - start);
    return local - start;
  }
}
