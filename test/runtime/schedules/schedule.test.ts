import fc from 'fast-check';
import { parseSchedule } from '../../../runtime/schedules/schedule.js';

const at = (text: string) => Date.parse(text);
const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
/** A Saturday. */
const NOON = at('2026-11-21T12:00:00Z');
const next = (expression: string, after = NOON) => iso(parseSchedule(expression, 0).next(after));

describe('cron', () => {
  test.each([
    ['cron(0 10 ? * 1 *)', '2026-11-22T10:00:00.000Z'], // 1 = Sunday
    ['cron(0 10 ? * 2 *)', '2026-11-23T10:00:00.000Z'], // 2 = Monday, not Tuesday
    ['cron(0 10 ? * MON *)', '2026-11-23T10:00:00.000Z'],
    ['cron(0 10 ? * 7 *)', '2026-11-28T10:00:00.000Z'], // today at 10 is over
    ['cron(0/5 * * * ? *)', '2026-11-21T12:05:00.000Z'],
    ['cron(0 8 3W * ? *)', '2026-12-03T08:00:00.000Z'],
    ['cron(0 0 L * ? *)', '2026-11-30T00:00:00.000Z'],
    ['cron(15 10 ? * 6L 2026-2027)', '2026-11-27T10:15:00.000Z'],
    ['cron(0 0 ? * 2#1 *)', '2026-12-07T00:00:00.000Z'],
    ['cron(0 18 ? * MON-FRI *)', '2026-11-23T18:00:00.000Z'],
    ['cron(0 0 ? * 2-6/2 *)', '2026-11-23T00:00:00.000Z'],
    ['cron(0 0 1 1 ? 2020)', undefined],
  ])('%s', (expression, expected) => {
    expect(next(expression)).toBe(expected);
  });

  test('the last due moment includes this one', () => {
    const hourly = parseSchedule('cron(0 * * * ? *)', 0);
    expect(iso(hourly.last(NOON))).toBe('2026-11-21T12:00:00.000Z');
    expect(iso(hourly.last(NOON + 700))).toBe('2026-11-21T12:00:00.000Z');
    expect(iso(hourly.last(NOON - 1))).toBe('2026-11-21T11:00:00.000Z');
  });
});

describe('rate', () => {
  test('is an interval from its start, not a division of the hour', () => {
    const start = at('2026-11-21T12:03:20Z');
    const schedule = parseSchedule('rate(7 minutes)', start);
    expect(iso(schedule.next(start))).toBe('2026-11-21T12:10:20.000Z');
    // */7 would jump from :56 to :00 of the next hour.
    expect(iso(schedule.next(at('2026-11-21T12:59:30Z')))).toBe('2026-11-21T13:06:20.000Z');
    expect(schedule.last(start + 7 * 60_000 - 1)).toBe(start);
  });

  test('due moments are after the asked one and one interval apart', () => {
    const schedule = parseSchedule('rate(3 hours)', NOON);
    fc.assert(
      fc.property(fc.integer({ min: NOON, max: NOON + 1e12 }), (after) => {
        const due = schedule.next(after)!;
        expect(due).toBeGreaterThan(after);
        expect(schedule.next(due)! - due).toBe(3 * 3_600_000);
        expect(schedule.last(due)).toBe(due);
      }),
    );
  });

  test('seconds only where they are allowed', () => {
    expect(parseSchedule('rate(1 second)', 0, { seconds: true }).next(0)).toBe(1000);
    expect(() => parseSchedule('rate(1 second)', 0)).toThrow(/takes no seconds on AWS/);
  });
});

test.each([
  ['rate(1 minutes)', /singular/],
  ['rate(5 minute)', /plural/],
  ['rate(0 minutes)', /number from 1/],
  ['rate(1.5 hours)', /number from 1/],
  ['every minute', /must be rate/],
  ['cron(* * * * *)', /5 fields/],
  ['cron(0 0 1 * 2 *)', /exactly one/],
  ['cron(0 0 ? * ? *)', /exactly one/],
  ['cron(0 ? 1 * ? *)', /hour '\?', which is no value/],
  ['cron(0 0 ? * 0 *)', /1 \(Sunday\)/],
  ['cron(0 0 ? * 8 *)', /1 \(Sunday\)/],
  ['cron(0 0 1 * ? 1969)', /1970/],
  ['cron(61 * * * ? *)', /minute '61', which takes 0 to 59/],
])('refuses %s', (expression, reason) => {
  expect(() => parseSchedule(expression, 0)).toThrow(
    expect.objectContaining({ code: 'SCHEDULE_INVALID', message: expect.stringMatching(reason) }),
  );
});
