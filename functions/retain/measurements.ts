/**
 * Retention of windows and rollups, device by device.
 */
import type { ChangedWindow } from '../../stores/aggregation.js';
import type { Period } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type { Page } from '../../stores/validation.js';
import type { InvocationContext, Platform } from '../contract.js';
import { cutoff, dayOf } from './core.js';

const PAGE = 500;
const CHANGES = 20_000;
/** Nothing new is begun with less time than this left (ms). */
export const MARGIN = 1_000;
/** Devices whose last cutoff is remembered. */
const MAX_REMEMBERED = 200_000;

interface Level {
  readonly name: string;
  readonly retention: number;
  /** What the coarser level has not consumed yet; null: nothing waits for this one. */
  readonly unconsumed: ((change: bigint | null, limit: number) => Promise<readonly ChangedWindow[]>) | null;
  trim(deviceId: string, time: number): Promise<number>;
}

/** Makes the trimmer; it remembers how far each device was trimmed, since that only moves once a day. */
export function measurementTrimmer(
  platform: Platform,
): (now: number, context: InvocationContext) => Promise<number> {
  const { stores, settings } = platform;
  const levels = levelsOf(platform);
  const trimmed = new Map<string, string>();

  return async (now, context) => {
    const pending = new Map<Level, Map<string, number> | null>();
    for (const level of levels) pending.set(level, await oldestUnconsumed(level, context));
    let deleted = 0;
    let cursor: string | null = null;
    do {
      const page: Page<{ deviceId: string; eventTime: number }> = await stores.validation.devices({
        limit: PAGE,
        cursor,
      });
      for (const { deviceId, eventTime } of page.items) {
        if (context.remainingTimeMs() < MARGIN) return deleted;
        deleted += await trimDevice(deviceId, eventTime, now, pending);
      }
      cursor = page.next;
    } while (cursor !== null);
    return deleted;
  };

  async function trimDevice(
    deviceId: string,
    eventTime: number,
    now: number,
    pending: ReadonlyMap<Level, ReadonlyMap<string, number> | null>,
  ): Promise<number> {
    const newest = dayOf(Math.min(now, eventTime));
    const due: { level: Level; time: number }[] = [];
    let oldestPending: number | undefined;
    for (const level of levels) {
      const unconsumed = pending.get(level);
      // Too far behind to tell what is still needed here and above: another time.
      if (unconsumed === null) break;
      // What waits below will make its way up, and needs its neighbours on every level.
      const waiting = unconsumed?.get(deviceId);
      if (waiting !== undefined) oldestPending = Math.min(waiting, oldestPending ?? waiting);
      const { retention } = level;
      const { allowedLatenessMs: allowedLateness } = settings.aggregate;
      due.push({ level, time: cutoff({ now, newest, retention, allowedLateness, oldestPending }) });
    }
    const mark = due.map(({ level, time }) => `${level.name}:${time}`).join();
    if (trimmed.get(deviceId) === mark || !(await hasAggregated(stores, deviceId, newest))) return 0;
    let deleted = 0;
    for (const { level, time } of due) deleted += await level.trim(deviceId, time);
    if (trimmed.size >= MAX_REMEMBERED) trimmed.clear();
    trimmed.set(deviceId, mark);
    return deleted;
  }
}

/**
 * Whether aggregate, too, has come as far as that day: validate, which knows the newest event, may be far ahead, and
 * what aggregate has yet to read is not late for it.
 */
async function hasAggregated({ aggregation }: Stores, deviceId: string, day: number): Promise<boolean> {
  const range = { from: day, to: Number.MAX_SAFE_INTEGER };
  const { items } = await aggregation.windows(deviceId, range, { limit: 1, cursor: null });
  return items.length > 0;
}

/** Per device, the start of its oldest row that the coarser level has yet to read; null when time ran short. */
async function oldestUnconsumed(
  { unconsumed }: Level,
  context: InvocationContext,
): Promise<Map<string, number> | null> {
  const oldest = new Map<string, number>();
  if (unconsumed === null) return oldest;
  let change: bigint | null = null;
  for (;;) {
    if (context.remainingTimeMs() < MARGIN) return null;
    const changes: readonly ChangedWindow[] = await unconsumed(change, CHANGES);
    for (const { deviceId, start } of changes) {
      oldest.set(deviceId, Math.min(start, oldest.get(deviceId) ?? start));
    }
    if (changes.length < CHANGES) return oldest;
    change = changes.at(-1)!.change;
  }
}

function levelsOf({ stores, settings: { retention } }: Platform): readonly Level[] {
  const rollup = (period: Period, coarser: Period | null): Level => ({
    name: period,
    retention: retention.rollups[period],
    unconsumed:
      coarser === null
        ? null
        : async (change, limit) =>
            stores.rollups.changedSince(period, change ?? (await stores.rollups.cursor(coarser)), limit),
    trim: (deviceId, time) => stores.rollups.trim(deviceId, period, time),
  });
  const windows: Level = {
    name: 'windows',
    retention: retention.windows,
    unconsumed: async (change, limit) =>
      stores.aggregation.changedSince(change ?? (await stores.rollups.cursor('1m')), limit),
    trim: (deviceId, time) => stores.aggregation.trimWindows(deviceId, time),
  };
  return [windows, rollup('1m', '1h'), rollup('1h', '1d'), rollup('1d', null)];
}
