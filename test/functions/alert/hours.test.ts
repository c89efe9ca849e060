/** When rules apply, against the clock on the wall; summer time begins and ends meanwhile. */
import fc from 'fast-check';
import { wallTime } from '../../../common/wall-time.js';
import { Hours } from '../../../functions/alert/hours.js';
import type { ActiveHours } from '../../../functions/alert/language/rule.js';

const HOUR = 3_600_000;
const WORK_WEEK = [0, 1, 2, 3, 4];
const berlin = (from: string, to: string, days = WORK_WEEK): Hours =>
  new Hours({ days, hours: { from: minutes(from), to: minutes(to) }, timeZone: 'Europe/Berlin' });
const minutes = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
const at = (text: string): number => Date.parse(text);

describe('in Berlin', () => {
  test.each([
    ['2026-03-27T06:59:59Z', false],
    ['2026-03-27T07:00:00Z', true],
    ['2026-03-27T16:59:59Z', true],
    ['2026-03-27T17:00:00Z', false],
    // Saturday, and the Monday after summer time began.
    ['2026-03-28T10:00:00Z', false],
    ['2026-03-30T06:00:00Z', true],
    ['2026-03-30T05:59:59Z', false],
  ])('08:00-18:00 on work days, at %s: %s', (time, expected) => {
    expect(berlin('08:00', '18:00').includes(at(time))).toBe(expected);
  });

  test('a night that begins on Friday goes into Saturday', () => {
    const nights = berlin('22:00', '06:00', [4]);
    expect(nights.includes(at('2026-01-09T20:59:59Z'))).toBe(false);
    expect(nights.includes(at('2026-01-09T21:00:00Z'))).toBe(true);
    expect(nights.includes(at('2026-01-10T04:59:59Z'))).toBe(true);
    expect(nights.includes(at('2026-01-10T05:00:00Z'))).toBe(false);
    expect(nights.includes(at('2026-01-10T21:00:00Z'))).toBe(false);
  });

  test('an hour that is skipped is not there, one that comes twice is there twice', () => {
    const early = berlin('02:00', '03:00', [6]);
    const of = (day: string) =>
      Array.from({ length: 24 * 4 }, (_, quarter) => at(`${day}T00:00:00Z`) + (quarter * HOUR) / 4).filter(
        (time) => early.includes(time),
      ).length / 4;
    expect(of('2026-03-29')).toBe(0);
    expect(of('2026-10-25')).toBe(2);
    expect(of('2026-11-01')).toBe(1);
  });
});

const hours: fc.Arbitrary<ActiveHours> = fc
  .record({
    days: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
    from: fc.nat(1_439),
    to: fc.integer({ min: 1, max: 1_440 }),
    timeZone: fc.constantFrom(
      'UTC',
      'Europe/Berlin',
      'America/St_Johns',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
    ),
  })
  .filter(({ from, to }) => from !== to)
  .map(({ days, from, to, timeZone }) => ({ days, hours: { from, to }, timeZone }));
const moment = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });

function isOnTheWall({ days, hours: { from, to }, timeZone }: ActiveHours, time: number): boolean {
  const wall = wallTime(timeZone).at(time);
  // Of the span that began today, or yesterday.
  return [0, 1].some((ago) => {
    const midnight = new Date(wall).setUTCHours(0, 0, 0, 0) - ago * 24 * HOUR;
    const length = to > from ? to - from : to - from + 1_440;
    const begins = midnight + from * 60_000;
    const day = (new Date(midnight).getUTCDay() + 6) % 7;
    return days.includes(day) && wall >= begins && wall < begins + length * 60_000;
  });
}

test('anywhere, at any time', () => {
  fc.assert(
    fc.property(hours, moment, (active, time) => {
      expect(new Hours(active).includes(time)).toBe(isOnTheWall(active, time));
    }),
    { numRuns: 300 },
  );
});

test('an answer is good until it is said to be', () => {
  fc.assert(
    fc.property(hours, moment, fc.nat(1_000), (active, time, part) => {
      const spans = new Hours(active);
      const until = spans.until(time);
      expect(until).toBeGreaterThan(time);
      const between = time + Math.floor(((until - time) * part) / 1_001);
      expect(spans.includes(between)).toBe(spans.includes(time));
    }),
    { numRuns: 300 },
  );
});
