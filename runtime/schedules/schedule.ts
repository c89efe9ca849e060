/**
 * AWS schedule expressions, `rate(…)` and `cron(…)`, as pure arithmetic on epoch milliseconds.
 *
 * A rate is an interval from a start time: `rate(7 minutes)` runs every seven minutes, not at :00, :07, … of each
 * hour. The first moment is one interval after the start, as with an EventBridge rule. (EventBridge Scheduler runs
 * at once, too; here it does not, so that a deployment behaves the same with either.)
 *
 * A cron expression has AWS' six fields (minute hour day-of-month month day-of-week year), in a time zone. When clocks
 * go forward, the moments in the skipped hour are left out; when they go back, a moment in the repeated hour comes
 * once, the first time round. A schedule that runs more than once an hour therefore pauses for that hour, which is
 * what EventBridge Scheduler documents ("runs only once and does not repeat its invocation").
 *
 * Sources: Amazon EventBridge user guide, "Cron expressions reference"; EventBridge Scheduler user guide, "Schedule
 * types", daylight savings time.
 */
import { Cron } from 'croner';
import { MillraceError, messageOf } from '../../common/errors.js';
import { type WallTime, wallTime } from '../../common/wall-time.js';
import { LAST_YEAR, readCronFields } from './cron-fields.js';

export interface Schedule {
  /** The first due moment after `after`, or undefined when there is none left. */
  next(after: number): number | undefined;
  /** The last due moment at or before `at`, or undefined when there was none. */
  last(at: number): number | undefined;
}

export interface ScheduleOptions {
  /** Allow `rate(n seconds)`, which AWS does not offer. */
  readonly seconds?: boolean;
  /** IANA time zone that a cron expression is meant in; a rate has none. Default UTC. */
  readonly timezone?: string;
}

const UNITS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};
/** AWS' years end here, in any zone; croner goes on. */
const END = Date.UTC(LAST_YEAR + 1, 0, 1);

/**
 * @param start epoch ms that a rate counts from: when its rule was created
 * @throws MillraceError `SCHEDULE_INVALID`
 */
export function parseSchedule(expression: string, start: number, options: ScheduleOptions = {}): Schedule {
  const match = /^(rate|cron)\((.*)\)$/.exec(expression.trim());
  if (match === null) throw invalid(expression, 'must be rate(…) or cron(…)');
  const wall = zone(expression, options.timezone ?? 'UTC');
  return match[1] === 'rate'
    ? rate(intervalOf(expression, match[2]!, options), start)
    : cron(expression, match[2]!, wall);
}

function zone(expression: string, timezone: string): WallTime {
  try {
    return wallTime(timezone);
  } catch (error) {
    throw invalid(expression, `is meant in ${JSON.stringify(timezone)}, which is no known time zone`, error);
  }
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

function cron(expression: string, body: string, wall: WallTime): Schedule {
  const calendar = compile(expression, body);
  return {
    next(after) {
      for (let shown = wall.at(after); ; ) {
        const found = calendar.nextRun(new Date(shown))?.getTime();
        if (found === undefined || found >= END) return undefined;
        const instant = wall.instant(found);
        // In the second pass of a repeated hour its moments lie behind; in a skipped one there are none.
        if (instant !== undefined && instant > after) return instant;
        shown = found;
      }
    },
    last(at) {
      // croner's "previous" excludes the reference; a run is a whole second, so half a second later includes it.
      for (let shown = Math.floor(wall.latest(at) / 1000) * 1000 + 500; ; ) {
        const found = calendar.previousRuns(1, new Date(shown))[0]?.getTime();
        if (found === undefined) return undefined;
        const instant = wall.instant(found);
        if (instant !== undefined && instant <= at) return instant;
        shown = found;
      }
    },
  };
}

/** The calendar in wall time: for croner that is UTC, which never changes its clocks. */
function compile(expression: string, body: string): Cron {
  const fields = readCronFields(body, (reason) => {
    throw invalid(expression, reason);
  });
  const { minute, hour, dayOfMonth, month, dayOfWeek, year } = fields;
  try {
    return new Cron(`0 ${minute} ${hour} ${dayOfMonth} ${month} ${dayOfWeek} ${year}`, {
      paused: true,
      timezone: 'UTC',
      alternativeWeekdays: true,
    });
  } catch (error) {
    throw invalid(expression, messageOf(error).replace(/^CronPattern: /, ''), error);
  }
}

function invalid(expression: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError(`schedule ${JSON.stringify(expression)} ${reason}`, {
    code: 'SCHEDULE_INVALID',
    hint: 'See "Cron and rate expressions" in the Amazon EventBridge user guide.',
    ...(cause === undefined ? {} : { cause }),
  });
}
