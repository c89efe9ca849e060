/**
 * RFC 3339 timestamps, strictly: `Date.parse` also takes local times, which mean another moment on every machine.
 */

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** The Gregorian calendar repeats after 400 years: `Date.UTC` takes years below 100 for 1900 and later. */
const MS_PER_400_YEARS = 12_622_780_800_000;

/**
 * Epoch ms of an RFC 3339 date-time (section 5.6; offset required), or undefined when it is none. Digits beyond
 * milliseconds are cut. A leap second is the first instant of the next minute, and exists only at 23:59:60 UTC.
 */
export function parseRfc3339(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  const offsetHour = Number(match[9] ?? 0);
  const offsetMinute = Number(match[10] ?? 0);
  if (month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]!) return undefined;
  const leapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (month === 2 && day === 29 && !leapYear) return undefined;
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return undefined;
  const ms = Number((match[7] ?? '').padEnd(3, '0').slice(0, 3));
  const offset = (offsetHour * 60 + offsetMinute) * 60_000 * (match[8] === '-' ? -1 : 1);
  const minuteStart = Date.UTC(year + 400, month - 1, day, hour, minute) - MS_PER_400_YEARS - offset;
  if (second === 60 && new Date(minuteStart).toISOString().slice(-13, -8) !== '23:59') return undefined;
  return minuteStart + second * 1000 + ms;
}
