import fc from 'fast-check';
import type { MqttMessage } from '../../../functions/contract.js';
import { create } from '../../../functions/validate/handler.js';
import { openValidationStore } from '../../../stores/sqlite/validation.js';
import type { ValidationStore } from '../../../stores/validation.js';
import { batchesOf, batchOf, type TestRecord, tick } from '../../support/batches.js';
import { deliver, deliveries } from '../../support/deliveries.js';
import { fateful, start, testContext, testPlatform, testSettings } from '../../support/stream-function.js';

const T0 = Date.UTC(2024, 0, 1);
/** Hundreds of cold starts take their time on a busy machine (ms). */
const TIMEOUT = 60_000;
const FIRST = { limit: 10_000, cursor: null };
const open = () => fateful(openValidationStore(':memory:'));

const timelines: fc.Arbitrary<TestRecord[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom('event', 'event', 'event', 'rubbish', 'tick'),
      device: fc.constantFrom('a', 'b', 'c'),
      lag: fc.integer({ min: 0, max: 5 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((list) =>
    list.map(({ kind, device, lag }, index) => {
      const arrivalTime = T0 + index;
      if (kind === 'tick') return tick(arrivalTime);
      if (kind === 'rubbish') return { arrivalTime, key: device, payload: `{"${index}` };
      const payload = { ts: arrivalTime - lag, temperature: index, humidity: 1, battery: 1 };
      return { arrivalTime, key: device, payload };
    }),
  );

async function dump(store: ValidationStore): Promise<string> {
  const everything = [await store.devices(FIRST), await store.quarantine(FIRST), await store.tallies()];
  return JSON.stringify(everything, (_, value) => (typeof value === 'bigint' ? value.toString() : value));
}

test(
  'no way of cutting and no crash, redelivery or stale cache changes the rows',
  async () => {
    await fc.assert(
      fc.asyncProperty(timelines, deliveries, async (records, plan) => {
        const once = open();
        const process = await start(create, testPlatform({ validation: once }));
        for (const batch of batchesOf(records, [])) await process(batch, testContext);
        const store = open();
        await deliver(records, plan, create, testPlatform({ validation: store }), store);
        expect(await dump(store)).toBe(await dump(once));
        const [tally] = await store.tallies();
        expect(BigInt(tally!.valid + tally!.quarantined + tally!.ticks)).toBe(BigInt(records.length));
      }),
      { numRuns: 60 },
    );
  },
  TIMEOUT,
);

test('the publisher of a refused event is told after the commit', async () => {
  const published: MqttMessage[] = [];
  const store = open();
  const process = await start(create, testPlatform({ validation: store }, testSettings, published));
  const batch = batchOf([{ arrivalTime: T0, key: 'dev-1', payload: '[]' }]);
  store.fate = 'commit fails';
  await expect(process(batch, testContext)).rejects.toThrow('the disk failed');
  expect(published).toEqual([]);
  store.fate = 'done';
  await process(batch, testContext);
  await process(batch, testContext);
  expect(published.map((message) => message.topic)).toEqual(['devices/dev-1/telemetry/rejected']);
  expect(JSON.parse(Buffer.from(published[0]!.payload).toString())).toMatchObject({
    id: '0-0',
    code: 'NOT_AN_OBJECT',
  });
});

test('a broker that takes no replies does not hold the stream up', async () => {
  const store = open();
  const platform = testPlatform({ validation: store });
  const process = await start(create, {
    ...platform,
    publish: async () => {
      throw new Error('the broker is gone');
    },
  });
  await process(batchOf([{ arrivalTime: T0, key: 'dev-1', payload: '' }]), testContext);
  expect((await store.quarantine(FIRST)).items).toMatchObject([{ code: 'EMPTY' }]);
});

test('two environments on one partition: the slower one changes nothing, and reads anew', async () => {
  const records = [0, 1, 2, 3].map((index) => ({ arrivalTime: T0 + index, key: 'a', payload: 'x' }));
  const store = open();
  const platform = testPlatform({ validation: store });
  const [one, two] = [await start(create, platform), await start(create, platform)];
  await one(batchOf(records, 0, 1), testContext);
  await two(batchOf(records, 1, 3), testContext);
  await expect(one(batchOf(records, 1, 2), testContext)).rejects.toMatchObject({ code: 'STORE_STALE' });
  await one(batchOf(records, 1, 4), testContext);
  expect(await store.tally(0)).toMatchObject({ nextOffset: 4n, quarantined: 4 });
});
