/**
 * What holds for any timeline, with definitions of all shapes at once: batches may be cut anywhere, environments may die
 * and commits may fail, and the rows are the same; and they are what an account says that shares no code with the core.
 */
import fc from 'fast-check';
import { create } from '../../../functions/aggregate/handler.js';
import type { AggregationStore, WindowRow } from '../../../stores/aggregation.js';
import { openAggregationStore } from '../../../stores/sqlite/aggregation.js';
import { batchesOf, type TestRecord } from '../../support/batches.js';
import { deliver, deliveries } from '../../support/deliveries.js';
import { fateful, start, testContext, testPlatform } from '../../support/stream-function.js';
import { account } from './account.js';
import { DEVICES, EVERY_SHAPE, settingsWith, timelines } from './timelines.js';

/** Hundreds of cold starts take their time on a busy machine (ms). */
const TIMEOUT = 120_000;
const FIRST = { limit: 10_000, cursor: null };
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
const settings = settingsWith(EVERY_SHAPE);

async function windowsOf(store: AggregationStore): Promise<WindowRow[]> {
  const rows: WindowRow[] = [];
  for (const { name } of EVERY_SHAPE.definitions) {
    for (const key of (await store.keys(name, FIRST)).items) {
      rows.push(...(await store.windows({ definition: name, key }, ALL, FIRST)).items);
    }
  }
  return rows;
}

/** Everything the store holds, in one order. */
async function dump(store: AggregationStore): Promise<string> {
  const windows = await windowsOf(store);
  const progress = [...(await store.progress(0, '', DEVICES))];
  for (const { name } of EVERY_SHAPE.definitions) {
    progress.push(...(await store.progress(0, name, (await store.keys(name, FIRST)).items)));
  }
  const sorted = [...progress].sort((x, y) => (`${x.scope} ${x.key}` < `${y.scope} ${y.key}` ? -1 : 1));
  const everything = { windows, sorted, late: await store.late({}, FIRST), tally: await store.tally(0) };
  return JSON.stringify(everything, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
}

async function atOnce(records: readonly TestRecord[]): Promise<AggregationStore> {
  const store = openAggregationStore(':memory:');
  const process = await start(create, testPlatform({ aggregation: store }, settings));
  for (const batch of batchesOf(records, [])) await process(batch, testContext);
  return store;
}

test(
  'any way of cutting the stream into batches gives the same rows',
  async () => {
    await fc.assert(
      fc.asyncProperty(timelines, fc.array(fc.nat(80), { maxLength: 20 }), async (records, cuts) => {
        const store = openAggregationStore(':memory:');
        const process = await start(create, testPlatform({ aggregation: store }, settings));
        for (const batch of batchesOf(records, cuts)) await process(batch, testContext);
        expect(await dump(store)).toBe(await dump(await atOnce(records)));
      }),
      { numRuns: 40 },
    );
  },
  TIMEOUT,
);

test(
  'a cold start before every record gives the same rows',
  async () => {
    await fc.assert(
      fc.asyncProperty(timelines, async (records) => {
        const store = openAggregationStore(':memory:');
        for (const batch of batchesOf(records, [...records.keys()])) {
          const process = await start(create, testPlatform({ aggregation: store }, settings));
          await process(batch, testContext);
        }
        expect(await dump(store)).toBe(await dump(await atOnce(records)));
      }),
      { numRuns: 15 },
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
        await deliver(records, plan, create, testPlatform({ aggregation: store }, settings), store);
        expect(await dump(store)).toBe(await dump(await atOnce(records)));
      }),
      { numRuns: 40 },
    );
  },
  TIMEOUT,
);

test(
  'windows, revisions, books and late lists are those of an independent account',
  async () => {
    await fc.assert(
      fc.asyncProperty(timelines, async (records) => {
        const store = await atOnce(records);
        const expected = account(records, EVERY_SHAPE);
        expect(await store.tally(0)).toEqual({
          partition: 0,
          nextOffset: BigInt(records.length),
          ...expected.tally,
        });
        const late = (await store.late({}, FIRST)).items.map(({ offset, definitions }) => ({
          offset: Number(offset),
          definitions,
        }));
        expect(late.sort((x, y) => x.offset - y.offset)).toEqual(expected.late);
        const found = (await windowsOf(store)).map(
          ({ definition, key, start: from, end, closed, revision, events, metrics }) => {
            const { sum, first, last } = metrics.temperature!;
            // The store has the key as it is written: separators in tags are escaped.
            const name = decodeURIComponent(key);
            return { definition, key: name, start: from, end, closed, revision, events, sum, first, last };
          },
        );
        expect(found.map(lineOf).sort()).toEqual(expected.windows.map(lineOf).sort());
      }),
      { numRuns: 120 },
    );
  },
  TIMEOUT,
);

function lineOf(row: object): string {
  return JSON.stringify(row, null, 1).replace(/\n/g, '');
}
