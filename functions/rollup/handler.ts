/**
 * `rollup`: on a schedule, brings the rollups of every definition up to date, from the finest period to the coarsest.
 * After a downtime it goes on until it has caught up or its time is nearly over; then the next run does.
 *
 * Of many devices nearly every one changes its current hour, day and week all the time. So with much to do, the longer
 * periods wait for some minutes of changes and compute each bucket once for all of them; but not when it has become calm.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { PERIODS, type Period } from '../../stores/rollups.js';
import type { CreateFunction } from '../contract.js';
import { calendarOf } from './calendar.js';
import { AHEAD, type CatchUpOptions, catchUp } from './catch-up.js';

/** So few changes are rolled up at once, and so is everything that waits when no more came since the last run. */
const FEW = 500;
/** How long more of them wait since the period was last brought up to date, by the schedule's time (ms). */
const PATIENCE: Readonly<Record<Period, number>> = {
  '1m': 0,
  '1h': 60_000,
  '1d': 600_000,
  day: 600_000,
  week: 600_000,
};

export const create: CreateFunction = ({ settings, stores, log }) => {
  const { timeZone, weekStartsOn, definitions } = settings.aggregate;
  const calendar = calendarOf(timeZone, weekStartsOn);
  const rolledUp = new Map(
    definitions.filter(({ rollups }) => rollups).map((definition) => [definition.name, definition]),
  );
  /** When each period was last brought up to date, by the schedule's time. An environment that is new knows of none. */
  const doneAt = new Map<Period, number>();
  /** The last change of windows at the last run. */
  let seen: bigint | undefined;

  return {
    async scheduled({ time }, context) {
      const last = await stores.aggregation.lastChange();
      const isCalm = seen !== undefined && last - seen < FEW;
      seen = last;
      const kept = new Map<Period, number>();
      const options: CatchUpOptions = {
        stores,
        calendar,
        definitions: rolledUp,
        // A device's windows only go when none of their bucket can change any more. A group has members whose clocks
        // differ: one that was away may write to a time whose other windows are gone.
        mayLack: ({ by }) => by !== 'device',
        remainingTimeMs: () => context.remainingTimeMs(),
        kept: (period) => kept.set(period, (kept.get(period) ?? 0) + 1),
      };
      for (const period of PERIODS) {
        const since = time - (doneAt.get(period) ?? Number.NEGATIVE_INFINITY);
        // More than can be looked at together is a backlog, and no time to lose.
        const worthwhile = (changes: number) =>
          isCalm || changes < FEW || changes >= AHEAD || since < 0 || since >= PATIENCE[period];
        const outcome = await catchUp(period, options, worthwhile);
        if (outcome === 'late') {
          log.info({ period }, 'rollups have not caught up yet; the next run goes on');
          break;
        }
        if (outcome === 'done') doneAt.set(period, time);
      }
      for (const [period, buckets] of kept) {
        log.warn(
          { period, buckets },
          'a group got events for a time of which retention has removed a part: its rollups stay as they were',
        );
      }
    },
  };
};

export const handler = lambdaHandler(create);
