/**
 * What others are complained about, from events to rollups and retention, with the functions themselves; sums are those
 * of SQL over what devices have sent.
 */
import { type AggregateSettings, tumblingPerDevice } from '../../../../common/aggregations.js';
import { create as aggregate } from '../../../../functions/aggregate/handler.js';
import { create as retain } from '../../../../functions/retain/handler.js';
import { create as rollup } from '../../../../functions/rollup/handler.js';
import { PERIODS, type Period } from '../../../../stores/rollups.js';
import { batchOf, type TestRecord, tick } from '../../../support/batches.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../../support/platform.js';
import { type Duck, openDuck } from './duck.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const T0 = Date.UTC(2026, 0, 5);
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
const PAGE = { limit: 100_000, cursor: null };

/** Windows of ten seconds, for two minutes open to what comes late, per device and of the fleet. */
const usual = tumblingPerDevice(10_000, 2 * MINUTE);
const settings: AggregateSettings = {
  ...usual,
  definitions: [...usual.definitions, { ...usual.definitions[0]!, name: 'fleet', by: [] }],
};

interface Event {
  readonly device: string;
  readonly ts: number;
  readonly seq: number;
  readonly value: number;
}

/** A deployment's stores and functions, and the stream so far. */
class Deployment {
  readonly platform: MemoryPlatform = memoryPlatform({ aggregate: settings });
  #offset = 0;

  async send(records: readonly TestRecord[]): Promise<void> {
    const { process } = await aggregate(this.platform);
    const batch = batchOf(records);
    await process!({ ...batch, baseOffset: BigInt(this.#offset) }, invocation());
    this.#offset += records.length;
  }

  async rollUp(platform = this.platform): Promise<void> {
    const { scheduled } = await rollup(platform);
    await scheduled!({ time: T0 }, invocation());
  }

  async retain(time: number): Promise<void> {
    const { scheduled } = await retain(this.platform);
    await scheduled!({ time }, invocation());
  }

  /** Sum of a metric over all devices at a level, and the number of its events. */
  async total(level: Period | 'windows', devices: readonly string[], definition = 'device') {
    let sum = 0;
    let events = 0;
    const { aggregation, rollups } = this.platform.stores;
    for (const key of devices) {
      const series = { definition, key };
      const { items } =
        level === 'windows'
          ? await aggregation.windows(series, ALL, PAGE)
          : await rollups.rollups(series, level, ALL, PAGE);
      for (const row of items) {
        sum += row.metrics.temperature!.sum;
        events += row.events;
      }
    }
    return { sum, events };
  }
}

function record({ device, ts, seq, value }: Event, arrivalTime = ts): TestRecord {
  return { arrivalTime, key: device, payload: { ts, seq, temperature: value, humidity: 1, battery: 1 } };
}

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run('create table sent (device varchar, ts bigint, seq bigint, value double)');
});
afterAll(() => duck.close());

/** What was sent, each number of a device once. */
async function rawTotal(events: readonly Event[]) {
  await duck.run('delete from sent');
  await duck.fill('sent', events);
  const [total] = await duck.rows<{ sum: number; events: number }>(
    'select sum(value) as sum, count(*)::double as events from (select distinct * from sent)',
  );
  return total!;
}

test("an idle device's last window closes, is told as closed, and is in rollups", async () => {
  const deployment = new Deployment();
  const event = { device: 'idle', ts: T0 + 1_000, seq: 0, value: 5 };
  await deployment.send([record(event)]);
  // Nothing but time passes; others are silent as well.
  await deployment.send([tick(T0 + 10_000)]);
  const { aggregation } = deployment.platform.stores;
  const series = { definition: 'device', key: 'idle' };
  const last = async () => (await aggregation.windows(series, ALL, PAGE)).items;
  expect(await last()).toMatchObject([{ events: 1, revision: 1, closed: false }]);
  const { change } = (await aggregation.windowsSince(0n, 10)).at(-1)!;
  await deployment.send([tick(T0 + 10_000 + 2 * MINUTE)]);
  expect(await last()).toMatchObject([{ events: 1, revision: 1, closed: true }]);
  const told = await aggregation.windowsSince(change, 10);
  expect(told.map(({ definition, closed }) => [definition, closed]).sort()).toEqual([
    ['device', true],
    ['fleet', true],
  ]);
  await deployment.rollUp();
  for (const period of PERIODS)
    expect(await deployment.total(period, ['idle'])).toEqual({ sum: 5, events: 1 });
});

test('one late device among 1,000 computes its own buckets again, and no other', async () => {
  const deployment = new Deployment();
  const devices = Array.from({ length: 1_000 }, (_, index) => `device-${index}`);
  const events = [0, 30_000, 60_000].flatMap((after, seq) =>
    devices.map((device, index) => ({ device, ts: T0 + HOUR + after, seq, value: index })),
  );
  await deployment.send(events.map((event) => record(event)));
  await deployment.rollUp();
  const { rollups, aggregation } = deployment.platform.stores;
  const lastOf = async (period: Period) => (await rollups.changedSince(period, 0n, 100_000)).at(-1)!.change;
  const before = await Promise.all(PERIODS.map(lastOf));
  const windowsBefore = await aggregation.lastChange();

  const late = { device: 'device-77', ts: T0 + HOUR + 1_000, seq: 3, value: 1_000 };
  await deployment.send([record(late, T0 + HOUR + 61_000)]);
  await deployment.rollUp();
  const changed = await aggregation.windowsSince(windowsBefore, 100);
  expect(changed.map(({ key, start, revision }) => [key, start, revision])).toEqual([
    ['device-77', T0 + HOUR, 2],
    ['', T0 + HOUR, 2],
  ]);
  const starts = [T0 + HOUR, T0 + HOUR, T0, T0, T0];
  for (const [index, period] of PERIODS.entries()) {
    const written = await rollups.changedSince(period, before[index]!, 100);
    expect(written.map(({ key, start }) => [key, start]).sort()).toEqual([
      ['', starts[index]],
      ['device-77', starts[index]],
    ]);
    expect(await deployment.total(period, devices)).toEqual(await rawTotal([...events, late]));
    expect(await deployment.total(period, [''], 'fleet')).toEqual(await rawTotal([...events, late]));
  }
});

/** Two days of three devices, an event every two minutes; some come up to a minute late, some twice. */
const DEVICES = ['a', 'b', 'c'];
const TWO_DAYS: readonly Event[] = DEVICES.flatMap((device, at) =>
  Array.from({ length: 2 * 720 }, (_, seq) => ({
    device,
    ts: T0 + seq * 2 * MINUTE + at * 1_000,
    seq,
    value: ((seq * 37) % 800) / 8,
  })),
);
const ARRIVALS: readonly TestRecord[] = TWO_DAYS.flatMap((event) => {
  const first = record(event, event.ts + (event.seq % 3) * 30_000);
  const again = record(event, event.ts + 90_000);
  return event.seq % 5 === 0 ? [first, again] : [first];
}).sort((one, other) => one.arrivalTime - other.arrivalTime);

test('SUM over any level equals the raw sum, though events come late and twice', async () => {
  const deployment = new Deployment();
  const half = ARRIVALS.length / 2;
  for (const part of [ARRIVALS.slice(0, half), ARRIVALS.slice(half)]) {
    await deployment.send(part);
    await deployment.rollUp();
  }
  const raw = await rawTotal(TWO_DAYS);
  for (const level of ['windows', ...PERIODS] as const) {
    expect(await deployment.total(level, DEVICES)).toEqual(raw);
    expect(await deployment.total(level, [''], 'fleet')).toEqual(raw);
  }
});

test('a rollup job that was down for two days catches up, killed time and again, and neither loses nor doubles', async () => {
  const deployment = new Deployment();
  await deployment.send(ARRIVALS);
  const { stores } = deployment.platform;
  class Killed extends Error {}
  let commits = 0;
  // Every commit is killed twice, before it is durable and after; then the next one is under way.
  const dying = new Proxy(stores.rollups, {
    get: (store, name, receiver) => {
      if (name !== 'commit') return Reflect.get(store, name, receiver);
      return async (...args: Parameters<typeof store.commit>) => {
        const turn = commits++ % 3;
        if (turn !== 0) await store.commit(...args);
        if (turn !== 2) throw new Killed();
      };
    },
  });
  const mortal = memoryPlatform({ aggregate: settings }, { ...stores, rollups: dying });
  let runs = 0;
  for (let done = false; !done; runs++) {
    done = await deployment.rollUp(mortal).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Killed) return false;
        throw error;
      },
    );
  }
  expect(runs).toBeGreaterThan(PERIODS.length);
  const raw = await rawTotal(TWO_DAYS);
  for (const period of PERIODS) {
    expect(await deployment.total(period, DEVICES)).toEqual(raw);
    expect(await deployment.total(period, [''], 'fleet')).toEqual(raw);
  }
});

test('retention of raw data leaves rollups', async () => {
  const deployment = new Deployment();
  await deployment.send(ARRIVALS);
  await deployment.send([tick(T0 + 2 * DAY), tick(T0 + 4 * DAY)]);
  await deployment.rollUp();
  // The newest event decides what is old: ten days later windows and minutes of these two may go.
  const later = { device: 'a', ts: T0 + 12 * DAY, seq: 5_000, value: 0 };
  await deployment.send([...DEVICES.map((device) => record({ ...later, device })), tick(T0 + 13 * DAY)]);
  await deployment.rollUp();
  await deployment.retain(T0 + 13 * DAY);
  expect(await deployment.total('windows', DEVICES)).toEqual({ sum: 0, events: 3 });
  expect((await deployment.total('1m', DEVICES)).events).toBeLessThan(TWO_DAYS.length);
  await deployment.rollUp();
  const raw = await rawTotal([...TWO_DAYS, ...DEVICES.map((device) => ({ ...later, device }))]);
  for (const period of ['1h', '1d', 'day', 'week'] as const) {
    expect(await deployment.total(period, DEVICES)).toEqual(raw);
    expect(await deployment.total(period, [''], 'fleet')).toEqual(raw);
  }
});
