/**
 * `rollup`: on a schedule, brings 1 m up to date from windows, 1 h from 1 m, 1 d from 1 h. Each level reads the change
 * feed of the one below from where it stopped, in bounded steps; rows and the position in the feed are committed
 * together. After a downtime it goes on until it has caught up or its time is nearly over; then the next run does.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import type { ChangedWindow, TimeRange } from '../../stores/aggregation.js';
import type { Period, RollupRow } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { Page, PageRequest } from '../../stores/validation.js';
import type { CreateFunction, InvocationContext } from '../contract.js';
import { type Bucket, dirtyBuckets, type Mergeable, mergeRows, PERIOD_MS } from './core.js';

/** Changes per step: what is held in memory, and lost when the process dies. */
const STEP = 5_000;
/** A step is not begun with less time than this left (ms). */
const MARGIN = 1_000;
const PAGE = 1_000;

/** A level's source: the next finer one. */
interface Source {
  changedSince(change: bigint, limit: number): Promise<readonly ChangedWindow[]>;
  rows(deviceId: string, range: TimeRange, page: PageRequest): Promise<Page<Mergeable>>;
}

export const create: CreateFunction = ({ settings, stores, log }) => {
  const { windowMs } = settings.aggregate;
  if (PERIOD_MS['1m'] % windowMs !== 0) {
    log.warn(
      { windowMs },
      'windows do not divide a minute: rollups count each in the minute in which it begins, not exactly',
    );
  }
  const levels: readonly (readonly [Period, Source])[] = [
    ['1m', windowsOf(stores)],
    ['1h', rollupsOf(stores, '1m')],
    ['1d', rollupsOf(stores, '1h')],
  ];
  return {
    async scheduled(_, context) {
      for (const [period, source] of levels) {
        if (!(await catchUp(stores, period, source, context))) {
          log.info({ period }, 'rollups have not caught up yet; the next run goes on');
          return;
        }
      }
    },
  };
};

export const handler = lambdaHandler(create);

/** Whether the level is up to date; false when time ran short. */
async function catchUp(
  { rollups }: Stores,
  period: Period,
  source: Source,
  context: InvocationContext,
): Promise<boolean> {
  let cursor = await rollups.cursor(period);
  for (;;) {
    if (context.remainingTimeMs() < MARGIN) return false;
    const changes = await source.changedSince(cursor, STEP);
    const last = changes.at(-1);
    if (last === undefined) return true;
    const rows: RollupRow[] = [];
    for (const bucket of dirtyBuckets(changes, period)) {
      const finer = await rowsOf(source, bucket, period);
      // Nothing left below: retention was here. What was rolled up stays.
      if (finer.length > 0) rows.push(mergeRows(bucket, period, finer));
    }
    await rollups.commit(period, rows, last.change);
    cursor = last.change;
    if (changes.length < STEP) return true;
  }
}

async function rowsOf(source: Source, { deviceId, start }: Bucket, period: Period): Promise<Mergeable[]> {
  const range = { from: start, to: start + PERIOD_MS[period] };
  const rows: Mergeable[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Mergeable> = await source.rows(deviceId, range, { limit: PAGE, cursor });
    rows.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return rows;
}

// Stores are reached for when they are used: each is opened by its first touch.
function windowsOf(stores: Stores): Source {
  return {
    changedSince: (change, limit) => stores.aggregation.changedSince(change, limit),
    rows: (deviceId, range, page) => stores.aggregation.windows(deviceId, range, page),
  };
}

function rollupsOf(stores: Stores, period: Period): Source {
  return {
    changedSince: (change, limit) => stores.rollups.changedSince(period, change, limit),
    rows: (deviceId, range, page) => stores.rollups.rollups(deviceId, period, range, page),
  };
}
