/**
 * An AWS cron expression evaluated the slow way: each minute of each day is asked whether every field matches it. It is
 * written from the wording of AWS' documentation and shares nothing with the product: no parser, no calendar, no
 * conversion of wall times.
 */
const MINUTE = 60_000;
const DAY = 86_400_000;
const QUARTER = 15 * MINUTE;
const NAMES: Readonly<Record<string, number>> = Object.fromEntries([
  ...['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'].map((n, i) => [
    n,
    i + 1,
  ]),
  ...['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'].map((n, i) => [n, i + 1]),
]);

/** The first `count` firings after `after` (epoch ms), looking no further than `years`. */
export function slowFirings(
  expression: string,
  timezone: string,
  after: number,
  count: number,
  years: number,
) {
  const fields = expression.slice('cron('.length, -1).toUpperCase().split(' ');
  const [minutes, hours, daysOfMonth, months, daysOfWeek, yearField] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const offset = offsets(timezone);
  const found: number[] = [];
  const isMinute = Array.from({ length: 60 }, (_, value) => matches(minutes, value, 0, 59));
  const isHour = Array.from({ length: 24 }, (_, value) => matches(hours, value, 0, 23));
  const firstDay = Math.floor(after / DAY) * DAY - DAY;
  for (let day = firstDay; day < after + years * 366 * DAY && found.length < count; day += DAY) {
    const date = new Date(day);
    const year = date.getUTCFullYear();
    if (year > 2199) break;
    if (!matches(yearField, year, 1970, 2199) || !matches(months, date.getUTCMonth() + 1, 1, 12)) continue;
    if (daysOfMonth !== '?' && !daysOfMonth.split(',').some((item) => isDayOfMonth(item, date))) continue;
    if (daysOfWeek !== '?' && !daysOfWeek.split(',').some((item) => isDayOfWeek(item, date))) continue;
    // Every instant that may show this date somewhere on earth, in order.
    for (let instant = day - 15 * 3_600_000; instant < day + DAY + 15 * 3_600_000; instant += MINUTE) {
      const wall = instant + offset(instant);
      if (wall < day || wall >= day + DAY || instant <= after) continue;
      const minuteOfDay = Math.floor((wall - day) / MINUTE);
      if (!isMinute[minuteOfDay % 60] || !isHour[Math.floor(minuteOfDay / 60)]) continue;
      if (!isRepeated(instant, offset)) found.push(instant);
    }
  }
  return found.slice(0, count);
}

/** The clock showed this very time before: it was turned back meanwhile. */
function isRepeated(instant: number, offset: (instant: number) => number): boolean {
  for (let ago = QUARTER; ago <= 3 * 3_600_000; ago += QUARTER) {
    if (instant - ago + offset(instant - ago) === instant + offset(instant)) return true;
  }
  return false;
}

/** Offsets change at whole quarters of an hour, so each is asked for once. */
function offsets(timezone: string): (instant: number) => number {
  const known = new Map<number, number>();
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (instant) => {
    const quarter = Math.floor(instant / QUARTER) * QUARTER;
    let offset = known.get(quarter);
    if (offset === undefined) {
      // The Swedish way of writing a time is ISO 8601's.
      offset = Date.parse(`${format.format(quarter).replace(' ', 'T')}Z`) - quarter;
      known.set(quarter, offset);
    }
    return offset;
  };
}

function numberOf(text: string): number {
  return NAMES[text] ?? Number(text);
}

function matches(field: string, value: number, first: number, last: number): boolean {
  return field.split(',').some((item) => {
    const [range, step] = item.split('/') as [string, string | undefined];
    const [from, to] = range.split('-') as [string, string | undefined];
    if (step === undefined && to === undefined) return from === '*' || numberOf(from) === value;
    const start = from === '*' ? first : numberOf(from);
    const end = to === undefined ? last : numberOf(to);
    // Count upwards from the start, round the end of the field if need be, and see whether the value is met.
    for (let at = start, steps = 0; ; at = at === last ? first : at + 1, steps++) {
      if (at === value && steps % Number(step ?? 1) === 0) return true;
      if (at === end) return false;
    }
  });
}

function lastOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
}

function isDayOfMonth(item: string, date: Date): boolean {
  const day = date.getUTCDate();
  const end = lastOfMonth(date);
  if (item === 'L') return day === end;
  if (!item.endsWith('W')) return matches(item, day, 1, 31);
  const wanted = item === 'LW' ? end : Number(item.slice(0, -1));
  if (wanted > end) return false;
  const weekdays = Array.from({ length: end }, (_, index) => index + 1).filter((candidate) => {
    const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), candidate)).getUTCDay();
    return weekday >= 1 && weekday <= 5;
  });
  const nearest = Math.min(...weekdays.map((candidate) => Math.abs(candidate - wanted)));
  return weekdays.includes(day) && Math.abs(day - wanted) === nearest;
}

function isDayOfWeek(item: string, date: Date): boolean {
  const day = date.getUTCDate();
  const weekday = date.getUTCDay() + 1;
  if (item === 'L') return weekday === 7;
  if (item.endsWith('L')) return weekday === numberOf(item.slice(0, -1)) && day + 7 > lastOfMonth(date);
  const [name, nth] = item.split('#') as [string, string | undefined];
  if (nth !== undefined) return weekday === numberOf(name) && Math.ceil(day / 7) === Number(nth);
  return matches(item, weekday, 1, 7);
}
