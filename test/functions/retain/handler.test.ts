import { type AggregationDefinition, tumblingPerDevice } from '../../../common/aggregations.js';
import { cutoff } from '../../../functions/retain/core.js';
import { create } from '../../../functions/retain/handler.js';
import { calendarOf } from '../../../functions/rollup/calendar.js';
import { create as createRollup } from '../../../functions/rollup/handler.js';
import type { Series } from '../../../stores/aggregation.js';
import type { Delivery } from '../../../stores/notifications.js';
import type { PERIODS } from '../../../stores/rollups.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../support/platform.js';
import { alertOf } from '../../support/query-data.js';
import { rolledUp, windowRows, writeWindows } from '../../support/window-rows.js';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const MINUTE = 60_000;
/** A Monday. */
const T0 = Date.UTC(2024, 0, 1);
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
const PAGE = { limit: 10_000, cursor: null };
const DEVICE = rolledUp('device');
const A: Series = { definition: 'device', key: 'a' };

function platformOf(
  timeZone = 'UTC',
  definitions: readonly AggregationDefinition[] = [DEVICE],
): MemoryPlatform {
  return memoryPlatform({ aggregate: { ...tumblingPerDevice(10_000, 60_000), timeZone, definitions } });
}

async function retain(platform: MemoryPlatform, time: number, remainingMs?: number): Promise<void> {
  const { scheduled } = await create(platform);
  await scheduled!({ time }, invocation(remainingMs));
}

async function rollUp(platform: MemoryPlatform): Promise<void> {
  const { scheduled } = await createRollup(platform);
  await scheduled!({ time: 0 }, invocation());
}

/** A window every `every` ms, from T0 + `from` hours to before T0 + `to` hours. */
async function windows(
  { stores }: MemoryPlatform,
  from: number,
  to: number,
  { definition = DEVICE, key = 'a', every = HOUR, closed = true, value = 1 } = {},
): Promise<void> {
  const readings = [];
  for (let time = T0 + from * HOUR; time < T0 + to * HOUR; time += every) readings.push({ key, time, value });
  await writeWindows(stores.aggregation, windowRows(definition, readings, { closed }));
}

async function oldestWindow({ stores }: MemoryPlatform, series = A): Promise<number | undefined> {
  return (await stores.aggregation.windows(series, ALL, PAGE)).items[0]?.start;
}

async function eventsOf({ stores }: MemoryPlatform, period: (typeof PERIODS)[number], series = A) {
  return (await stores.rollups.rollups(series, period, ALL, PAGE)).items.map(({ events }) => events);
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
    ['not what a coarser level has yet to read', { oldestPending: T0 + 3.5 * DAY }, 3],
  ])('%s', (_, changes, days) => {
    const horizon = { ...base, oldestPending: undefined, ...changes };
    expect(cutoff('windows', horizon, calendarOf('UTC', 'monday'))).toBe(T0 + days * DAY);
  });

  test.each([
    ['windows', 'Asia/Kolkata', '2024-01-09T00:00'],
    ['1m', 'Asia/Kolkata', '2024-01-08T18:30'],
    ['1h', 'Asia/Kolkata', '2024-01-08T18:30'],
    ['1h', 'America/New_York', '2024-01-08T05:00'],
    ['1d', 'America/New_York', '2024-01-09T00:00'],
    // Monday in New York, where it is still Monday.
    ['day', 'America/New_York', '2024-01-08T05:00'],
    ['week', 'America/New_York', '2024-01-09T00:00'],
  ] as const)('of %s keeps whole buckets of what is made of it in %s', (level, zone, expected) => {
    const time = cutoff(level, { ...base, oldestPending: undefined }, calendarOf(zone, 'monday'));
    expect(new Date(time).toISOString().slice(0, 16)).toBe(expected);
  });
});

test('windows go when they are old and rolled up; the coarser levels stay right', async () => {
  const platform = platformOf();
  await windows(platform, 0, 10 * 24 + 1);
  await retain(platform, T0 + 20 * DAY);
  expect(await oldestWindow(platform)).toBe(T0);

  await rollUp(platform);
  await retain(platform, T0 + 20 * DAY);
  expect(await oldestWindow(platform)).toBe(T0 + 8 * DAY);

  const { rollups } = platform.stores;
  expect((await rollups.rollups(A, '1m', ALL, PAGE)).items[0]!.start).toBe(T0 + 3 * DAY);
  expect(await eventsOf(platform, '1h')).toHaveLength(241);
  expect(await eventsOf(platform, '1d')).toEqual([...new Array(10).fill(24), 1]);

  await windows(platform, 241, 250);
  await rollUp(platform);
  expect(await eventsOf(platform, '1d')).toEqual([...new Array(10).fill(24), 10]);
  expect(await eventsOf(platform, 'week')).toEqual([7 * 24, 3 * 24 + 10]);
});

describe.each(['UTC', 'America/New_York', 'Asia/Kolkata', 'Asia/Kathmandu'])('in %s', (zone) => {
  test('retention of windows and of every finer level leaves rollups as they are, as time goes on', async () => {
    const kept = platformOf(zone);
    const retention = {
      ...kept.settings.retention,
      windows: DAY,
      rollups: { '1m': DAY, '1h': DAY, '1d': 2_000 * DAY, day: DAY, week: 2_000 * DAY },
    };
    const trimmed = memoryPlatform({ aggregate: kept.settings.aggregate, retention });
    for (let day = 0; day < 24; day++) {
      for (const platform of [kept, trimmed]) {
        // The last one is late: it changes a row of the day before.
        await windows(platform, day * 24, day * 24 + 24, { every: 45 * MINUTE });
        if (day > 0) await windows(platform, day * 24 - 0.75, day * 24 - 0.7, { value: 5 });
        await rollUp(platform);
      }
      await retain(trimmed, T0 + (day + 1) * DAY);
    }
    expect(await oldestWindow(trimmed)).toBe(T0 + 22 * DAY);
    for (const period of ['1d', 'week'] as const) {
      const all = (await kept.stores.rollups.rollups(A, period, ALL, PAGE)).items;
      expect((await trimmed.stores.rollups.rollups(A, period, ALL, PAGE)).items).toEqual(all);
    }
    const days = (await kept.stores.rollups.rollups(A, 'day', ALL, PAGE)).items;
    const left = (await trimmed.stores.rollups.rollups(A, 'day', ALL, PAGE)).items;
    expect(left.length).toBeLessThan(10);
    expect(left).toEqual(days.slice(-left.length));
  });
});

test('groups, the fleet and definitions without rollups are trimmed as devices are', async () => {
  const site = rolledUp('site', { by: ['site'] });
  const fleet = rolledUp('fleet', { by: [], rollups: false });
  const platform = platformOf('UTC', [DEVICE, site, fleet]);
  await windows(platform, 0, 10 * 24 + 1, { definition: site, key: 'site=north' });
  await windows(platform, 0, 10 * 24 + 1, { definition: fleet, key: '' });
  await rollUp(platform);
  await retain(platform, T0 + 20 * DAY);
  expect(await oldestWindow(platform, { definition: 'site', key: 'site=north' })).toBe(T0 + 8 * DAY);
  expect(await oldestWindow(platform, { definition: 'fleet', key: '' })).toBe(T0 + 8 * DAY);
});

test('each definition keeps windows for its own allowed lateness', async () => {
  const patient = rolledUp('patient', { allowedLatenessMs: 5 * DAY });
  const platform = platformOf('UTC', [DEVICE, patient]);
  await windows(platform, 0, 241);
  await windows(platform, 0, 241, { definition: patient });
  await rollUp(platform);
  await retain(platform, T0 + 20 * DAY);
  expect(await oldestWindow(platform)).toBe(T0 + 8 * DAY);
  expect(await oldestWindow(platform, { definition: 'patient', key: 'a' })).toBe(T0 + 5 * DAY);
});

test('windows that may still change keep what they are rolled up with', async () => {
  const platform = platformOf();
  await windows(platform, 0, 24);
  await windows(platform, 24, 30 * 24, { closed: false });
  await rollUp(platform);
  await retain(platform, T0 + 40 * DAY);
  expect(await oldestWindow(platform)).toBe(T0);
});

test('a recording from years ago keeps as much as live data would, and loses as much', async () => {
  const platform = platformOf();
  await windows(platform, 0, 25);
  await rollUp(platform);
  await retain(platform, T0 + 4000 * DAY);
  expect(await oldestWindow(platform)).toBe(T0);
  await windows(platform, 25, 100);
  await rollUp(platform);
  await retain(platform, T0 + 4000 * DAY);
  expect(await oldestWindow(platform)).toBe(T0 + 2 * DAY);
});

test('one environment goes on as days pass', async () => {
  const platform = platformOf();
  const { scheduled } = await create(platform);
  const oldest: unknown[] = [];
  for (let day = 0; day < 6; day++) {
    await windows(platform, day * 24, day * 24 + 24);
    await rollUp(platform);
    await scheduled!({ time: T0 + day * DAY + 23 * HOUR }, invocation());
    oldest.push((await oldestWindow(platform))! - T0);
  }
  expect(oldest).toEqual([0, 0, 0, 1, 2, 3].map((days) => days * DAY));
});

test('without time to see what is still needed, nothing goes', async () => {
  const platform = platformOf();
  await windows(platform, 0, 241);
  await rollUp(platform);
  await retain(platform, T0 + 20 * DAY, 500);
  expect(await oldestWindow(platform)).toBe(T0);
});

test('what operators did and what was delivered long ago goes; what waits, and silences that hold, stay', async () => {
  const platform = platformOf();
  const { operations, dispatch, deliveries } = platform.stores;
  const retention = platform.settings.retention.alerts;
  const acknowledged = (fingerprint: string, at: number) =>
    operations.act({
      act: 'acknowledge',
      acknowledgement: { fingerprint, startsAt: 1, author: 'ann', comment: '', at },
    });
  await acknowledged('old', T0);
  await acknowledged('new', T0 + 2);
  const silence = { matchers: [], author: 'ann', reason: 'works', createdAt: T0, expiredBy: null };
  await operations.act({ act: 'silence', silence: { ...silence, id: 'over', startsAt: T0 - 1, endsAt: T0 } });
  await operations.act({
    act: 'silence',
    silence: { ...silence, id: 'holds', startsAt: T0 - 1, endsAt: T0 + 9 },
  });
  const waiting = ['gone', 'waits'].map((id) => deliveryAt(id, T0));
  await dispatch.commit({ from: 0n, cursor: 0n, groups: [], removedGroups: [], deliveries: waiting });
  await deliveries.settle(
    [
      {
        delivery: { id: 'gone', state: 'delivered', dueAt: T0, attempts: 1, lastError: null },
        attempt: {
          deliveryId: 'gone',
          target: 'ops/webhook/0',
          at: T0,
          durationMs: 1,
          outcome: 'delivered',
          status: 200,
          error: null,
        },
      },
    ],
    { target: 'ops/webhook/0', failures: 0, openUntil: 0 },
  );
  await retain(platform, T0 + 1 + retention);
  expect((await operations.acknowledgements(['old', 'new'])).map(({ fingerprint }) => fingerprint)).toEqual([
    'new',
  ]);
  expect((await operations.allSilences(PAGE)).items.map(({ id }) => id)).toEqual(['holds']);
  expect((await operations.audit(PAGE)).items.map(({ subject }) => subject)).toEqual(['new']);
  expect((await deliveries.deliveries({}, PAGE)).items.map(({ id }) => id)).toEqual(['waits']);
  expect(await deliveries.attempts('gone')).toEqual([]);
});

function deliveryAt(id: string, createdAt: number): Delivery {
  return {
    id,
    target: 'ops/webhook/0',
    state: 'waiting',
    createdAt,
    dueAt: createdAt,
    attempts: 0,
    lastError: null,
    fingerprints: [],
    notification: '{}',
  };
}

test('alerts resolved long ago leave the store, and their retained topic becomes empty', async () => {
  const platform = memoryPlatform();
  const { alerts } = platform.stores;
  const row = (rule: string, state: 'firing' | 'resolved', startsAt: number) => {
    const alert = alertOf(rule, 'a', state, startsAt);
    return { fingerprint: alert.fingerprint, deviceId: 'a', partition: 0, offset: 1n, alert, state: '{}' };
  };
  const rows = [row('Old', 'resolved', T0), row('Hot', 'firing', T0), row('New', 'resolved', T0 + 30 * DAY)];
  const ended = [alertOf('New', 'a', 'resolved', T0)];
  await alerts.commit({ partition: 0, scope: 'alert', from: 0n, next: 2n, rows, memories: [], ended });
  await platform.stores.notifications.commit(0, [{ id: 'x', offset: 1n, time: T0 }]);
  await retain(platform, T0 + 31 * DAY);
  expect(platform.published).toMatchObject([{ topic: 'alert-state/a/Old', retain: true, qos: 1 }]);
  expect(platform.published[0]!.payload).toHaveLength(0);
  const left = (await alerts.alerts({}, PAGE)).items;
  expect(left.map(({ rule, startsAt }) => [rule, startsAt])).toEqual([
    ['New', T0 + 30 * DAY],
    ['Hot', T0],
  ]);
  expect(await alerts.rows('alert', ['a'])).toHaveLength(2);
  expect(await platform.stores.notifications.count()).toBe(0);
});
