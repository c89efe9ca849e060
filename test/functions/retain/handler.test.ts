import { cutoff } from '../../../functions/retain/core.js';
import { create } from '../../../functions/retain/handler.js';
import { create as createRollup } from '../../../functions/rollup/handler.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../support/platform.js';
import { alertOf } from '../../support/query-data.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const T0 = Date.UTC(2024, 0, 1);
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
const PAGE = { limit: 10_000, cursor: null };

async function retain(platform: MemoryPlatform, time: number): Promise<void> {
  const { scheduled } = await create(platform);
  await scheduled!({ time }, invocation());
}

async function rollUp(platform: MemoryPlatform): Promise<void> {
  const { scheduled } = await createRollup(platform);
  await scheduled!({ time: 0 }, invocation());
}

let offset = 0n;

/** A window per hour from T0 to before `to`, and the device's newest event as validate knows it. */
async function hours(platform: MemoryPlatform, from: number, to: number, newest = to): Promise<void> {
  const windows = [];
  for (let start = T0 + from * HOUR; start < T0 + to * HOUR; start += HOUR) {
    const figures = {
      count: 1,
      sum: 1,
      min: 1,
      max: 1,
      first: 1,
      firstTime: start,
      last: 1,
      lastTime: start,
    };
    const row = {
      deviceId: 'a',
      start,
      size: 10_000,
      partition: 0,
      offset: ++offset,
      closed: true,
      events: 1,
    };
    windows.push({ ...row, metrics: { temperature: figures } });
  }
  const books = { partition: 0, nextOffset: ++offset };
  const tally = { ...books, aggregated: 0, late: 0, duplicate: 0, refused: 0, ticks: 0 };
  await platform.stores.aggregation.commit({ tally, devices: [], windows, late: [] });
  const eventTime = T0 + newest * HOUR;
  await platform.stores.validation.commit({
    tally: { ...books, valid: 0, quarantined: 0, ticks: 0 },
    latest: [
      {
        deviceId: 'a',
        deviceType: 'environment',
        partition: 0,
        offset,
        eventTime,
        arrivalTime: eventTime,
        event: '{}',
      },
    ],
    quarantined: [],
  });
}

async function oldestWindow(platform: MemoryPlatform): Promise<number | undefined> {
  return (await platform.stores.aggregation.windows('a', ALL, PAGE)).items[0]?.start;
}

describe('cutoff', () => {
  const base = {
    now: T0 + 10 * DAY + 5,
    newest: T0 + 10 * DAY + 5,
    retention: 2 * DAY,
    allowedLateness: 60_000,
  };
  test.each([
    ['whole days behind the newest event', {}, 8],
    ['a lateness longer than the retention counts', { allowedLateness: 3.5 * DAY }, 6],
    ['no more than the newest event allows, whatever the clock says', { now: T0 + 99 * DAY }, 8],
    ['no more than the clock allows, whatever an event says', { newest: T0 + 99 * DAY }, 8],
    ['not what the coarser level has yet to read', { oldestPending: T0 + 3.5 * DAY }, 3],
  ])('%s', (_, changes, days) => {
    expect(cutoff({ ...base, oldestPending: undefined, ...changes })).toBe(T0 + days * DAY);
  });
});

test('windows go when they are old and rolled up; the coarser levels stay right', async () => {
  const platform = memoryPlatform();
  await hours(platform, 0, 10 * 24 + 1);
  await retain(platform, T0 + 20 * DAY);
  expect(await oldestWindow(platform)).toBe(T0);

  await rollUp(platform);
  await retain(platform, T0 + 20 * DAY);
  expect(await oldestWindow(platform)).toBe(T0 + 8 * DAY);

  const { rollups } = platform.stores;
  expect((await rollups.rollups('a', '1m', ALL, PAGE)).items[0]!.start).toBe(T0 + 3 * DAY);
  expect((await rollups.rollups('a', '1h', ALL, PAGE)).items).toHaveLength(241);
  const days = (await rollups.rollups('a', '1d', ALL, PAGE)).items;
  expect(days.map(({ events }) => events)).toEqual([...new Array(10).fill(24), 1]);

  await hours(platform, 241, 250);
  await rollUp(platform);
  expect((await rollups.rollups('a', '1d', ALL, PAGE)).items.map(({ events }) => events)).toEqual([
    ...new Array(10).fill(24),
    10,
  ]);
});

test('nothing goes while aggregate is behind validate', async () => {
  const platform = memoryPlatform();
  await hours(platform, 0, 24, 30 * 24);
  await rollUp(platform);
  await retain(platform, T0 + 40 * DAY);
  expect(await oldestWindow(platform)).toBe(T0);
});

test('a recording from years ago keeps as much as live data would', async () => {
  const platform = memoryPlatform();
  await hours(platform, 0, 25);
  await rollUp(platform);
  await retain(platform, T0 + 4000 * DAY);
  expect(await oldestWindow(platform)).toBe(T0);
});

test('alerts resolved long ago leave the store, and their retained topic becomes empty', async () => {
  const platform = memoryPlatform();
  const { alerts } = platform.stores;
  const row = (rule: string, state: 'firing' | 'resolved', startsAt: number) => {
    const alert = alertOf(rule, 'a', state, startsAt);
    return { fingerprint: alert.fingerprint, deviceId: 'a', partition: 0, offset: 1n, alert, state: '{}' };
  };
  const rows = [row('Old', 'resolved', T0), row('Hot', 'firing', T0), row('New', 'resolved', T0 + 30 * DAY)];
  await alerts.commit({ partition: 0, rows, ended: [alertOf('New', 'a', 'resolved', T0)] });
  await platform.stores.notifications.commit(0, [{ id: 'x', offset: 1n, time: T0 }]);
  await retain(platform, T0 + 31 * DAY);
  expect(platform.published).toMatchObject([{ topic: 'alert-state/a/Old', retain: true, qos: 1 }]);
  expect(platform.published[0]!.payload).toHaveLength(0);
  const left = (await alerts.alerts({}, PAGE)).items;
  expect(left.map(({ rule, startsAt }) => [rule, startsAt])).toEqual([
    ['New', T0 + 30 * DAY],
    ['Hot', T0],
  ]);
  expect(await alerts.rows(['a'])).toHaveLength(2);
  expect(await platform.stores.notifications.count()).toBe(0);
});
