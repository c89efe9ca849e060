/**
 * AWS cron expressions against their next ten firings. The ten come from an evaluation minute by minute that was
 * written from AWS' documentation; the first one also stands here, worked out by hand with a calendar.
 */
import fc from 'fast-check';
import { parseSchedule } from '../../../runtime/schedules/schedule.js';
import { slowFirings } from '../../support/cron-reference.js';

const iso = (time: number) => `${new Date(time).toISOString().slice(0, 16)}Z`;

function firings(expression: string, timezone: string, after: number, count: number): string[] {
  const schedule = parseSchedule(expression, 0, { timezone });
  const found: string[] = [];
  for (let at = schedule.next(after); at !== undefined && found.length < count; at = schedule.next(at)) {
    found.push(iso(at));
  }
  return found;
}

/** A Saturday. */
const NOON = '2026-11-21T12:00Z';

/** Expression, first firing, zone, moment asked from. */
const table: readonly (readonly [string, string | null, string?, string?])[] = [
  // Minutes and hours.
  ['cron(* * * * ? *)', '2026-11-21T12:01Z'],
  ['cron(0/5 * * * ? *)', '2026-11-21T12:05Z'],
  ['cron(7/20 * * * ? *)', '2026-11-21T12:07Z'],
  ['cron(*/17 * * * ? *)', '2026-11-21T12:17Z'],
  ['cron(10-20/5 * * * ? *)', '2026-11-21T12:10Z'],
  ['cron(55-5 * * * ? *)', '2026-11-21T12:01Z'], // :55 to :05, round the hour
  ['cron(55-10/5 3 * * ? *)', '2026-11-22T03:00Z'], // at 3:00, 3:05, 3:10 and 3:55
  ['cron(0,30,59 6 * * ? *)', '2026-11-22T06:00Z'],
  ['cron(59 23 * * ? *)', '2026-11-21T23:59Z'],
  ['cron(0 0 * * ? *)', '2026-11-22T00:00Z'],
  ['cron(0 8-17/3 * * ? *)', '2026-11-21T14:00Z'], // 8, 11, 14, 17
  ['cron(0 22-4 * * ? *)', '2026-11-21T22:00Z'],
  ['cron(30 20-3/2 * * ? *)', '2026-11-21T20:30Z'], // 20, 22, 0, 2
  ['cron(0 */7 * * ? *)', '2026-11-21T14:00Z'], // 0, 7, 14, 21
  ['cron(0 18/2 * * ? *)', '2026-11-21T18:00Z'],
  // Days of the month.
  ['cron(0 12 1 * ? *)', '2026-12-01T12:00Z'],
  ['cron(0 12 21 * ? *)', '2026-12-21T12:00Z'], // this very minute is over
  ['cron(0 9 31 * ? *)', '2026-12-31T09:00Z'], // seven months a year
  ['cron(0 9 29-31 * ? *)', '2026-11-29T09:00Z'],
  ['cron(0 9 30-2 * ? *)', '2026-11-30T09:00Z'], // 30, 31, 1, 2
  ['cron(0 9 1/10 * ? *)', '2026-12-01T09:00Z'], // 1, 11, 21, 31; the 21st at nine is over
  ['cron(0 9 */10 * ? *)', '2026-12-01T09:00Z'],
  ['cron(0 9 5,15,25 * ? *)', '2026-11-25T09:00Z'],
  ['cron(0 0 L * ? *)', '2026-11-30T00:00Z'],
  ['cron(0 0 L 2 ? *)', '2027-02-28T00:00Z'], // the 29th in 2028 and 2032
  ['cron(0 0 15,L * ? *)', '2026-11-30T00:00Z'],
  ['cron(0 8 3W * ? *)', '2026-12-03T08:00Z'], // a Thursday
  ['cron(0 8 21W * ? *)', '2026-12-21T08:00Z'], // Saturday the 21st moves to Friday the 20th, which is over
  ['cron(0 8 22W * ? *)', '2026-11-23T08:00Z'], // a Sunday moves to Monday
  ['cron(0 8 1W * ? *)', '2026-12-01T08:00Z'], // May 1st, 2027 is a Saturday: Monday the 3rd
  ['cron(0 8 30W * ? *)', '2026-11-30T08:00Z'], // none in February
  ['cron(0 8 31W * ? *)', '2026-12-31T08:00Z'], // January 31st, 2027 is a Sunday: Friday the 29th
  ['cron(0 8 LW * ? *)', '2026-11-30T08:00Z'],
  ['cron(0 8 1W,15W * ? *)', '2026-12-01T08:00Z'],
  // Months.
  ['cron(0 0 1 1 ? *)', '2027-01-01T00:00Z'],
  ['cron(0 0 1 JAN,JUL ? *)', '2027-01-01T00:00Z'],
  ['cron(0 0 1 1/3 ? *)', '2027-01-01T00:00Z'],
  ['cron(0 0 1 NOV-FEB ? *)', '2026-12-01T00:00Z'],
  ['cron(0 0 1 11-2/2 ? *)', '2027-01-01T00:00Z'], // November and January
  ['cron(0 0 1 dec ? *)', '2026-12-01T00:00Z'],
  ['cron(0 0 29 2 ? *)', '2028-02-29T00:00Z'], // not in 2100, but 2104
  // Days of the week: 1 is Sunday.
  ['cron(0 10 ? * 1 *)', '2026-11-22T10:00Z'],
  ['cron(0 10 ? * 2 *)', '2026-11-23T10:00Z'],
  ['cron(0 10 ? * 7 *)', '2026-11-28T10:00Z'], // today at ten is over
  ['cron(0 18 ? * MON-FRI *)', '2026-11-23T18:00Z'],
  ['cron(0 18 ? * 2-6 *)', '2026-11-23T18:00Z'],
  ['cron(0 18 ? * FRI-MON *)', '2026-11-21T18:00Z'],
  ['cron(0 18 ? * 7-1 *)', '2026-11-21T18:00Z'],
  ['cron(0 0 ? * MON,WED,FRI *)', '2026-11-23T00:00Z'],
  ['cron(0 0 ? * L *)', '2026-11-28T00:00Z'], // the last day of the week is Saturday
  ['cron(0 0 ? * 6L *)', '2026-11-27T00:00Z'],
  ['cron(0 0 ? * MONL *)', '2026-11-30T00:00Z'],
  ['cron(0 0 ? * 2#1 *)', '2026-12-07T00:00Z'],
  ['cron(0 0 ? * SAT#3 *)', '2026-12-19T00:00Z'],
  ['cron(0 0 ? * 2#5 *)', '2026-11-30T00:00Z'], // in months that have five Mondays
  ['cron(0 9 ? MAR-MAY TUE *)', '2027-03-02T09:00Z'],
  // Years.
  ['cron(15 10 ? * 6L 2026-2027)', '2026-11-27T10:15Z'],
  ['cron(0 0 1 1 ? 2028,2030)', '2028-01-01T00:00Z'],
  ['cron(0 0 1 1 ? 2020)', null],
  ['cron(0 0 31 12 ? 2030/10)', '2030-12-31T00:00Z'],
  ['cron(0 0 1 1 ? */10)', '2030-01-01T00:00Z'], // counted from 1970
  ['cron(0 0 30 2 ? *)', null],
  ['cron(0 0 1 1 ? 2190/5)', '2190-01-01T00:00Z', 'UTC', '2189-06-01T00:00Z'], // ends with 2195
  // New York goes forward on 8 March 2026 at 2:00 (7:00 UTC) and back on 1 November at 2:00 (6:00 UTC).
  ['cron(30 2 * * ? *)', '2026-03-07T07:30Z', 'America/New_York', '2026-03-07T00:00Z'], // the 8th has none
  ['cron(0 3 * * ? *)', '2026-03-07T08:00Z', 'America/New_York', '2026-03-07T00:00Z'],
  ['cron(30 1 * * ? *)', '2026-10-31T05:30Z', 'America/New_York', '2026-10-31T00:00Z'], // the 1st has one, not two
  ['cron(30 1 * * ? *)', '2026-11-02T06:30Z', 'America/New_York', '2026-11-01T06:10Z'], // asked in the second pass
  ['cron(0/20 * * * ? *)', '2026-11-01T05:00Z', 'America/New_York', '2026-11-01T04:40Z'],
  ['cron(0 0/1 * * ? *)', '2026-03-08T06:00Z', 'America/New_York', '2026-03-08T05:30Z'],
  ['cron(30 2 8 3 ? 2026)', null, 'America/New_York', '2026-01-01T00:00Z'], // the minute there never was
  // Berlin goes forward on 29 March 2026 at 2:00 and back on 25 October at 3:00 (both 1:00 UTC).
  ['cron(15 2 ? * SUN *)', '2026-03-22T01:15Z', 'Europe/Berlin', '2026-03-21T00:00Z'],
  ['cron(45 2 * 10 ? *)', '2026-10-24T00:45Z', 'Europe/Berlin', '2026-10-24T00:00Z'],
  ['cron(0 9 ? * MON-FRI *)', '2026-10-23T07:00Z', 'Europe/Berlin', '2026-10-23T00:00Z'], // 7:00 UTC, then 8:00
  ['cron(0 12 L * ? *)', '2026-01-31T11:00Z', 'Europe/Berlin', '2026-01-01T00:00Z'],
  // The other hemisphere: Sydney goes back on 5 April 2026 at 3:00 (4 April, 16:00 UTC).
  ['cron(30 2 * * ? *)', '2026-04-03T15:30Z', 'Australia/Sydney', '2026-04-03T00:00Z'],
  // Lord Howe Island changes by half an hour: on 4 October 2026 2:00 becomes 2:30.
  ['cron(0/15 2 * * ? *)', '2026-10-02T15:30Z', 'Australia/Lord_Howe', '2026-10-02T15:15Z'],
  ['cron(45 1 * 4 ? *)', '2026-04-03T14:45Z', 'Australia/Lord_Howe', '2026-04-03T12:00Z'],
  // Zones without changes, on other quarters of the hour and other days.
  ['cron(0 9 1 * ? *)', '2026-12-01T03:30Z', 'Asia/Kolkata'],
  ['cron(0 0 ? * 2 *)', '2026-11-22T18:15Z', 'Asia/Kathmandu'],
  ['cron(0 1 L * ? *)', '2026-11-29T11:00Z', 'Pacific/Kiritimati'],
  ['cron(30 23 ? * SUN *)', '2026-11-23T10:30Z', 'Pacific/Pago_Pago'],
  // Samoa had no 30 December 2011 at all.
  ['cron(0 12 * 12 ? 2011)', '2011-12-29T22:00Z', 'Pacific/Apia', '2011-12-29T00:00Z'],
  // Cairo goes forward at midnight: 24 April 2026 begins at 1:00.
  ['cron(30 0 * * ? *)', '2026-04-22T22:30Z', 'Africa/Cairo', '2026-04-22T00:00Z'],
];

const rows = table.map(([expression, first, timezone = 'UTC', from = NOON]) => ({
  expression,
  first,
  timezone,
  from,
}));

test.each(rows)('$expression in $timezone first fires at $first', ({ expression, first, timezone, from }) => {
  const after = Date.parse(from);
  const expected = slowFirings(expression, timezone, after, 10, 120).map(iso);
  expect(expected[0] ?? null).toBe(first);
  expect(firings(expression, timezone, after, 10)).toEqual(expected);
});

test('the table has the size it should', () => {
  expect(table.length).toBeGreaterThanOrEqual(60);
});

test('the last due moment is the latest one that has come, also while clocks change', () => {
  for (const [expression, , timezone = 'UTC', from = NOON] of table) {
    const schedule = parseSchedule(expression, 0, { timezone });
    let previous = schedule.next(Date.parse(from));
    for (let n = 0; n < 5 && previous !== undefined; n++) {
      const due = schedule.next(previous);
      expect([expression, schedule.last(previous)]).toEqual([expression, previous]);
      if (due === undefined) break;
      expect([expression, schedule.last(due - 1)]).toEqual([expression, previous]);
      previous = due;
    }
  }
});

test('any expression agrees with the slow evaluation', () => {
  const number = (min: number, max: number) => fc.integer({ min, max });
  const item = (min: number, max: number) =>
    fc.oneof(
      number(min, max).map(String),
      fc.tuple(number(min, max), number(min, max)).map(([a, b]) => `${a}-${b}`),
      fc.tuple(number(min, max), number(1, 9)).map(([a, step]) => `${a}/${step}`),
      fc.tuple(number(min, max), number(min, max), number(1, 9)).map(([a, b, step]) => `${a}-${b}/${step}`),
    );
  const field = (min: number, max: number) =>
    fc.oneof(
      fc.constant('*'),
      fc.array(item(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(',')),
    );
  const days = fc.oneof(
    fc.oneof(field(1, 31), fc.constantFrom('L', 'LW', '15W', '31W', '1W')).map((dom) => [dom, '?']),
    fc.oneof(field(1, 7), fc.constantFrom('L', '3L', '5#2', '1#5')).map((dow) => ['?', dow]),
  );
  const zones = fc.constantFrom(
    'UTC',
    'America/New_York',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  );
  fc.assert(
    fc.property(
      field(0, 59),
      field(0, 23),
      days,
      field(1, 12),
      zones,
      number(Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)),
      (minute, hour, [dom, dow], month, timezone, after) => {
        const expression = `cron(${minute} ${hour} ${dom} ${month} ${dow} *)`;
        const expected = slowFirings(expression, timezone, after, 3, 3).map(iso);
        expect(firings(expression, timezone, after, 3).slice(0, expected.length)).toEqual(expected);
      },
    ),
    { numRuns: 30 },
  );
});

test.each([
  ['cron(60 * * * ? *)', /minute '60'/],
  ['cron(* 24 * * ? *)', /hour '24'/],
  ['cron(0 0 0 * ? *)', /day-of-month '0'/],
  ['cron(0 0 32 * ? *)', /day-of-month '32'/],
  ['cron(0 0 1 13 ? *)', /month '13'/],
  ['cron(0 0 1 JANUARY ? *)', /month 'JANUARY'/],
  ['cron(0 0 ? * 0 *)', /day-of-week '0'/],
  ['cron(0 0 ? * 8 *)', /day-of-week '8'/],
  ['cron(0 0 ? * 8L *)', /day-of-week '8'/],
  ['cron(0 0 ? * 2#6 *)', /after # there is 1 to 5/],
  ['cron(0 0 ? * 2#1,3#2 *)', /only one value/],
  ['cron(0 0 32W * ? *)', /day-of-month '32'/],
  ['cron(0 0 1-5W * ? *)', /no value, range or step|takes 1 to 31/],
  ['cron(0 0 L-3 * ? *)', /day-of-month 'L'|no value/],
  ['cron(0 0 1 * ? 2200)', /1970 to 2199/],
  ['cron(0 0 1 * ? 2030-2028)', /goes backwards/],
  ['cron(0/0 * * * ? *)', /step is 1 at least/],
  ['cron(1,,2 * * * ? *)', /minute ''/],
  ['cron(*-5 * * * ? *)', /no value, range or step/],
  ['cron(5# * * * ? *)', /no value, range or step/],
  ['cron(* * * * * *)', /exactly one/],
  ['cron(* * ? * ? *)', /exactly one/],
  ['cron(* * * ? * *)', /exactly one/],
  ['cron(* * * * ?)', /5 fields/],
  ['cron(0 * * * * ? *)', /7 fields/],
])('refuses %s', (expression, reason) => {
  expect(() => parseSchedule(expression, 0)).toThrow(
    expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringMatching(reason) }),
  );
});

test('refuses a time zone nobody knows', () => {
  expect(() => parseSchedule('cron(0 0 * * ? *)', 0, { timezone: 'Europe/Atlantis' })).toThrow(
    expect.objectContaining({
      code: 'SCHEDULE_INVALID',
      message: expect.stringMatching(/no known time zone/),
    }),
  );
});
