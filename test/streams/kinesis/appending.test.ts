/** What becomes of records that Kinesis refuses, against a fake that refuses any of them. */
import fc from 'fast-check';
import { frameIn } from '../../../adapters/aws/envelope.js';
import { openKinesisEngine } from '../../../streams/kinesis/kinesis-engine.js';
import { createMemoryLeases } from '../../../streams/kinesis/lease-store.js';
import type { KinesisSettings } from '../../../streams/kinesis/settings.js';
import { FrameCursor, RecordKind } from '../../../streams/record.js';
import { FakeKinesis } from '../../support/fake-kinesis.js';
import { IMPATIENT } from '../../support/kinesis.js';
import { appendAll, event } from '../../support/streams.js';

const open = async (api: FakeKinesis, partitions: number, settings: Partial<KinesisSettings> = {}) => {
  const engine = await openKinesisEngine({
    api,
    leases: createMemoryLeases(),
    settings: { ...IMPATIENT, backoffFirstMs: 0.1, backoffMostMs: 1, ...settings },
    time: () => api.now,
  });
  return engine.open({ name: 'telemetry', partitions, retentionMs: 1 });
};

/** Key and value of what is in the stream, in its order. */
const storedIn = (api: FakeKinesis) =>
  api.stored().map(({ data }) => {
    const cursor = new FrameCursor(frameIn(data)!);
    cursor.next();
    return { key: cursor.key(), value: cursor.value().toString() };
  });

test('keeps each key’s order and calls back in order, whatever is refused', async () => {
  const runs = fc.record({
    keys: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 120 }),
    refusals: fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ keys, refusals }) => {
      const api = new FakeKinesis(1);
      let asked = 0;
      api.refuse = () => (refusals[asked++] ? 'ProvisionedThroughputExceededException' : undefined);
      const stream = await open(api, 1);
      const calledBack: number[] = [];
      await Promise.all(
        keys.map(
          (key, i) =>
            new Promise<void>((resolve, reject) => {
              stream.append(0, event(`dev-${key}`, `${i}`), (error) => {
                calledBack.push(i);
                if (error === null) resolve();
                else reject(error);
              });
            }),
        ),
      );
      expect(calledBack).toEqual(keys.map((_, i) => i));
      const stored = storedIn(api);
      expect(stored).toHaveLength(keys.length);
      for (const key of new Set(keys)) {
        const numbers = stored.filter((one) => one.key === `dev-${key}`).map(({ value }) => Number(value));
        expect(numbers).toEqual(keys.map((_, i) => i).filter((i) => keys[i] === key));
      }
      for (const request of api.requests) {
        expect(new Set(request.map(({ partitionKey }) => partitionKey)).size).toBe(request.length);
      }
      await stream.close();
    }),
    { numRuns: 40 },
  );
});

test('lets no event go past a tick, whatever is refused', async () => {
  const runs = fc.record({
    keys: fc.array(fc.constantFrom('', '', 'a', 'b', 'c'), { minLength: 1, maxLength: 80 }),
    refusals: fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(runs, async ({ keys, refusals }) => {
      const api = new FakeKinesis(1);
      let asked = 0;
      api.refuse = () => (refusals[asked++] ? 'ProvisionedThroughputExceededException' : undefined);
      const stream = await open(api, 1);
      const records = keys.map((key, i) => {
        const record = event(key, `${i}`);
        return [0, key === '' ? { ...record, kind: RecordKind.tick } : record] as const;
      });
      await appendAll(stream, records);
      const stored = storedIn(api).map(({ value }) => Number(value));
      expect([...stored].sort((a, b) => a - b)).toEqual(keys.map((_, i) => i));
      for (const [at, number] of stored.entries()) {
        // Behind a tick and in front of the next there are the events between the two, in whatever order.
        if (keys[number] === '') expect(at).toBe(number);
      }
      await stream.close();
    }),
    { numRuns: 40 },
  );
});

test('sends only what was refused again', async () => {
  const api = new FakeKinesis(1);
  let refused = 0;
  api.refuse = ({ partitionKey }) =>
    partitionKey === 'dev-3' && refused++ < 2 ? 'InternalFailure' : undefined;
  const stream = await open(api, 1);
  await appendAll(
    stream,
    Array.from({ length: 5 }, (_, i) => [0, event(`dev-${i}`, '')]),
  );
  expect(api.requests.map((request) => request.map(({ partitionKey }) => partitionKey))).toEqual([
    ['dev-0', 'dev-1', 'dev-2', 'dev-3', 'dev-4'],
    ['dev-3'],
    ['dev-3'],
  ]);
  await stream.close();
});

test('heeds the limits of a request: 500 records, 5 MB', async () => {
  const api = new FakeKinesis(1);
  const stream = await open(api, 1);
  const large = Buffer.alloc(900_000);
  await appendAll(stream, [
    ...Array.from({ length: 1_200 }, (_, i) => [0, event(`dev-${i}`, '')] as const),
    ...Array.from({ length: 8 }, (_, i) => [0, { ...event(`large-${i}`, ''), value: large }] as const),
  ]);
  expect(api.requests.map((request) => request.length)).toEqual([500, 500, 205, 3]);
  await stream.close();
});

test('sends a request again whose answer was lost: at least once', async () => {
  const api = new FakeKinesis(1);
  let lost = 0;
  api.loseAnswer = () => lost++ === 0;
  const stream = await open(api, 1);
  await appendAll(stream, [[0, event('k', 'v')]]);
  expect(storedIn(api).map(({ value }) => value)).toEqual(['v', 'v']);
  await stream.close();
});

test('gives a record up that is refused for too long, says so, and is not writable meanwhile', async () => {
  const api = new FakeKinesis(1);
  api.refuse = () => 'ProvisionedThroughputExceededException';
  const stream = await open(api, 1, { deliveryMs: 20 });
  const failures: unknown[] = [];
  const given = appendAll(stream, [[0, event('k', 'v')]]).catch((error: unknown) => failures.push(error));
  await given;
  expect(failures).toEqual([expect.objectContaining({ code: 'STREAM_THROTTLED', canRetry: true })]);
  expect(stream.health()).toMatchObject({ writable: false, code: 'STREAM_THROTTLED' });
  api.refuse = () => undefined;
  await appendAll(stream, [[0, event('k', 'w')]]);
  expect(stream.health()).toEqual({ writable: true });
  await stream.close();
});

test('does not try again what cannot succeed', async () => {
  const api = new FakeKinesis(1);
  const stream = await open(api, 1);
  api.fail = (method) => (method === 'put' ? 'AccessDeniedException' : undefined);
  await expect(appendAll(stream, [[0, event('k', 'v')]])).rejects.toMatchObject({
    code: 'STREAM_ACCESS_DENIED',
  });
  expect(api.calls.put).toBe(1);
  await stream.close();
});

test('holds no more than it may, and refuses the rest at once', async () => {
  const api = new FakeKinesis(1);
  api.refuse = () => 'ProvisionedThroughputExceededException';
  const stream = await open(api, 1, { maxQueuedBytes: 10_000, deliveryMs: 60_000 });
  const value = Buffer.alloc(1_000);
  const outcomes: string[] = [];
  const appends = Array.from({ length: 20 }, (_, i) =>
    appendAll(stream, [[0, { ...event(`dev-${i}`, ''), value }]]).then(
      () => outcomes.push('stored'),
      (error: { code: string }) => outcomes.push(error.code),
    ),
  );
  expect(stream.health()).toMatchObject({ code: 'STREAM_BUFFER_FULL' });
  api.refuse = () => undefined;
  await Promise.all(appends);
  expect(outcomes.filter((one) => one === 'stored')).toHaveLength(9);
  expect(outcomes.filter((one) => one === 'STREAM_BUFFER_FULL')).toHaveLength(11);
  await stream.close();
});

test('brings a tick to every shard of its partition', async () => {
  const api = new FakeKinesis(2);
  api.split(0);
  const stream = await open(api, 2);
  await appendAll(stream, [[0, { ...event('', ''), kind: RecordKind.tick }]]);
  const counts = [...api.shardsById.values()].map(({ records }) => records.length);
  expect(counts).toEqual([0, 0, 1, 1]);
  await stream.close();
});
