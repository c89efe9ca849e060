/**
 * Reads the six fields of an AWS cron expression and writes them as croner understands them.
 *
 * croner does the calendar (`L`, `W`, `#`, leap years); what the two dialects see differently is settled here:
 * - ranges, steps and names become lists of plain numbers, so that a range may wrap round (`FRI-MON`, `22-4`), as in
 *   Quartz, whose dialect AWS' is; `1/10` begins at 1; and a year of `*` with a step counts from 1970;
 * - `L` alone as day of the week is Saturday, the last day of AWS' week;
 * - every number is held against AWS' range: croner would take 0 and 8 as days of the week.
 *
 * Source: Amazon EventBridge user guide, "Cron expressions reference".
 */

export interface CronFields {
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
  readonly year: string;
}

interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  /** Names of the values from `first` on. */
  readonly names?: readonly string[];
  /** What to call the range in a message. */
  readonly range: string;
  readonly wraps: boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
export const LAST_YEAR = 2199;

const MINUTE: Field = { name: 'minute', first: 0, last: 59, range: '0 to 59', wraps: true };
const HOUR: Field = { name: 'hour', first: 0, last: 23, range: '0 to 23', wraps: true };
const DAY_OF_MONTH: Field = { name: 'day-of-month', first: 1, last: 31, range: '1 to 31', wraps: true };
const MONTH: Field = {
  name: 'month',
  first: 1,
  last: 12,
  names: MONTHS,
  range: '1 to 12 or JAN to DEC',
  wraps: true,
};
const DAY_OF_WEEK: Field = {
  name: 'day-of-week',
  first: 1,
  last: 7,
  names: DAYS,
  range: '1 (Sunday) to 7 (Saturday)',
  wraps: true,
};
const YEAR: Field = { name: 'year', first: 1970, last: LAST_YEAR, range: '1970 to 2199', wraps: false };

/**
 * @param refuse called with what is wrong, to follow the quoted expression; throws
 */
export function readCronFields(body: string, refuse: (reason: string) => never): CronFields {
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6) {
    refuse(`has ${fields.length} fields, AWS wants 6: minute hour day-of-month month day-of-week year`);
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields.map((field) => field.toUpperCase()) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    refuse('must have ? in exactly one of day-of-month and day-of-week');
  }
  return {
    minute: plain(MINUTE, minute, refuse),
    hour: plain(HOUR, hour, refuse),
    dayOfMonth: dayOfMonth === '?' ? '?' : list(DAY_OF_MONTH, dayOfMonth, refuse, specialDayOfMonth),
    month: plain(MONTH, month, refuse),
    dayOfWeek: dayOfWeek === '?' ? '?' : daysOfWeek(dayOfWeek, refuse),
    year: plain(YEAR, year, refuse),
  };
}

type Refuse = (reason: string) => never;
/** croner's spelling of an item that only this field knows, or undefined when it is an ordinary one. */
type Special = (item: string, refuse: Refuse) => string | undefined;

function plain(field: Field, text: string, refuse: Refuse): string {
  return list(field, text, refuse, () => undefined);
}

function list(field: Field, text: string, refuse: Refuse, special: Special): string {
  if (text === '*') return '*';
  const items = text.split(',').map((item) => special(item, refuse) ?? numbers(field, item, refuse));
  return [...new Set(items.flatMap((item) => item.split(',')))].join(',');
}

function specialDayOfMonth(item: string, refuse: Refuse): string | undefined {
  if (item === 'L' || item === 'LW') return item;
  const weekday = /^(\d+)W$/.exec(item)?.[1];
  return weekday === undefined ? undefined : `${value(DAY_OF_MONTH, weekday, refuse)}W`;
}

function daysOfWeek(text: string, refuse: Refuse): string {
  if (text.includes('#') && text.includes(',')) {
    refuse('may have only one value in day-of-week when that has a #');
  }
  return list(DAY_OF_WEEK, text, refuse, (item) => {
    if (item === 'L') return '7';
    const [, day, last, nth] = /^(\w+?)(?:(L)|#(\d+))$/.exec(item) ?? [];
    if (day === undefined) return undefined;
    const number = value(DAY_OF_WEEK, day, refuse);
    if (last !== undefined) return `${number}L`;
    if (!/^[1-5]$/.test(nth!)) refuse(`has day-of-week '${item}': after # there is 1 to 5`);
    return `${number}#${nth}`;
  });
}

/** `*`, `5`, `1-5`, `*\/10`, `1/10` or `1-30/10` as a list of numbers. */
function numbers(field: Field, item: string, refuse: Refuse): string {
  const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(item) ?? [];
  if (from === undefined || (from === '*' && to !== undefined)) {
    refuse(`has ${field.name} '${item}', which is no value, range or step`);
  }
  const by = step === undefined ? 1 : Number(step);
  if (by < 1) refuse(`has ${field.name} '${item}': a step is 1 at least`);
  const start = from === '*' ? field.first : value(field, from, refuse);
  const open = from === '*' || (step !== undefined && to === undefined);
  let end = open ? field.last : to === undefined ? start : value(field, to, refuse);
  const size = field.last - field.first + 1;
  if (end < start) {
    if (!field.wraps) refuse(`has ${field.name} '${item}', which goes backwards`);
    end += size;
  }
  const found: number[] = [];
  for (let number = start; number <= end; number += by) {
    found.push(number > field.last ? number - size : number);
  }
  return found.join(',');
}

function value(field: Field, text: string, refuse: Refuse): number {
  const named = field.names?.indexOf(text) ?? -1;
  const number = named >= 0 ? field.first + named : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= field.first && number <= field.last)) {
    refuse(`has ${field.name} '${text}', which takes ${field.range}`);
  }
  return number;
}
