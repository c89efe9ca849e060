/** An event source mapping on a stream in Kinesis, as the runtime puts the two together. */
import pino from 'pino';
import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import { createMapping } from '../../../runtime/mappings/mapping.js';
import { recordsOf } from '../../../streams/batch.js';
import { openKinesisEngine } from '../../../streams/kinesis/kinesis-engine.js';
import { createMemoryLeases } from '../../../streams/kinesis/lease-store.js';
import type { StreamRecord } from '../../../streams/record.js';
import { FakeKinesis } from '../../support/fake-kinesis.js';
import { IMPATIENT } from '../../support/kinesis.js';
import { DEFAULT_TRIGGER, SUCCESS } from '../../support/mappings.js';
import { poll } from '../../support/poll.js';
import { appendAll, event } from '../../support/streams.js';

async function withMapping(
  trigger: Partial<StreamTrigger>,
  before: number,
  work: (given: {
    api: FakeKinesis;
    send: (count: number) => Promise<void>;
    sent: () => number;
    seen: StreamRecord[];
    batches: number[];
    stats: { trimmed: number };
  }) => Promise<void>,
) {
  const api = new FakeKinesis(2);
  const engine = await openKinesisEngine({
    api,
    leases: createMemoryLeases(),
    settings: IMPATIENT,
    time: () => api.now,
  });
  const stream = await engine.open({ name: 's', partitions: 2, retentionMs: 1 });
  let sent = 0;
  const send = async (count: number) => {
    const keys = Array.from({ length: count }, () => sent++);
    await appendAll(
      stream,
      keys.map((i) => [i % 2, event(`dev-${i % 20}`, `${i}`)]),
    );
  };
  await send(before);
  const consumer = await engine.consumer(stream, 'f:s');
  const seen: StreamRecord[] = [];
  const batches: number[] = [];
  const mapping = createMapping(
    { functionName: 'f', functionArn: 'arn', trigger: { ...DEFAULT_TRIGGER, ...trigger } },
    {
      stream: consumer.source,
      share: consumer.share!,
      checkpoints: consumer.checkpoints,
      async invoke({ batch }) {
        seen.push(...recordsOf(batch));
        batches.push(batch.count);
        return SUCCESS;
      },
      log: pino({ level: 'silent' }),
      time: () => api.now,
    },
  );
  mapping.start();
  try {
    await work({ api, send, sent: () => sent, seen, batches, stats: mapping.stats });
  } finally {
    await mapping.stop();
    await consumer.close();
    await stream.close();
  }
}

/** Each device's numbers, in the order in which the function got them. */
function expectOrder(seen: readonly StreamRecord[]): void {
  for (let device = 0; device < 20; device++) {
    const numbers = seen.filter(({ key }) => key === `dev-${device}`).map(({ value }) => Number(`${value}`));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  }
}

test.each([1, 3])('works through a split, each record once and in order, with %i lanes a shard', (factor) =>
  withMapping({ parallelizationFactor: factor }, 200, async ({ api, send, sent, seen, stats }) => {
    await send(200);
    api.split(0);
    await send(400);
    api.split(1);
    await send(400);
    await poll(() => seen.length >= sent());
    expect(seen).toHaveLength(sent());
    expectOrder(seen);
    expect(new Set(seen.map(({ partition }) => partition)).size).toBe(6);
    expect(stats.trimmed).toBe(0);
  }),
);

test('LATEST begins behind what is there, and a child of a shard at its beginning all the same', () =>
  withMapping({ startingPosition: 'LATEST' }, 100, async ({ api, send, seen }) => {
    await send(20);
    await poll(async () => {
      // The shares of both shards begin at their own time; what was sent before that is none of LATEST's business.
      await send(2);
      return new Set(seen.map(({ partition }) => partition)).size === 2;
    });
    const first = seen.length;
    api.split(0);
    await send(100);
    await poll(() => seen.length >= first + 100);
    expect(seen.every(({ value }) => Number(`${value}`) >= 100)).toBe(true);
    expectOrder(seen);
  }));

test('a batch window waits for records, however far apart their offsets are', () =>
  withMapping({ batchWindowMs: 20_000, batchSize: 50 }, 0, async ({ send, seen, batches }) => {
    for (let i = 0; i < 10; i++) await send(10);
    await poll(() => seen.length === 100);
    expect(batches).toEqual([50, 50]);
  }));
