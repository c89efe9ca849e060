/** Consumer groups on a real Kafka broker: partitions change hands, and each record has its effect once. */
import { describeGroupsV5, leaveGroupV5 } from '@platformatic/kafka';
import pino from 'pino';
import type { StreamTrigger } from '../../runtime/manifest/manifest.js';
import { groupOf } from '../../runtime/mappings/lanes.js';
import { createMapping, type Mapping } from '../../runtime/mappings/mapping.js';
import { recordsOf } from '../../streams/batch.js';
import { type KafkaBroker, kafkaCanRun, startKafka } from '../support/kafka.js';
import { asOther, joined, openEngine, startWorker, uniqueName } from '../support/kafka-streams.js';
import { DEFAULT_TRIGGER } from '../support/mappings.js';
import { poll } from '../support/poll.js';
import { requireService } from '../support/services.js';
import { appendAll, event, values } from '../support/streams.js';

const describeKafka = await requireService('Kafka', kafkaCanRun);
const FOR_EVER = Number.POSITIVE_INFINITY;

describeKafka('consumer groups on Kafka', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka();
  }, 180_000);
  afterAll(() => broker?.dispose(), 60_000);

  test('a rebalance hands partitions over: each record is worked on once', async () => {
    const PARTITIONS = 6;
    const TOTAL = 6_000;
    const name = uniqueName('rebalance');
    const group = `f:${name}`;
    const engine = await openEngine(broker);
    const stream = await engine.open({ name, partitions: PARTITIONS, retentionMs: FOR_EVER });
    const workedOn = new Map<string, number>();
    const open = async () => {
      const own = await openEngine(broker);
      const ownStream = await own.open({ name, partitions: PARTITIONS, retentionMs: FOR_EVER });
      const worker = startWorker(
        await own.consumer(ownStream, group),
        group,
        async (batch) => {
          await new Promise((resolve) => setImmediate(resolve));
          for (const { partition, offset } of recordsOf(batch)) {
            const key = `${partition}/${offset}`;
            workedOn.set(key, (workedOn.get(key) ?? 0) + 1);
          }
        },
        20,
      );
      const close = async () => {
        await worker.close();
        await ownStream.close();
        await own.close();
      };
      return { worker, close };
    };
    const appending = (async () => {
      for (let i = 0; i < TOTAL; i += 100) {
        await appendAll(
          stream,
          Array.from({ length: 100 }, (_, at) => [(i + at) % PARTITIONS, event('k', `${i + at}`)]),
        );
      }
    })();
    const first = await open();
    await poll(() => workedOn.size > 200, { timeoutMs: 15_000 });
    const second = await open();
    await poll(() => second.worker.partitions.size === 3 && first.worker.partitions.size === 3, {
      timeoutMs: 15_000,
    });
    const third = await open();
    await poll(() => third.worker.partitions.size === 2, { timeoutMs: 15_000 });
    await first.close();
    await poll(() => second.worker.partitions.size + third.worker.partitions.size === PARTITIONS, {
      timeoutMs: 15_000,
    });
    await appending;
    await poll(() => workedOn.size === TOTAL, { timeoutMs: 15_000, what: 'every record worked on' });
    expect([...workedOn.values()].filter((times) => times !== 1)).toEqual([]);
    await second.close();
    await third.close();
    await stream.close();
    await engine.close();
  }, 90_000);

  test('what was not committed comes again after a crash; several readers of a group keep their own places', async () => {
    const name = uniqueName('crash');
    const group = `f:${name}`;
    const engine = await openEngine(broker);
    const stream = await engine.open({ name, partitions: 1, retentionMs: FOR_EVER });
    await appendAll(
      stream,
      Array.from({ length: 10 }, (_, i) => [0, event('k', `${i}`)]),
    );
    const first = await engine.consumer(stream, group);
    await joined(first);
    expect(first.checkpoints.load(group, 0)).toBeUndefined();
    first.checkpoints.save(`${group}/0of2`, 0, 4n);
    first.checkpoints.save(`${group}/1of2`, 0, 6n);
    await first.close();
    const second = await engine.consumer(stream, group);
    await joined(second);
    expect(second.checkpoints.load(`${group}/0of2`, 0)).toBe(4n);
    expect(second.checkpoints.load(`${group}/1of2`, 0)).toBe(6n);
    expect(second.checkpoints.load(group, 0)).toBeUndefined();
    const batch = await second.source.read(0, 4n, { maxRecords: 100, maxBytes: 1 << 20 });
    expect(values([...recordsOf(batch)])).toEqual(['4', '5', '6', '7', '8', '9']);
    // A reader that lags behind what was handed out is served all the same.
    const lagging = await second.source.read(0, 1n, { maxRecords: 2, maxBytes: 1 << 20 });
    expect(values([...recordsOf(lagging)])).toEqual(['1', '2']);
    await second.close();
    await stream.close();
    await engine.close();
  });

  test('a member that the group has given up commits nothing any more, and begins anew', async () => {
    const name = uniqueName('zombie');
    const group = `f:${name}`;
    const engine = await openEngine(broker, { sessionTimeoutMs: 10_000 });
    const stream = await engine.open({ name, partitions: 2, retentionMs: FOR_EVER });
    const consumer = await engine.consumer(stream, group);
    const told: string[] = [];
    consumer.share!.start({
      assigned: (partitions) => told.push(`assigned ${partitions}`),
      revoked: async (partitions) => void told.push(`revoked ${partitions}`),
    });
    await poll(() => told.length === 1);
    await asOther(broker, async (connection) => {
      const { groups } = await describeGroupsV5.api.async(connection, [group], false);
      const members = groups[0]!.members.map(({ memberId }) => ({ memberId, groupInstanceId: null }));
      expect(members).toHaveLength(1);
      await leaveGroupV5.api.async(connection, group, members);
    });
    consumer.checkpoints.save(group, 0, 7n);
    await poll(() => told.length === 3, { what: 'the loss being noticed' });
    expect(told).toEqual(['assigned 0,1', 'revoked 0,1', 'assigned 0,1']);
    expect(consumer.checkpoints.load(group, 0)).toBeUndefined();
    await consumer.close();
    await stream.close();
    await engine.close();
  });

  test('the partitions of a process that died go to another when its session is over', async () => {
    const name = uniqueName('died');
    const group = `f:${name}`;
    const options = { sessionTimeoutMs: 2_000 };
    const [first, second] = [await openEngine(broker, options), await openEngine(broker, options)];
    const declared = { name, partitions: 4, retentionMs: FOR_EVER };
    const doomed = await first.consumer(await first.open(declared), group);
    await joined(doomed);
    const stream = await second.open(declared);
    const worker = startWorker(await second.consumer(stream, group), group, () => undefined);
    // Its connections are gone, and it does not say goodbye.
    await first.close();
    await poll(() => worker.partitions.size === 4, { timeoutMs: 20_000 });
    await doomed.close();
    await worker.close();
    await stream.close();
    await second.close();
  }, 60_000);

  test.each([1, 3])(
    'mappings with %i lanes a partition share a stream',
    async (parallelizationFactor) => {
      const PARTITIONS = 4;
      const TOTAL = 4_000;
      const name = uniqueName('mapping');
      const trigger: StreamTrigger = {
        ...DEFAULT_TRIGGER,
        stream: name,
        batchSize: 50,
        parallelizationFactor,
      };
      const workedOn = new Map<string, number>();
      const open = async () => {
        const engine = await openEngine(broker);
        const stream = await engine.open({ name, partitions: PARTITIONS, retentionMs: FOR_EVER });
        const { source, checkpoints, share, close } = await engine.consumer(stream, groupOf('f', name, 0, 1));
        const mapping = createMapping(
          { functionName: 'f', functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:f', trigger },
          {
            stream: source,
            checkpoints,
            share: share!,
            invoke: async ({ batch }) => {
              await new Promise((resolve) => setImmediate(resolve));
              for (const { value } of recordsOf(batch)) {
                const text = Buffer.from(value).toString();
                workedOn.set(text, (workedOn.get(text) ?? 0) + 1);
              }
              return { kind: 'success' };
            },
            log: pino({ level: 'silent' }),
            time: Date.now,
          },
        );
        mapping.start();
        const stop = async () => {
          await mapping.stop();
          await close();
          await stream.close();
          await engine.close();
        };
        return { mapping, stream, stop };
      };
      const held = ({ mapping }: { mapping: Mapping }) => mapping.positions().size;
      const first = await open();
      const appending = (async () => {
        for (let i = 0; i < TOTAL; i += 50) {
          await appendAll(
            first.stream,
            Array.from({ length: 50 }, (_, at) => [(i + at) % PARTITIONS, event(`k${at % 20}`, `${i + at}`)]),
          );
        }
      })();
      await poll(() => workedOn.size > 100);
      const second = await open();
      await poll(() => held(first) === 2 && held(second) === 2, { timeoutMs: 20_000 });
      await appending;
      await poll(() => workedOn.size === TOTAL, { timeoutMs: 20_000, what: 'every record worked on' });
      await second.stop();
      await poll(() => held(first) === PARTITIONS, { timeoutMs: 20_000 });
      await appendAll(first.stream, [[3, event('k', 'last')]]);
      await poll(() => workedOn.has('last'));
      expect([...workedOn.values()].filter((times) => times !== 1)).toEqual([]);
      expect([...first.mapping.positions()].sort(([a], [b]) => a - b)).toEqual([
        [0, BigInt(TOTAL / PARTITIONS)],
        [1, BigInt(TOTAL / PARTITIONS)],
        [2, BigInt(TOTAL / PARTITIONS)],
        [3, BigInt(TOTAL / PARTITIONS + 1)],
      ]);
      await first.stop();
    },
    90_000,
  );
});
