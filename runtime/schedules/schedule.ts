/**
 * AWS schedule expressions, `rate(…)` and `cron(…)`, as pure arithmetic on epoch milliseconds.
 *
 * A rate is an interval from a start time: `rate(7 minutes)` runs every seven minutes, not at :00, :07, … of each
 * hour. A cron expression has AWS's six fields (minute hour day-of-month month day-of-week year), in UTC, with
 * 1 = Sunday and a `?` in exactly one of the two day fields; croner does the calendar.
 * Source: Amazon EventBridge user guide, "Cron and rate expressions".
 */
import { Cron } from 'croner';
import { MillraceError, messageOf } from '../../common/errors.js';

export interface Schedule {
  /** The first due moment after `after`, or undefined when there is none left. */
  next(after: number): number | undefined;
  /** The last due moment at or before `at`, or undefined when there was none. */
  last(at: number): number | undefined;
}

export interface ScheduleOptions {
  /** Allow `rate(n seconds)`, which AWS does not offer. */
  readonly seconds?: boolean;
}

const UNITS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};

/**
 * @param start epoch ms that a rate counts from; its first due moment is one interval later
 * @throws MillraceError `SCHEDULE_INVALID`
 */
export function parseSchedule(expression: string, start: number, options: ScheduleOptions = {}): Schedule {
  const match = /^(rate|cron)\((.*)\)$/.exec(expression.trim());
  if (match === null) throw invalid(expression, 'must be rate(…) or cron(…)');
  return match[1] === 'rate'
    ? rate(intervalOf(expression, match[2]!, options), start)
    : cron(expression, match[2]!);
}

function intervalOf(expression: string, body: string, options: ScheduleOptions): number {
  const match = /^(\d+) (second|minute|hour|day)(s?)$/.exec(body.trim());
  const amount = Number(match?.[1]);
  if (match === null || !Number.isSafeInteger(amount) || amount < 1) {
    throw invalid(expression, 'must be a number from 1 and minutes, hours or days, such as rate(5 minutes)');
  }
  if ((amount === 1) !== (match[3] === '')) {
    throw invalid(expression, `takes ${amount === 1 ? 'a singular' : 'a plural'} unit after ${amount}`);
  }
  if (match[2] === 'second' && options.seconds !== true) {
    throw invalid(expression, 'takes no seconds on AWS: set a local schedule in custom.millrace.functions');
  }
  return amount * UNITS[match[2]!]!;
}

function rate(interval: number, start: number): Schedule {
  return {
    // The moments go on before the start too: a clock set back behind it must not silence the job until then.
    next: (after) => start + (Math.floor((after - start) / interval) + 1) * interval,
    last: (at) => start + Math.floor((at - start) / interval) * interval,
  };
}

function cron(expression: string, body: string): Schedule {
  const fields = body.trim().split(/\s+/);
  if (fields.length !== 6) {
    throw invalid(
      expression,
      `has ${fields.length} fields, AWS wants 6: minute hour day-of-month month day-of-week year`,
    );
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw invalid(expression, 'must have ? in exactly one of day-of-month and day-of-week');
  }
  if ([minute, hour, month, year].includes('?')) throw invalid(expression, 'may have ? only in a day field');
  // croner takes 8 for Sunday again and 0 for nothing; AWS knows 1 to 7 alone.
  if (/(^|[^#\d])(0|[89]|\d{2,})(?!\d)/.test(dayOfWeek.replace(/\/\d+/g, ''))) {
    throw invalid(expression, 'takes 1 (Sunday) to 7 (Saturday) as day-of-week');
  }
  for (const number of year.match(/\d{3,}/g) ?? []) {
    if (Number(number) < 1970 || Number(number) > 2199)
      throw invalid(expression, 'takes 1970 to 2199 as year');
  }
  const calendar = compile(expression, fields);
  return {
    next: (after) => calendar.nextRun(new Date(after))?.getTime(),
    // croner's "previous" excludes the reference; a run is a whole second, so half a second later includes it.
    last: (at) => calendar.previousRuns(1, new Date(Math.floor(at / 1000) * 1000 + 500))[0]?.getTime(),
  };
}

function compile(expression: string, fields: readonly string[]): Cron {
  try {
    return new Cron(`0 ${fields.join(' ')}`, {
      paused: true,
      timezone: 'UTC',
      alternativeWeekdays: true,
      sloppyRanges: true,
    });
  } catch (error) {
    throw invalid(expression, messageOf(error).replace(/^CronPattern: /, ''), error);
  }
}

function invalid(expression: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError(`schedule ${JSON.stringify(expression)} ${reason}`, {
    code: 'SCHEDULE_INVALID',
    hint: 'See "Cron and rate expressions" in the Amazon EventBridge user guide.',
    cause,
  });
}
