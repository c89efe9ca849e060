import { type AggregationDefinition, tumblingPerDevice } from '../../../common/aggregations.js';
import { create as aggregate } from '../../../functions/aggregate/handler.js';
import { create as retain } from '../../../functions/retain/handler.js';
import { create as rollup } from '../../../functions/rollup/handler.js';
import type { Difference } from '../../../runtime/rebuild/comparison.js';
import { type RebuildOptions, rebuildWindows } from '../../../runtime/rebuild/rebuild.js';
import { PERIODS } from '../../../stores/rollups.js';
import { createMemoryStream, type MemoryStream } from '../../../streams/memory/memory-stream.js';
import { RecordKind } from '../../../streams/record.js';
import { invocation, type MemoryPlatform, memoryPlatform, memoryStores } from '../../support/platform.js';
import { rolledUp } from '../../support/window-rows.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const T0 = Date.UTC(2024, 4, 6);
const DEVICES = ['a', 'b', 'c'];

const DEFINITIONS: AggregationDefinition[] = [
  rolledUp('device'),
  rolledUp('site', { by: ['site'], metrics: { '*': ['mean', 'p99'] } }),
  rolledUp('fleet', { by: [], metrics: { temperature: ['mean', 'stddev'] } }),
  rolledUp('visits', { window: { type: 'session', gapMs: 10 * MINUTE, maxMs: HOUR }, rollups: false }),
  rolledUp('sliding', { window: { type: 'hopping', sizeMs: HOUR, everyMs: 30 * MINUTE }, rollups: false }),
  rolledUp('recent', { window: { type: 'last', count: 5 }, rollups: false }),
];

function platformOf(stores = memoryStores()): MemoryPlatform {
  return memoryPlatform(
    {
      aggregate: {
        ...tumblingPerDevice(10_000, 60_000),
        timeZone: 'Europe/Berlin',
        definitions: DEFINITIONS,
      },
      deviceTags: { byDevice: { a: { site: 'north' }, '*': { site: 'south' } }, fromEvent: [] },
      events: { maxFutureMs: HOUR, oldest: 0 },
    },
    stores,
  );
}

interface Run {
  readonly platform: MemoryPlatform;
  readonly stream: MemoryStream;
}

/** Some hours of a small fleet that sends every few minutes, sometimes late or twice, and what a deployment made of it. */
async function ran(hours: number, retentionMs?: number): Promise<Run> {
  const platform = platformOf();
  const stream = createMemoryStream({
    name: 'telemetry',
    partitions: 2,
    ...(retentionMs === undefined ? {} : { retentionMs }),
  });
  const appended: Promise<void>[] = [];
  const append = (partition: number, kind: RecordKind, arrivalTime: number, key: string, value: string) => {
    const record = { kind, arrivalTime, key, value: Buffer.from(value) };
    appended.push(
      new Promise((resolve, reject) =>
        stream.append(partition, record, (error) => (error === null ? resolve() : reject(error))),
      ),
    );
  };
  for (let i = 0; i * 4 * MINUTE < hours * HOUR; i++) {
    const arrivalTime = T0 + i * 4 * MINUTE;
    DEVICES.forEach((key, device) => {
      // A pause, for sessions to end: the others are cut.
      if (i % 100 >= 90) return;
      const ts = arrivalTime - ((i * 7) % 5) * MINUTE * device - 500;
      const body = {
        ts,
        seq: i - (i % 11 === 3 ? 1 : 0),
        temperature: ((i * 37) % 80) - 20.5,
        humidity: 40,
        battery: 3.7,
      };
      append(device % 2, RecordKind.acknowledged, arrivalTime, key, JSON.stringify(body));
    });
    for (const partition of [0, 1]) append(partition, RecordKind.tick, arrivalTime + MINUTE, '', '');
  }
  await Promise.all(appended);
  const { process } = await aggregate(platform);
  for (const partition of [0, 1]) {
    for (let next = stream.ends(partition).start; next < stream.ends(partition).end; ) {
      const batch = await stream.read(partition, next, { maxRecords: 50, maxBytes: 1 << 20 });
      await process!(batch, invocation());
      next += BigInt(batch.count);
    }
  }
  await rollUp(platform);
  return { platform, stream };
}

async function rollUp(platform: MemoryPlatform): Promise<void> {
  const { scheduled } = await rollup(platform);
  await scheduled!({ time: T0 }, invocation());
}

async function rebuild({ platform, stream }: Run, changes: Partial<RebuildOptions> = {}) {
  const differences: Difference[] = [];
  const rebuilt = memoryStores();
  const summary = await rebuildWindows(
    {
      settings: platform.settings,
      source: stream,
      stored: platform.stores,
      rebuilt,
      log: platform.log,
      now: T0 + 3 * DAY,
      apply: false,
      ...changes,
    },
    (difference) => differences.push(difference),
  );
  await rebuilt.close();
  return { ...summary, differences };
}

/** Spoils what is stored: a wrong figure, a window too many, one too few; a wrong hour. */
async function spoil({ platform }: Run): Promise<void> {
  const { aggregation, rollups } = platform.stores;
  const series = { definition: 'device', key: 'b' };
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const { items } = await aggregation.windows(series, all, { limit: 10, cursor: null });
  const [first, second] = items;
  const wrong = {
    ...first!,
    events: 7,
    metrics: { ...first!.metrics, temperature: { ...first!.metrics.temperature!, sum: 99 } },
  };
  const tally = (await aggregation.tally(first!.partition))!;
  const extra = { ...second!, start: first!.start - DAY, end: first!.end - DAY };
  await aggregation.commit({ tally, progress: [], windows: [wrong, extra], removed: [second!], late: [] });
  await rollUp(platform);
  const [hour] = (
    await rollups.rollups({ definition: 'fleet', key: '' }, '1h', all, { limit: 1, cursor: null })
  ).items;
  await rollups.commit('1h', [{ ...hour!, events: 1 }], await rollups.cursor('1h'));
}

test('what a deployment made is what the stream makes, of windows of every shape and of rollups', async () => {
  const run = await ran(30);
  const whole = await rebuild(run);
  expect(whole).toMatchObject({ differences: [], different: 0, storedOnly: 0, rebuiltOnly: 0, waiting: 0 });
  expect(whole.comparableFrom).toBe(0);
  expect(whole.equal).toBeGreaterThan(5_000);

  const part = await rebuild(run, { deviceId: 'b', from: T0 + 10 * HOUR, to: T0 + 12 * HOUR });
  expect(part).toMatchObject({ differences: [], trimmed: false, comparableFrom: expect.any(Number) });
  expect(part.equal).toBeGreaterThan(50);
  expect(part.equal).toBeLessThan(400);
  expect(part.records).toBeLessThan(whole.records / 2);

  const group = await rebuild(run, { definition: 'site', from: T0 + 10 * HOUR });
  expect(group.differences).toEqual([]);
  expect(group.equal).toBeGreaterThan(100);
});

test('tells which figures differ, which rows are missing and which are too many; and puts them right', async () => {
  const run = await ran(8);
  await spoil(run);
  const found = await rebuild(run);
  const windows = found.differences.filter(({ level }) => level === 'windows');
  expect(windows).toMatchObject([
    { definition: 'device', key: 'b', found: 'stored only' },
    { definition: 'device', key: 'b', found: 'different', figures: ['events', 'temperature.sum'] },
    { definition: 'device', key: 'b', found: 'rebuilt only' },
  ]);
  expect(new Set(found.differences.map(({ definition }) => definition))).toEqual(
    new Set(['device', 'fleet']),
  );
  expect(found.written).toBe(0);

  const applied = await rebuild(run, { apply: true });
  expect(applied.written).toBeGreaterThan(0);
  await rollUp(run.platform);
  const after = await rebuild(run);
  // A bucket of a day that has no events cannot be taken out of the rollups again.
  expect(after.differences.filter(({ found: what }) => what !== 'stored only')).toEqual([]);
  expect(after.differences.map(({ level }) => level).sort()).toEqual([...PERIODS].sort());
  expect(await rebuild(run, { apply: true })).toMatchObject({ written: 0 });
});

test('what the stream no longer holds is no difference, and it says from when on it can compare', async () => {
  const run = await ran(30, 10 * HOUR);
  const freed = await run.stream.trim([10_000n, 10_000n], T0 + 30 * HOUR);
  expect(freed).toBeGreaterThan(0);
  const found = await rebuild(run);
  expect(found).toMatchObject({ differences: [], trimmed: true, comparableFrom: T0 + 21 * HOUR + MINUTE });
  expect(found.equal).toBeGreaterThan(500);
});

test('what retention has removed from the stores is no difference', async () => {
  const run = await ran(4 * 24);
  const { scheduled } = await retain(run.platform);
  await scheduled!({ time: T0 + 5 * DAY }, invocation());
  const series = { definition: 'device', key: 'a' };
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const { items } = await run.platform.stores.aggregation.windows(series, all, { limit: 1, cursor: null });
  expect(items[0]!.start).toBeGreaterThan(T0 + DAY);
  const found = await rebuild(run, { now: T0 + 5 * DAY, deviceId: 'a' });
  expect(found).toMatchObject({ differences: [], rebuiltOnly: 0 });
});

test('buckets that rollup has yet to compute are left out', async () => {
  const run = await ran(8);
  const { aggregation, rollups } = run.platform.stores;
  const series = { definition: 'device', key: 'b' };
  const all = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const [first] = (await aggregation.windows(series, all, { limit: 1, cursor: null })).items;
  const [minute] = (await rollups.rollups(series, '1m', all, { limit: 1, cursor: null })).items;
  await rollups.commit('1m', [{ ...minute!, events: 77 }], await rollups.cursor('1m'));
  await rollUp(run.platform);
  expect((await rebuild(run)).differences.map(({ level }) => level)).toEqual([...PERIODS]);
  const tally = (await aggregation.tally(first!.partition))!;
  await aggregation.commit({ tally, progress: [], windows: [first!], removed: [], late: [] });
  expect(await rebuild(run)).toMatchObject({ differences: [], waiting: 5 });
});

test('records that aggregate has yet to read are left out', async () => {
  const run = await ran(8);
  const more = JSON.stringify({ ts: T0 + 9 * HOUR, temperature: 1, humidity: 1, battery: 3.7 });
  await new Promise((resolve) =>
    run.stream.append(
      0,
      { kind: RecordKind.acknowledged, arrivalTime: T0 + 9 * HOUR, key: 'a', value: Buffer.from(more) },
      resolve,
    ),
  );
  expect(await rebuild(run)).toMatchObject({ differences: [] });
});

test('refuses a definition that is not there, and one of groups for a device', async () => {
  const run = await ran(1);
  await expect(rebuild(run, { definition: 'nobody' })).rejects.toMatchObject({ code: 'DEFINITION_UNKNOWN' });
  await expect(rebuild(run, { definition: 'site', deviceId: 'a' })).rejects.toMatchObject({
    code: 'DEFINITION_UNKNOWN',
  });
});

test('does not compare what a deployment goes on changing', async () => {
  const run = await ran(1);
  let asked = 0;
  const aggregation = new Proxy(run.platform.stores.aggregation, {
    get: (store, name, receiver) => {
      if (name !== 'tallies') return Reflect.get(store, name, receiver);
      return async () =>
        (await store.tallies()).map((tally) => ({
          ...tally,
          nextOffset: tally.nextOffset - (asked++ < 2 ? 1n : 0n),
        }));
    },
  });
  const stored = { aggregation, rollups: run.platform.stores.rollups };
  await expect(rebuild(run, { stored })).rejects.toMatchObject({ code: 'REBUILD_OVERTAKEN', canRetry: true });
});
