/** Reads that Kinesis makes difficult, against a fake that does. */
import { lastOffset, recordsOf } from '../../../streams/batch.js';
import { openKinesisEngine } from '../../../streams/kinesis/kinesis-engine.js';
import { createMemoryLeases } from '../../../streams/kinesis/lease-store.js';
import type { KinesisSettings } from '../../../streams/kinesis/settings.js';
import { FakeKinesis } from '../../support/fake-kinesis.js';
import { GroupReader } from '../../support/group-reader.js';
import { IMPATIENT } from '../../support/kinesis.js';
import { poll } from '../../support/poll.js';
import { appendAll, event, readAll, values } from '../../support/streams.js';

const LIMITS = { maxRecords: 10_000, maxBytes: 6 << 20 };
const engineOf = (api: FakeKinesis, settings: Partial<KinesisSettings> = {}) =>
  openKinesisEngine({
    api,
    leases: createMemoryLeases(),
    settings: { ...IMPATIENT, backoffFirstMs: 0.1, backoffMostMs: 1, ...settings },
    time: () => api.now,
  });
const open = async (api: FakeKinesis, settings: Partial<KinesisSettings> = {}) =>
  (await engineOf(api, settings)).open({ name: 'telemetry', partitions: 1, retentionMs: 1 });
const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => [0, event(`dev-${i}`, `${from + i}`)] as const);
const range = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);

test('goes on after an iterator has expired', async () => {
  const api = new FakeKinesis(1);
  const stream = await open(api);
  await appendAll(stream, numbered(10));
  expect(values(await readAll(stream, 0))).toEqual(range(10));
  api.expireIterators();
  await appendAll(stream, numbered(10, 10));
  expect(values(await readAll(stream, 0))).toEqual(range(20));
  await stream.close();
});

test('waits when reads are throttled, and tells who reads when that does not end', async () => {
  const api = new FakeKinesis(1);
  const stream = await open(api);
  await appendAll(stream, numbered(3));
  let throttled = 3;
  api.fail = (method) =>
    method === 'records' && throttled-- > 0 ? 'ProvisionedThroughputExceededException' : undefined;
  expect(values(await readAll(stream, 0))).toEqual(range(3));
  await appendAll(stream, numbered(1, 3));
  throttled = Number.POSITIVE_INFINITY;
  await expect(stream.read(0, stream.ends(0).end - 1n, LIMITS)).rejects.toMatchObject({
    code: 'STREAM_THROTTLED',
    canRetry: true,
  });
  await stream.close();
});

test('resumes in another process behind a record, and at one', async () => {
  const api = new FakeKinesis(1);
  const first = await open(api);
  await appendAll(first, numbered(10));
  const batch = await first.read(0, 0n, LIMITS);
  await first.close();
  const second = await open(api, { cacheBytes: 1 });
  expect(values([...recordsOf(await second.read(0, batch.offsets![3]! + 1n, LIMITS))])).toEqual(
    range(10).slice(4),
  );
  expect(values([...recordsOf(await second.read(0, batch.offsets![3]!, LIMITS))])).toEqual(
    range(10).slice(3),
  );
  await second.close();
});

test('answers what retention has removed from the oldest record there is', async () => {
  const api = new FakeKinesis(1);
  const first = await open(api);
  await appendAll(first, numbered(10));
  const second = (await first.read(0, 0n, LIMITS)).offsets![1]!;
  await first.close();
  api.forget(0, 5);
  const stream = await open(api);
  expect(values([...recordsOf(await stream.read(0, second, LIMITS))])).toEqual(range(10).slice(5));
  await stream.close();
});

test('steps to the end when retention has removed everything', async () => {
  const api = new FakeKinesis(1);
  const stream = await open(api, { cacheBytes: 0 });
  await appendAll(stream, numbered(10));
  api.forget(0, 10);
  await expect(stream.read(0, 0n, LIMITS)).rejects.toMatchObject({
    code: 'STREAM_UNREADABLE',
    canRetry: true,
  });
  api.now += 25 * 3_600_000;
  const batch = await stream.read(0, 0n, LIMITS);
  expect(batch).toMatchObject({ count: 0, baseOffset: stream.ends(0).end });
  await stream.close();
});

test('finds the end of a shard whose last record is hours old, without reading everything', async () => {
  const api = new FakeKinesis(1);
  const writer = await open(api);
  for (let hour = 0; hour < 12; hour++) {
    await appendAll(writer, numbered(100, hour * 100));
    api.now += 3_600_000;
  }
  const { end } = writer.ends(0);
  await writer.close();
  api.now += 3_600_000 * 5;
  api.pageSize = 10;
  api.calls.records = 0;
  const stream = await open(api);
  expect(stream.ends(0).end).toBe(end);
  expect(api.calls.records).toBeLessThan(60);
  await stream.close();
});

test('several readers at a tip share its polls', async () => {
  const api = new FakeKinesis(1);
  const stream = await open(api);
  await appendAll(stream, numbered(100));
  api.calls.records = 0;
  const { start } = stream.ends(0);
  const batches = await Promise.all(Array.from({ length: 5 }, () => stream.read(0, start, LIMITS)));
  expect(batches.map(({ count }) => count)).toEqual([100, 100, 100, 100, 100]);
  expect(api.calls.records).toBe(1);
  await stream.close();
});

test('hands a child’s records out when its parent’s are finished, and from its beginning', async () => {
  const api = new FakeKinesis(1);
  const engine = await engineOf(api);
  const stream = await engine.open({ name: 'telemetry', partitions: 1, retentionMs: 1 });
  await appendAll(stream, numbered(200));
  api.split(0);
  await appendAll(stream, numbered(200, 200));
  const consumer = await engine.consumer(stream, 'validate:telemetry');
  const reader = new GroupReader(consumer, 'validate:telemetry');
  reader.start();
  await poll(() => reader.seen.length >= 400);
  expect(reader.errors).toEqual([]);
  expect(values(reader.seen.slice(0, 200))).toEqual(range(200));
  expect(new Set(reader.seen.slice(200).map(({ partition }) => partition))).toEqual(new Set([1, 2]));
  expect(reader.partitions).toEqual([1, 2]);
  await consumer.close();
  await stream.close();
});

test('batches carry each record’s offset', async () => {
  const api = new FakeKinesis(1);
  const stream = await open(api);
  await appendAll(stream, numbered(3));
  const batch = await stream.read(0, 0n, LIMITS);
  expect(batch.offsets).toEqual(api.stored().map(({ sequence }) => sequence));
  expect(batch.baseOffset).toBe(batch.offsets![0]);
  expect(lastOffset(batch) + 1n).toBe(stream.ends(0).end);
  await stream.close();
});
