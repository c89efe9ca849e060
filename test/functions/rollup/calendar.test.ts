import fc from 'fast-check';
import { calendarOf } from '../../../functions/rollup/calendar.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Length of the day that holds this time, in hours, and its first moment. */
function day(zone: string, time: string): [start: string, hours: number] {
  const { start, end } = calendarOf(zone, 'monday').day(Date.parse(time));
  return [new Date(start).toISOString().slice(0, 16), (end - start) / HOUR];
}

describe('a day', () => {
  test.each([
    ['Europe/Berlin', '2024-03-31T12:00Z', '2024-03-30T23:00', 23],
    ['Europe/Berlin', '2024-10-27T12:00Z', '2024-10-26T22:00', 25],
    ['Europe/Berlin', '2024-10-28T00:00Z', '2024-10-27T23:00', 24],
    ['America/New_York', '2024-03-10T12:00Z', '2024-03-10T05:00', 23],
    ['America/New_York', '2024-11-03T12:00Z', '2024-11-03T04:00', 25],
    ['Australia/Lord_Howe', '2024-04-06T20:00Z', '2024-04-06T13:00', 24.5],
    ['Australia/Lord_Howe', '2024-10-05T20:00Z', '2024-10-05T13:30', 23.5],
    ['Asia/Kolkata', '2024-10-27T18:29Z', '2024-10-26T18:30', 24],
    ['Asia/Kolkata', '2024-10-27T18:30Z', '2024-10-27T18:30', 24],
    ['Asia/Kathmandu', '2024-10-27T18:15Z', '2024-10-27T18:15', 24],
    ['UTC', '2024-10-27T23:59Z', '2024-10-27T00:00', 24],
    // Midnight itself is skipped: the day begins at 01:00.
    ['America/Sao_Paulo', '2018-11-04T12:00Z', '2018-11-04T03:00', 23],
    // Midnight goes back to 23:00: the hour that is repeated belongs to the day before.
    ['America/Sao_Paulo', '2018-02-18T02:30Z', '2018-02-17T02:00', 25],
    // At 00:01 back to 23:01: the day has begun by then.
    ['America/St_Johns', '2010-11-07T03:00Z', '2010-11-07T02:30', 25],
    // 30 December 2011 did not happen.
    ['Pacific/Apia', '2011-12-30T09:59Z', '2011-12-29T10:00', 24],
    ['Pacific/Apia', '2011-12-30T10:00Z', '2011-12-30T10:00', 24],
  ])('of %s at %s begins at %s and has %d hours', (zone, time, start, hours) => {
    expect(day(zone, time)).toEqual([start, hours]);
  });
});

test.each([
  ['monday', '2024-03-31T12:00Z', '2024-03-24T23:00', 167],
  ['monday', '2024-04-01T12:00Z', '2024-03-31T22:00', 168],
  ['sunday', '2024-03-31T12:00Z', '2024-03-30T23:00', 167],
  ['sunday', '2024-03-30T12:00Z', '2024-03-23T23:00', 168],
] as const)('a week in Berlin that begins on %s, at %s', (weekStartsOn, time, start, hours) => {
  const week = calendarOf('Europe/Berlin', weekStartsOn).week(Date.parse(time));
  expect(new Date(week.start).toISOString().slice(0, 16)).toBe(start);
  expect((week.end - week.start) / HOUR).toBe(hours);
});

describe.each([
  'Europe/Berlin',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'America/Sao_Paulo',
  'UTC',
])('in %s', (zone) => {
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });

  test('days and weeks follow one another without a gap from 1990 to 2040', () => {
    const calendar = calendarOf(zone, 'monday');
    const wrong: number[] = [];
    let odd = 0;
    let week = calendar.week(Date.UTC(1990, 0, 3));
    for (let at = week.start; at < Date.UTC(2040, 0, 1); ) {
      const { start, end } = calendar.day(at);
      if (end - start !== DAY) odd++;
      if (start === week.end) week = calendar.week(start);
      const same = calendar.week(start);
      if (start !== at || same.start !== week.start || same.end !== week.end || end > week.end)
        wrong.push(at);
      at = end;
    }
    expect(wrong).toEqual([]);
    // Two changes of clocks a year at the most.
    expect(odd).toBeLessThanOrEqual(100);
    if (zone === 'UTC' || zone === 'Asia/Kolkata') expect(odd).toBe(0);
  });

  test('two times are in the same day exactly when they show the same date', () => {
    const calendar = calendarOf(zone, 'sunday');
    const time = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2040, 0, 1) });
    fc.assert(
      fc.property(time, fc.integer({ min: -30 * 60, max: 30 * 60 }), (at, minutes) => {
        const other = at + minutes * 60_000;
        const same = calendar.day(at).start === calendar.day(other).start;
        expect(same).toBe(format.format(at) === format.format(other));
      }),
      { numRuns: 300 },
    );
  });
});
