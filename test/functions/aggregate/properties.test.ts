/**
 * The rows depend on the records alone: not on how they are cut into batches, nor on crashes, redelivery, cold
 * starts or caches. And they are right, by an account that shares no code with the core.
 */
import fc from 'fast-check';
import { create } from '../../../functions/aggregate/handler.js';
import type { AggregationStore } from '../../../stores/aggregation.js';
import { openAggregationStore } from '../../../stores/sqlite/aggregation.js';
import { batchesOf, type TestRecord, tick } from '../../support/batches.js';
import { deliver, deliveries } from '../../support/deliveries.js';
import { fateful, start, testContext, testPlatform, testSettings } from '../../support/stream-function.js';
import { account } from './account.js';

const T0 = Date.UTC(2024, 0, 1);
/** Hundreds of cold starts take their time on a busy machine (ms). */
const TIMEOUT = 60_000;
const DEVICES = ['a', 'b', 'c'];
const FIRST = { limit: 10_000, cursor: null };
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
const { aggregate } = testSettings;

type Step =
  | { step: 'event'; device: number; lag: number; metric: number; seq: boolean; gap: number }
  | { step: 'again'; back: number; gap: number }
  | { step: 'tick'; gap: number }
  | { step: 'rubbish'; gap: number };
const gap = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 3000 }) }, fc.constant(40_000));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        step: fc.constant('event' as const),
        device: fc.nat(2),
        lag: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 25_000 })),
        metric: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
        seq: fc.boolean(),
        gap,
      }),
    },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('again' as const), back: fc.nat(15), gap }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('tick' as const), gap }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('rubbish' as const), gap }) },
  ),
  { minLength: 1, maxLength: 80 },
);

/** Events with growing sequence numbers, some of them sent again unchanged, ticks and rubbish in between. */
const timelines = steps.map((list) => {
  let now = T0;
  const sent = DEVICES.map(() => 0);
  const records: TestRecord[] = [];
  for (const step of list) {
    now += step.gap;
    if (step.step === 'tick') records.push(tick(now));
    else if (step.step === 'rubbish') records.push({ arrivalTime: now, key: 'a', payload: '{"ts":' });
    else if (step.step === 'again') {
      const events = records.filter(
        (record) => (record.payload as { seq?: number } | undefined)?.seq !== undefined,
      );
      const event = events.at(-1 - step.back);
      if (event !== undefined) records.push({ ...event, arrivalTime: now });
    } else {
      // `metric + 0`: JSON has no -0.
      const { device, lag, metric, seq } = step;
      const numbered = seq ? { seq: sent[device]!++ } : {};
      const payload = {
        ts: now - lag,
        temperature: metric + 0,
        humidity: 1,
        battery: 0.1,
        ok: true,
        ...numbered,
      };
      records.push({ arrivalTime: now, key: DEVICES[device]!, payload });
    }
  }
  return records.length > 0 ? records : [tick(now)];
});

/** Everything the store holds, in one order. */
async function dump(store: AggregationStore): Promise<string> {
  const windows = await Promise.all(DEVICES.map((device) => store.windows(device, ALL, FIRST)));
  const progress = [...(await store.progress(DEVICES))].sort((x, y) => (x.deviceId < y.deviceId ? -1 : 1));
  const everything = { windows, progress, late: await store.late(FIRST), tally: await store.tally(0) };
  return JSON.stringify(everything, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
}

async function atOnce(records: readonly TestRecord[]): Promise<AggregationStore> {
  const store = openAggregationStore(':memory:');
  const process = await start(create, testPlatform({ aggregation: store }));
  for (const batch of batchesOf(records, [])) await process(batch, testContext);
  return store;
}

test(
  'any way of cutting the stream into batches gives the same rows',
  async () => {
    await fc.assert(
      fc.asyncProperty(timelines, fc.array(fc.nat(80), { maxLength: 20 }), async (records, cuts) => {
        const store = openAggregationStore(':memory:');
        const process = await start(create, testPlatform({ aggregation: store }));
        for (const batch of batchesOf(records, cuts)) await process(batch, testContext);
        expect(await dump(store)).toBe(await dump(await atOnce(records)));
      }),
      { numRuns: 40 },
    );
  },
  TIMEOUT,
);

test(
  'crashes, redelivery, cold starts and stale caches leave the same rows',
  async () => {
    await fc.assert(
      fc.asyncProperty(timelines, deliveries, async (records, plan) => {
        const store = fateful(openAggregationStore(':memory:'));
        await deliver(records, plan, create, testPlatform({ aggregation: store }), store);
        expect(await dump(store)).toBe(await dump(await atOnce(records)));
      }),
      { numRuns: 60 },
    );
  },
  TIMEOUT,
);

test(
  'the counts, sums and closings are those of an independent account',
  async () => {
    await fc.assert(
      fc.asyncProperty(timelines, async (records) => {
        const store = await atOnce(records);
        const expected = account(records, aggregate.windowMs, aggregate.allowedLatenessMs);
        expect(await store.tally(0)).toEqual({
          partition: 0,
          nextOffset: BigInt(records.length),
          ...expected.tally,
        });
        const rows = await Promise.all(
          DEVICES.map(async (device) => (await store.windows(device, ALL, FIRST)).items),
        );
        const found = rows.flat().map((row) => {
          const { count, sum, min, max, first, last } = row.metrics.temperature!;
          const { deviceId, start: from, closed, events } = row;
          return { deviceId, start: from, closed, events, count, sum, min, max, first, last };
        });
        expect(found).toEqual(expected.windows);
      }),
      { numRuns: 80 },
    );
  },
  TIMEOUT,
);
