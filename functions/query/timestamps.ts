/**
 * Time at the API's edge: RFC 3339 in UTC out, RFC 3339 or epoch ms in. Inside it is epoch ms everywhere.
 */

/** RFC 3339 with milliseconds, in UTC. */
export function rfc3339(time: number): string {
  return new Date(time).toISOString();
}

/** RFC 3339 section 5.6, in which `T` and `Z` may be lower case and a space may stand for `T`. */
const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?([Zz]|([+\- ])(\d{2}):(\d{2}))$/;
const EPOCH_MS = /^-?\d{1,16}$/;
/** ECMA-262: the furthest time a Date can hold. */
const MAX_TIME = 8.64e15;

/**
 * Epoch ms of a timestamp written in either form, or undefined when it is neither. A `+` that a careless client did
 * not escape arrives as a space (that is what it means in a query string): as an offset's sign it is taken for `+`.
 */
export function parseTime(text: string): number | undefined {
  if (EPOCH_MS.test(text)) {
    const time = Number(text);
    return Math.abs(time) <= MAX_TIME ? time : undefined;
  }
  const match = RFC_3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Second 60 is a leap second; it counts as the first moment of the next minute, as POSIX time has it.
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  // The 30th of February would have become a day in March.
  if (date.getUTCMonth() !== month - 1 || day < 1) return undefined;
  const offset = offsetMs(match);
  if (offset === undefined) return undefined;
  const fraction = Math.trunc(Number(match[7] ?? 0) * 1000);
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + fraction - offset;
}

function offsetMs(match: RegExpExecArray): number | undefined {
  if (match[9] === undefined) return 0;
  const hours = Number(match[10]);
  const minutes = Number(match[11]);
  if (hours > 23 || minutes > 59) return undefined;
  return (match[9] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}
