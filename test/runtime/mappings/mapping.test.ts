import type { BatchOutcome } from '../../../runtime/environments/invocation.js';
import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import { createMemoryCheckpoints } from '../../../streams/memory/memory-checkpoints.js';
import { createMemoryStream } from '../../../streams/memory/memory-stream.js';
import { RecordKind } from '../../../streams/record.js';
import type { Stream } from '../../../streams/stream.js';
import {
  EPOCH,
  type FakeFunction,
  fakeDestination,
  fakeFunction,
  GROUP,
  mappingOf,
  partial,
  type Seen,
  SUCCESS,
  THROTTLED,
  THROWN,
} from '../../support/mappings.js';
import { appendAll, event } from '../../support/streams.js';
import { type VirtualTimers, virtualTimers } from '../../support/virtual-timers.js';

function append(stream: Stream, partition: number, count: number, arrivalTime = EPOCH): Promise<void> {
  return appendAll(
    stream,
    Array.from({ length: count }, () => [partition, event('k', 'v', arrivalTime)] as const),
  );
}

/** A mapping on a stream of its own; `records` are there before it starts. */
async function setUp(
  trigger: Partial<StreamTrigger> = {},
  answer: (seen: Seen, count: number) => BatchOutcome | Promise<BatchOutcome> = () => SUCCESS,
  { partitions = 1, records = 0 } = {},
) {
  const timers = virtualTimers();
  const stream = createMemoryStream({ name: 's', partitions });
  if (records > 0) await append(stream, 0, records);
  const checkpoints = createMemoryCheckpoints();
  const destination = fakeDestination();
  const { invocations, invoke } = fakeFunction(timers, answer);
  const mapping = mappingOf(trigger, { stream, invoke, timers, checkpoints, destination });
  mapping.start();
  await timers.settle();
  return { timers, stream, checkpoints, destination, invocations, mapping };
}

/** Moments of the invocations and the offsets they got. */
const times = (invocations: readonly Seen[]) => invocations.map(({ at, offsets }) => [at, offsets]);

describe('batches', () => {
  test('what waits in several partitions is invoked in one turn, in batches of at most batchSize', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 2 });
    await append(stream, 0, 150);
    await append(stream, 1, 10);
    const { invocations, invoke } = fakeFunction(timers);
    const mapping = mappingOf({}, { stream, invoke, timers });
    mapping.start();
    await timers.settle();
    expect(invocations.map(({ partition, offsets }) => [partition, offsets.length])).toEqual([
      [0, 100],
      [1, 10],
      [0, 50],
    ]);
    expect([...mapping.positions().values()]).toEqual([150n, 10n]);
    expect(mapping.stats).toMatchObject({ invocations: 3, records: 160, errors: 0 });
    await mapping.stop();
  });

  test('appended records are invoked before the next turn of the event loop, all partitions together', async () => {
    const { mapping, invocations, stream } = await setUp({}, undefined, { partitions: 4 });
    const turn = new Promise<number>((resolve) => {
      stream.onAppended((partition) => {
        if (partition === 3) setImmediate(() => resolve(invocations.length));
      });
    });
    const records = [0, 1, 2, 3].map((partition) => [partition, event('k', 'v')] as const);
    await appendAll(stream, records);
    expect(await turn).toBe(4);
    await mapping.stop();
  });

  test.each([
    ['kinesis', 'when the last invocation ended', 1_000],
    ['kafka', 'with the first record waiting', 1_700],
  ] as const)('the window of %s begins %s', async (source, _, due) => {
    const { timers, stream, invocations, mapping } = await setUp({ source, batchWindowMs: 1_000 });
    await timers.advance(700);
    await append(stream, 0, 1);
    await timers.advance(100);
    await append(stream, 0, 1);
    await timers.advance(2_000);
    expect(times(invocations)).toEqual([[due, [0, 1]]]);
    // The next one: 500 ms after the last ended, so that only Kafka's is still ahead of it.
    await append(stream, 0, 1);
    await timers.advance(1_000);
    expect(invocations.at(-1)!.at).toBe(source === 'kinesis' ? 2_800 : 3_800);
    await mapping.stop();
  });

  test('a full batch does not wait for its window, and what is left waits for one of its own', async () => {
    const { timers, stream, invocations, mapping } = await setUp({ batchWindowMs: 1_000, batchSize: 3 });
    await timers.advance(100);
    await append(stream, 0, 4);
    await timers.advance(2_000);
    expect(times(invocations)).toEqual([
      [100, [0, 1, 2]],
      [1_100, [3]],
    ]);
    await mapping.stop();
  });

  test('while draining nothing waits for its window', async () => {
    const { timers, stream, invocations, mapping } = await setUp({ batchWindowMs: 300_000 });
    await append(stream, 0, 2);
    await timers.advance(10);
    mapping.drain();
    await timers.settle();
    expect(times(invocations)).toEqual([[10, [0, 1]]]);
    await append(stream, 0, 1);
    await timers.settle();
    expect(invocations).toHaveLength(2);
    await mapping.stop();
  });

  test('an event of 6 MB closes the batch, before its window ends as well', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    const { invocations, invoke } = fakeFunction(timers);
    const mapping = mappingOf({ batchWindowMs: 60_000 }, { stream, invoke, timers });
    mapping.start();
    const large = event('k', 'x'.repeat(1024 * 1024));
    for (let round = 0; round < 2; round++) {
      await appendAll(
        stream,
        Array.from({ length: 5 }, () => [0, large] as const),
      );
      await timers.settle();
    }
    // 4/3 MB each: four fit.
    expect(times(invocations)).toEqual([
      [0, [0, 1, 2, 3]],
      [0, [4, 5, 6, 7]],
    ]);
    await mapping.stop();
  });

  test('a record too large for any event goes to the destination', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    const destination = fakeDestination();
    const { invocations, invoke } = fakeFunction(timers);
    const mapping = mappingOf({ source: 'kafka' }, { stream, invoke, timers, destination });
    const small = event('k', 'v');
    await appendAll(stream, [
      [0, small],
      [0, event('k', 'x'.repeat(5 * 1024 * 1024))],
      [0, small],
    ]);
    mapping.start();
    await timers.settle();
    expect(times(invocations)).toEqual([
      [0, [0]],
      [0, [2]],
    ]);
    expect(destination.documents).toMatchObject([
      { requestContext: { condition: 'MaximumPayloadSizeExceeded' }, responseContext: null },
    ]);
    expect(mapping.stats).toMatchObject({ records: 2, discarded: 1 });
    await mapping.stop();
  });
});

describe('where it begins', () => {
  test('a restart goes on after the last record finished', async () => {
    const { timers, stream, checkpoints, mapping } = await setUp({}, undefined, { records: 5 });
    await mapping.stop();
    expect(checkpoints.load(GROUP, 0)).toBe(5n);
    await append(stream, 0, 3);
    const again = fakeFunction(timers);
    const second = mappingOf({}, { stream, invoke: again.invoke, timers, checkpoints });
    second.start();
    await timers.settle();
    expect(times(again.invocations)).toEqual([[0, [5, 6, 7]]]);
    await second.stop();
  });

  test.each([
    ['LATEST', undefined, [4]],
    ['TRIM_HORIZON', undefined, [0, 1, 2, 3, 4]],
    ['AT_TIMESTAMP', EPOCH + 2, [2, 3, 4]],
  ] as const)('%s', async (startingPosition, startingTimestamp, offsets) => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    for (let i = 0; i < 4; i++) await append(stream, 0, 1, EPOCH + i);
    const checkpoints = createMemoryCheckpoints();
    const { invocations, invoke } = fakeFunction(timers);
    const at = startingTimestamp === undefined ? {} : { startingTimestamp };
    const mapping = mappingOf({ startingPosition, ...at }, { stream, invoke, timers, checkpoints });
    await append(stream, 0, 1, EPOCH + 4);
    mapping.start();
    await timers.settle();
    expect(invocations.flatMap((seen) => seen.offsets)).toEqual(offsets);
    expect(checkpoints.load(GROUP, 0)).toBe(5n);
    await mapping.stop();
  });

  test('records that were trimmed before they were read are counted', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1, retentionMs: 0 });
    const checkpoints = createMemoryCheckpoints();
    checkpoints.save(GROUP, 0, 0n);
    await append(stream, 0, 5);
    await stream.trim([3n], EPOCH + 1);
    const { invocations, invoke } = fakeFunction(timers);
    const mapping = mappingOf({}, { stream, invoke, timers, checkpoints });
    mapping.start();
    await timers.settle();
    expect(times(invocations)).toEqual([[0, [3, 4]]]);
    expect(mapping.stats).toMatchObject({ trimmed: 3, records: 2 });
    await mapping.stop();
  });

  test('a stream that cannot be read is read again after a second', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    await append(stream, 0, 1);
    const read = stream.read.bind(stream);
    let reads = 0;
    stream.read = (...args) => (reads++ === 0 ? Promise.reject(new Error('disk')) : read(...args));
    const { invocations, invoke } = fakeFunction(timers);
    const mapping = mappingOf({}, { stream, invoke, timers });
    mapping.start();
    await timers.settle();
    expect(mapping.failing).toBe('disk');
    await timers.advance(1_000);
    expect(times(invocations)).toEqual([[1_000, [0]]]);
    expect(mapping.failing).toBeNull();
    await mapping.stop();
  });
});

describe('failures', () => {
  test('a batch is tried again after 1, 2, 4 s; a fresh one starts afresh', async () => {
    const failures = new Set([1, 2, 3, 5]);
    const { timers, stream, invocations, mapping } = await setUp(
      {},
      (_, count) => (failures.has(count) ? THROWN : SUCCESS),
      { records: 2 },
    );
    await append(stream, 0, 1);
    await timers.advance(8_000);
    expect(times(invocations)).toEqual([
      [0, [0, 1]],
      [1_000, [0, 1]],
      [3_000, [0, 1]],
      [7_000, [0, 1]],
      [7_000, [2]],
      [8_000, [2]],
    ]);
    expect(mapping.stats).toMatchObject({ errors: 4, invocations: 6, records: 3 });
    await mapping.stop();
  });

  test('partial progress restarts the count for the remainder, as recorded against AWS', async () => {
    const { timers, destination, invocations, mapping } = await setUp(
      { batchSize: 3, maximumRetryAttempts: 3 },
      ({ offsets }) => (offsets.includes(5) ? partial(5) : SUCCESS),
      { records: 7 },
    );
    await timers.advance(60_000);
    expect(invocations.map(({ offsets }) => offsets)).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [5],
      [5],
      [5],
      [5],
      [6],
    ]);
    expect(destination.documents).toMatchObject([
      {
        requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 4 },
        responseContext: { functionError: null },
        KinesisBatchInfo: { batchSize: 1 },
      },
    ]);
    expect(mapping.stats).toMatchObject({ records: 6, discarded: 1, destinationDeliveries: 1 });
    await mapping.stop();
  });

  test.each([
    ['the lowest failed record', partial(6, 4), 4n],
    ['the batch’s beginning for an unknown record', partial(4, -1), 0n],
    ['the batch’s beginning for a record of another batch', partial(99), 0n],
    ['the batch’s end when none failed', partial(), 8n],
  ])('the checkpoint stands at %s', async (_, outcome, checkpoint) => {
    const { checkpoints, mapping } = await setUp({}, () => outcome, { records: 8 });
    expect(checkpoints.load(GROUP, 0)).toBe(checkpoint);
    await mapping.stop();
  });

  test('throttles consume no retries', async () => {
    const { timers, invocations, destination, mapping } = await setUp(
      { maximumRetryAttempts: 0 },
      (_, count) => (count <= 4 ? THROTTLED : SUCCESS),
      { records: 1 },
    );
    expect(mapping.failing).toBe('Rate Exceeded.');
    await timers.advance(20_000);
    expect(invocations.map(({ at }) => at)).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
    expect(mapping.stats).toMatchObject({ throttles: 4, invocations: 1, errors: 0, records: 1 });
    expect(destination.documents).toEqual([]);
    await mapping.stop();
  });

  test('bisect finds the poison record; both halves stay batches of their own', async () => {
    const { timers, stream, invocations, destination, mapping } = await setUp(
      { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 },
      ({ offsets }) => (offsets.includes(1) ? THROWN : SUCCESS),
      { records: 5 },
    );
    await append(stream, 0, 2);
    await timers.advance(60_000);
    expect(invocations.map(({ offsets }) => offsets)).toEqual([
      [0, 1, 2, 3, 4],
      [0, 1, 2],
      [0, 1],
      [0],
      [1],
      [1],
      [2],
      [3, 4],
      [5, 6],
    ]);
    expect(destination.documents).toMatchObject([
      {
        requestContext: { approximateInvokeCount: 2 },
        responseContext: { functionError: 'Unhandled' },
        KinesisBatchInfo: { batchSize: 1 },
      },
    ]);
    await mapping.stop();
  });

  test('age is per record: the expired prefix is given up, the rest is still invoked', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    await append(stream, 0, 2, EPOCH - 70_000);
    await append(stream, 0, 2, EPOCH - 10_000);
    const destination = fakeDestination();
    const { invocations, invoke } = fakeFunction(timers, ({ offsets }) =>
      offsets.includes(2) ? THROTTLED : SUCCESS,
    );
    const trigger = { maximumRecordAgeMs: 60_000 };
    const mapping = mappingOf(trigger, { stream, invoke, timers, destination });
    mapping.start();
    await timers.settle();
    expect(destination.documents).toMatchObject([
      {
        requestContext: { condition: 'RecordAgeExceeded', approximateInvokeCount: 1 },
        KinesisBatchInfo: { batchSize: 2 },
      },
    ]);
    expect(destination.documents[0]).not.toHaveProperty('responseContext');
    expect(times(invocations)).toEqual([[0, [2, 3]]]);
    // Expiry ends a batch that is throttled for ever.
    await append(stream, 0, 1, EPOCH + 40_000);
    await timers.advance(70_000);
    expect(destination.documents).toHaveLength(2);
    expect(invocations.at(-1)).toMatchObject({ offsets: [4] });
    await timers.advance(1_000);
    expect([...mapping.positions().values()]).toEqual([5n]);
    expect(mapping.stats).toMatchObject({ discarded: 4, records: 1 });
    await mapping.stop();
  });

  test('a destination that cannot be reached holds its lane; the checkpoint moves after the delivery', async () => {
    const answer = ({ partition }: Seen) => (partition === 0 ? THROWN : SUCCESS);
    const { timers, stream, checkpoints, destination, mapping } = await setUp(
      { maximumRetryAttempts: 0 },
      answer,
      { partitions: 2 },
    );
    destination.unreachable = 2;
    await append(stream, 0, 1);
    await append(stream, 1, 1);
    await timers.advance(2_999);
    expect(checkpoints.load(GROUP, 0)).toBe(0n);
    expect(checkpoints.load(GROUP, 1)).toBe(1n);
    await timers.advance(1);
    expect(destination.documents).toHaveLength(1);
    expect(checkpoints.load(GROUP, 0)).toBe(1n);
    await mapping.stop();
  });

  test('without a destination records given up are counted', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    await append(stream, 0, 3);
    const { invoke } = fakeFunction(timers, () => THROWN);
    const mapping = mappingOf({ maximumRetryAttempts: 0 }, { stream, invoke, timers });
    mapping.start();
    await timers.settle();
    expect(mapping.stats).toMatchObject({ discarded: 3, destinationDeliveries: 0 });
    expect([...mapping.positions().values()]).toEqual([3n]);
    await mapping.stop();
  });

  test('Kafka with a destination and no number of retries gives up after ten', async () => {
    const { timers, invocations, mapping } = await setUp(
      { source: 'kafka', onFailure: 'dead' },
      () => THROWN,
      { records: 1 },
    );
    await timers.advance(600_000);
    expect(invocations).toHaveLength(11);
    await mapping.stop();
  });

  test('a poison record holds its own partition only, and the reason is visible', async () => {
    const { timers, stream, mapping } = await setUp(
      {},
      ({ partition }) => (partition === 0 ? THROWN : SUCCESS),
      { partitions: 2, records: 1 },
    );
    await append(stream, 1, 2);
    await timers.advance(1_500);
    expect([...mapping.positions().values()]).toEqual([0n, 2n]);
    expect(mapping.failing).toBe('no');
    expect(mapping.lanes()).toEqual([
      { partition: 0, lane: 0, next: 0n, attempts: 2, failing: 'no', iteratorAgeMs: 1_500 },
      { partition: 1, lane: 0, next: 2n, attempts: 0, failing: null, iteratorAgeMs: 0 },
    ]);
    await mapping.stop();
  });

  test('an invocation that rejects is a failed one', async () => {
    const { timers, mapping } = await setUp({}, () => Promise.reject(new Error('died')), { records: 1 });
    await timers.settle();
    expect(mapping.failing).toBe('died');
    expect([...mapping.positions().values()]).toEqual([0n]);
    await mapping.stop();
  });

  test('a checkpoint that cannot be saved is saved before anything else is fetched', async () => {
    const timers = virtualTimers();
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    const checkpoints = createMemoryCheckpoints();
    const { invocations, invoke } = fakeFunction(timers);
    const mapping = mappingOf({}, { stream, invoke, timers, checkpoints });
    const { save } = checkpoints;
    checkpoints.save = () => {
      throw new Error('full');
    };
    mapping.start();
    await append(stream, 0, 1);
    await append(stream, 0, 1);
    await timers.settle();
    expect([invocations.length, mapping.failing]).toEqual([1, 'full']);
    checkpoints.save = save;
    await timers.advance(1_000);
    expect(invocations).toHaveLength(2);
    expect(checkpoints.load(GROUP, 0)).toBe(2n);
    await mapping.stop();
  });
});

describe('stopping', () => {
  test('what is in flight is finished, retries are left over', async () => {
    let finish: (outcome: BatchOutcome) => void = () => {};
    const answer = () => new Promise<BatchOutcome>((resolve) => (finish = resolve));
    const { checkpoints, mapping, invocations } = await setUp({ batchSize: 4 }, answer, { records: 8 });
    const stopped = mapping.stop();
    finish(partial(2));
    await stopped;
    expect(checkpoints.load(GROUP, 0)).toBe(2n);
    expect(invocations).toHaveLength(1);
  });
});

describe('selection', () => {
  const even = { matches: ({ value }: { value: Buffer }) => Number(value) % 2 === 0 };
  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => [0, event(`k${i % 7}`, `${from + i}`)] as const);

  async function start(
    fake: FakeFunction,
    timers: VirtualTimers,
    trigger: Partial<StreamTrigger>,
    filter?: typeof even,
  ) {
    const stream = createMemoryStream({ name: 's', partitions: 1 });
    const checkpoints = createMemoryCheckpoints();
    const deps = { stream, invoke: fake.invoke, timers, checkpoints, ...(filter ? { filter } : {}) };
    const mapping = mappingOf(trigger, deps);
    mapping.start();
    return { stream, checkpoints, mapping };
  }

  test('records filtered out reach no batch, do not count towards its size and move the checkpoint', async () => {
    const timers = virtualTimers();
    const fake = fakeFunction(timers, ({ offsets }) => (offsets.includes(6) ? partial(6) : SUCCESS));
    const { stream, checkpoints, mapping } = await start(
      fake,
      timers,
      { batchSize: 3, maximumRetryAttempts: 0 },
      even,
    );
    await appendAll(stream, numbered(0, 12));
    await timers.advance(1_000);
    expect(fake.invocations.map(({ offsets }) => offsets)).toEqual([
      [0, 2, 4],
      [6, 8, 10],
    ]);
    expect(checkpoints.load(GROUP, 0)).toBe(12n);
    await appendAll(stream, [[0, event('k', '1')]]);
    await timers.settle();
    expect(checkpoints.load(GROUP, 0)).toBe(13n);
    expect(mapping.stats).toMatchObject({ filtered: 7, records: 3, discarded: 3 });
    await mapping.stop();
  });

  test('a partial failure between filtered records', async () => {
    const timers = virtualTimers();
    const fake = fakeFunction(timers, (_, count) => (count === 1 ? partial(6) : SUCCESS));
    const { stream, checkpoints, mapping } = await start(fake, timers, {}, even);
    await appendAll(stream, numbered(0, 12));
    await timers.settle();
    expect(checkpoints.load(GROUP, 0)).toBe(6n);
    await timers.advance(1_000);
    expect(fake.invocations.map(({ offsets }) => offsets)).toEqual([
      [0, 2, 4, 6, 8, 10],
      [6, 8, 10],
    ]);
    await mapping.stop();
  });

  test('with a filter, too, a batch waits for its window', async () => {
    const timers = virtualTimers();
    const fake = fakeFunction(timers);
    const { stream, mapping } = await start(fake, timers, { source: 'kafka', batchWindowMs: 500 }, even);
    await appendAll(stream, numbered(0, 2));
    await timers.advance(200);
    await appendAll(stream, numbered(2, 6));
    await timers.advance(1_000);
    expect(times(fake.invocations)).toEqual([[500, [0, 2, 4]]]);
    await mapping.stop();
  });

  test('lanes keep the order of each key; a poison key holds its own lane; positions are the lowest', async () => {
    const timers = virtualTimers();
    const fake = fakeFunction(timers, ({ keys }) => (keys.includes('k0') ? THROWN : SUCCESS));
    const { stream, checkpoints, mapping } = await start(fake, timers, {
      parallelizationFactor: 3,
      batchSize: 2,
    });
    await appendAll(stream, numbered(0, 70));
    await timers.advance(500);
    const seen = new Map<string, number[]>();
    for (const { keys, offsets } of fake.invocations) {
      for (const [i, key] of keys.entries()) seen.set(key, [...(seen.get(key) ?? []), offsets[i]!]);
    }
    for (const offsets of seen.values()) expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
    const lanes = mapping.lanes();
    expect(lanes.filter(({ failing }) => failing !== null)).toHaveLength(1);
    expect(lanes.filter(({ next }) => next === 70n)).toHaveLength(2);
    expect(mapping.positions().get(0)! < 70n).toBe(true);
    expect(lanes.map(({ lane }) => checkpoints.load(`${GROUP}/${lane}of3`, 0))).toEqual(
      lanes.map(({ next }) => next),
    );
    await mapping.stop();
  });

  test('time reaches every lane', async () => {
    const timers = virtualTimers();
    const fake = fakeFunction(timers);
    const { stream, mapping } = await start(fake, timers, { parallelizationFactor: 4 });
    await appendAll(stream, [[0, { ...event('', ''), kind: RecordKind.tick }]]);
    await timers.settle();
    expect(fake.invocations.map(({ offsets }) => offsets)).toEqual([[0], [0], [0], [0]]);
    await mapping.stop();
  });
});
