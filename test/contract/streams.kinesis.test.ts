/**
 * The stream contract on two emulators of Kinesis, and what only Kinesis has: other people's records, shards that are
 * split and merged, leases. Each emulator errs differently; what one cannot show is skipped with its name and the
 * reason, and shown on the other or with a fake client (test/streams/kinesis/).
 */
import {
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { recordsOf } from '../../streams/batch.js';
import type { Consumer, StreamEngine } from '../../streams/engine.js';
import { openKinesisEngine } from '../../streams/kinesis/kinesis-engine.js';
import { createMemoryLeases, type LeaseStore } from '../../streams/kinesis/lease-store.js';
import { createMemoryCheckpoints } from '../../streams/memory/memory-checkpoints.js';
import { partitionOf } from '../../streams/partitioner.js';
import { RecordKind } from '../../streams/record.js';
import type { Stream } from '../../streams/stream.js';
import { GroupReader } from '../support/group-reader.js';
import {
  apiOf,
  CREDENTIALS,
  type Emulator,
  type EmulatorName,
  emulatorCanRun,
  IMPATIENT,
  startEmulator,
  uniqueStream,
} from '../support/kinesis.js';
import { poll } from '../support/poll.js';
import { requireService } from '../support/services.js';
import { appendAll, event, readAll, values } from '../support/streams.js';
import { describeStream } from './streams.contract.js';

interface Divergence {
  readonly skips: Readonly<Record<string, string>>;
  readonly backlog?: { readonly records: number; readonly reason: string };
  /** Why shards cannot be split and merged there; null: they can. */
  readonly noResharding: string | null;
}

const SKIPS = {
  'answers an offset that was trimmed from the start': 'Kinesis keeps records for 24 h at least',
  'counts records by kind; the sum is the end':
    'Kinesis does not look into records, and its offsets have gaps',
};

const DIVERGENCES: Readonly<Record<EmulatorName, Divergence>> = {
  kinesalite: {
    skips: SKIPS,
    backlog: { records: 60_000, reason: 'kinesalite takes and gives some 7,000 records a second' },
    noResharding: null,
  },
  moto: {
    skips: SKIPS,
    backlog: { records: 20_000, reason: 'moto looks at every record of the shard in each read' },
    noResharding: 'moto: closed shards take records, and what they held moves to their children',
  },
};

const RETENTION_MS = 24 * 3_600_000;
const LIMITS = { maxRecords: 10_000, maxBytes: 6 << 20 };

for (const name of ['kinesalite', 'moto'] as const) {
  const describeEmulator = await requireService(name, () => emulatorCanRun(name));
  describeEmulator(name, () => {
    const { skips, backlog, noResharding } = DIVERGENCES[name];
    let emulator: Emulator;
    beforeAll(async () => {
      emulator = await startEmulator(name);
    }, 180_000);
    afterAll(() => emulator?.dispose(), 60_000);

    const cleanups: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
    });

    const openEngine = (leases: LeaseStore = createMemoryLeases()) =>
      openKinesisEngine({
        endpoint: emulator.endpoint,
        region: 'us-east-1',
        credentials: CREDENTIALS,
        leases,
        settings: IMPATIENT,
      });
    const using = async (work: (engine: StreamEngine) => Promise<void>) => {
      const engine = await openEngine();
      try {
        await work(engine);
      } finally {
        await engine.close();
      }
    };
    const declared = (partitions: number, stream = uniqueStream()) => ({
      name: stream,
      partitions,
      retentionMs: RETENTION_MS,
    });

    describeStream({
      name: `Kinesis (${name})`,
      isSparse: true,
      // A backlog takes an emulator seconds, on a busy machine many.
      timeoutMs: 120_000,
      skips,
      ...(backlog === undefined ? {} : { backlog }),
      async open(partitions) {
        const checkpoints = createMemoryCheckpoints();
        const wanted = declared(partitions);
        let engine = await openEngine();
        let stream = await engine.open(wanted);
        const close = async () => {
          await stream.close();
          await engine.close();
        };
        return {
          stream,
          checkpoints,
          async reopen() {
            await close();
            engine = await openEngine();
            stream = await engine.open(wanted);
            return { stream, checkpoints };
          },
          trimBefore: async () => undefined,
          dispose: close,
        };
      },
    });

    test('never settles for fewer shards than declared', () =>
      using(async (engine) => {
        const wanted = declared(2);
        await (await engine.open(wanted)).close();
        await expect(engine.open({ ...wanted, partitions: 3 })).rejects.toMatchObject({
          code: 'STREAM_PARTITIONS',
        });
      }));

    test('raises the retention to what is declared', () =>
      using(async (engine) => {
        const wanted = { ...declared(1), retentionMs: 48 * 3_600_000 };
        await (await engine.open(wanted)).close();
        const api = apiOf(emulator.endpoint);
        expect((await api.describe(wanted.name))?.retentionHours).toBe(48);
        api.close();
      }));

    test('knows the end and the latest arrival of a stream it opens again', () =>
      using(async (engine) => {
        const wanted = declared(2);
        const first = await engine.open(wanted);
        await appendAll(
          first,
          Array.from({ length: 50 }, (_, i) => [0, event(`dev-${i}`, `${i}`, 1_000 + i)]),
        );
        const { end } = first.ends(0);
        await first.close();
        const second = await engine.open(wanted);
        expect(second.ends(0).end).toBe(end);
        expect(second.ends(1).end).toBe(second.ends(1).start);
        expect(second.lastArrivalTime()).toBe(1_049);
        await second.close();
      }));

    test('takes records that others put in as acknowledged events', () =>
      using(async (engine) => {
        const stream = await engine.open(declared(1));
        const other = clientOf(emulator);
        await other.send(
          new PutRecordCommand({
            StreamName: stream.name,
            PartitionKey: 'dev-9',
            Data: Buffer.from('{"t":1}'),
          }),
        );
        const [record] = await poll(async () => {
          const found = [...recordsOf(await stream.read(0, stream.ends(0).start, LIMITS))];
          return found.length > 0 && found;
        });
        expect(record).toMatchObject({ key: 'dev-9', kind: RecordKind.acknowledged });
        expect(record!.value.toString()).toBe('{"t":1}');
        expect(Math.abs(record!.arrivalTime - Date.now())).toBeLessThan(60_000);
        other.destroy();
        await stream.close();
      }));

    test('tells of records that another process appended', () =>
      using(async (engine) => {
        const wanted = declared(1);
        const writer = await engine.open(wanted);
        const reader = await engine.open(wanted);
        const told: number[] = [];
        const stop = reader.onAppended((partition) => told.push(partition));
        await appendAll(writer, [[0, event('k', 'from elsewhere')]]);
        await poll(() => told.length > 0);
        expect(values(await readAll(reader, 0))).toEqual(['from elsewhere']);
        stop();
        await Promise.all([writer.close(), reader.close()]);
      }));

    test('refuses a record that is too large for Kinesis, and keeps the others', () =>
      using(async (engine) => {
        const stream = await engine.open(declared(1));
        const large = { ...event('k', ''), value: Buffer.alloc(1 << 20) };
        await expect(appendAll(stream, [[0, large]])).rejects.toMatchObject({ code: 'RECORD_TOO_LARGE' });
        await appendAll(stream, [[0, event('k', 'fits')]]);
        expect(values(await readAll(stream, 0))).toEqual(['fits']);
        await stream.close();
      }));

    test('hands partitions over between processes, with nothing lost or worked on twice at a time', async () => {
      const leases = createMemoryLeases();
      const wanted = declared(4);
      const engines = await Promise.all([openEngine(leases), openEngine(leases)]);
      const streams: Stream[] = [];
      for (const engine of engines) streams.push(await engine.open(wanted));
      cleanups.push(...engines.map((engine) => () => engine.close()));
      cleanups.push(...streams.map((stream) => () => stream.close()));
      const consumers: Consumer[] = [];
      for (const [at, engine] of engines.entries())
        consumers.push(await engine.consumer(streams[at]!, 'validate:t'));
      cleanups.push(...consumers.map((consumer) => () => consumer.close()));
      const readers = consumers.map((consumer) => new GroupReader(consumer, 'validate:t'));
      readers[0]!.start();
      await poll(() => readers[0]!.partitions.length === 4);
      const keys = Array.from({ length: 40 }, (_, i) => `dev-${i}`);
      let sent = 0;
      const send = (count: number) => {
        const records = Array.from({ length: count }, () => event(keys[sent % 40]!, `${sent++}`));
        return appendAll(
          streams[0]!,
          records.map((record) => [partitionOf(record.key, 4), record]),
        );
      };
      await send(200);
      readers[1]!.start();
      await poll(() => readers[0]!.partitions.length === 2 && readers[1]!.partitions.length === 2);
      await send(200);
      const seen = () => readers.flatMap((reader) => reader.seen);
      await poll(() => seen().length >= 400);
      await consumers[0]!.close();
      await poll(() => readers[1]!.partitions.length === 4);
      await send(200);
      await poll(() => seen().length >= 600);
      expect(
        values(seen())
          .map(Number)
          .sort((a, b) => a - b),
      ).toEqual(Array.from({ length: 600 }, (_, i) => i));
    });

    const testResharding = noResharding === null ? test : test.skip;
    testResharding(
      `keeps every key's order while shards are split and merged${noResharding === null ? '' : ` (${noResharding})`}`,
      async () => {
        const engine = await openEngine();
        const stream = await engine.open(declared(2));
        const consumer = await engine.consumer(stream, 'validate:t');
        cleanups.push(
          () => engine.close(),
          () => stream.close(),
          () => consumer.close(),
        );
        const reader = new GroupReader(consumer, 'validate:t');
        reader.start();
        const keys = Array.from({ length: 60 }, (_, i) => `dev-${i}`);
        let sent = 0;
        const send = async (rounds: number) => {
          for (let round = 0; round < rounds; round++) {
            const records = keys.map((key) => event(key, `${sent++}`));
            await appendAll(
              stream,
              records.map((record) => [partitionOf(record.key, 2), record]),
            );
          }
        };
        const other = clientOf(emulator);
        const api = apiOf(emulator.endpoint);
        const isActive = async () => (await api.describe(stream.name))?.status === 'ACTIVE';
        await send(5);
        const [first] = await api.shards(stream.name);
        const middle = (first!.firstHash + first!.lastHash) / 2n;
        const split = { StreamName: stream.name, ShardToSplit: first!.id, NewStartingHashKey: `${middle}` };
        await Promise.all([other.send(new SplitShardCommand(split)), send(20)]);
        await poll(isActive);
        await send(5);
        await poll(() => reader.seen.length >= sent);
        expect(reader.partitions).toEqual([1, 2, 3]);
        const merge = {
          StreamName: stream.name,
          ShardToMerge: 'shardId-000000000002',
          AdjacentShardToMerge: 'shardId-000000000003',
        };
        await Promise.all([other.send(new MergeShardsCommand(merge)), send(20)]);
        await poll(isActive);
        await send(5);
        await poll(() => reader.partitions.join() === '1,4');
        // Time reaches every open shard, through the two partitions that there are to append to.
        for (const partition of [0, 1]) {
          await appendAll(stream, [[partition, { ...event('', `${sent++}`), kind: RecordKind.tick }]]);
        }
        await poll(() => reader.seen.length >= sent);
        expect(reader.partitions).toEqual([1, 4]);
        expect(reader.seen).toHaveLength(sent);
        for (const key of keys) {
          const numbers = values(reader.seen.filter((record) => record.key === key)).map(Number);
          expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
          expect(numbers).toHaveLength(55);
        }
        const used = new Set(reader.seen.map((record) => record.partition));
        expect([...used].sort()).toEqual([0, 1, 2, 3, 4]);
        api.close();
        other.destroy();
      },
    );
  });
}

function clientOf({ endpoint }: Emulator): KinesisClient {
  return new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    requestHandler: new NodeHttpHandler(),
  });
}
