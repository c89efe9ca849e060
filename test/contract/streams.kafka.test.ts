/** The stream contract on a real Kafka broker, and what only Kafka has: topics, restarts, other people's records. */
import { deleteRecordsV2, Consumer as OtherConsumer, Producer as OtherProducer } from '@platformatic/kafka';
import { recordsOf } from '../../streams/batch.js';
import type { Checkpoints } from '../../streams/checkpoints.js';
import type { Consumer } from '../../streams/engine.js';
import { partitionOf } from '../../streams/partitioner.js';
import { RecordKind } from '../../streams/record.js';
import type { Stream } from '../../streams/stream.js';
import { KAFKA_USER, type KafkaBroker, kafkaCanRun, startKafka } from '../support/kafka.js';
import { asOther, joined, openEngine, startWorker, uniqueName } from '../support/kafka-streams.js';
import { poll } from '../support/poll.js';
import { requireService } from '../support/services.js';
import { appendAll, event, readAll, values } from '../support/streams.js';
import { describeStream } from './streams.contract.js';

const describeKafka = await requireService('Kafka', kafkaCanRun);
const FOR_EVER = Number.POSITIVE_INFINITY;
const GROUPS = ['validate', 'aggregate', 'alert'];

describeKafka('Kafka', () => {
  let broker: KafkaBroker;
  beforeAll(async () => {
    broker = await startKafka();
  }, 180_000);
  afterAll(() => broker?.dispose(), 60_000);

  const other = () => ({ clientId: 'other', bootstrapBrokers: [...broker.brokers] });

  /** Whatever group they are asked for, of consumers that have all partitions. */
  const checkpointsOf = async (consumers: ReadonlyMap<string, Consumer>): Promise<Checkpoints> => {
    await Promise.all([...consumers.values()].map(joined));
    return {
      load: (group, partition) => consumers.get(group)!.checkpoints.load(group, partition),
      save: (group, partition, next) => consumers.get(group)!.checkpoints.save(group, partition, next),
      close: () => undefined,
    };
  };
  describeStream({
    name: 'Kafka',
    skips: {
      'counts records by kind; the sum is the end': 'brokers do not look into records: counts are null',
    },
    async open(partitions) {
      const name = uniqueName('contract');
      const openBoth = async () => {
        const engine = await openEngine(broker);
        const stream = await engine.open({ name, partitions, retentionMs: FOR_EVER });
        const consumers = new Map<string, Consumer>();
        for (const group of GROUPS) {
          // One group for each test, under the name that the suite has for it.
          const consumer = await engine.consumer(stream, `${name}:${group}`);
          consumers.set(group, renamed(consumer, group, `${name}:${group}`));
        }
        return { engine, stream, consumers, checkpoints: await checkpointsOf(consumers) };
      };
      let current = await openBoth();
      const close = async () => {
        for (const consumer of current.consumers.values()) await consumer.close();
        await current.stream.close();
        await current.engine.close();
      };
      return {
        ...current,
        reopen: async () => {
          await close();
          current = await openBoth();
          return current;
        },
        trimBefore: async (stream: Stream, offset: bigint) => {
          const topics = [{ name, partitions: [{ partitionIndex: 0, offset }] }];
          await asOther(broker, (connection) => deleteRecordsV2.api.async(connection, topics, 5_000));
          await stream.trim([offset], Date.now());
        },
        dispose: close,
      };
    },
  });

  test('makes the topic as declared, and refuses one that is otherwise', async () => {
    const engine = await openEngine(broker);
    const name = uniqueName('declared');
    await (await engine.open({ name, partitions: 3, retentionMs: 3_600_000 })).close();
    const again = await engine.open({ name, partitions: 3, retentionMs: 3_600_000 });
    expect(again.partitions).toBe(3);
    await again.close();
    const refused = (partitions: number, retentionMs: number) =>
      engine.open({ name, partitions, retentionMs }).then(
        () => undefined,
        (error: Error) => error,
      );
    expect(await refused(4, 3_600_000)).toMatchObject({
      code: 'STREAM_PARTITIONS',
      message: expect.stringContaining('has 3 partitions; serverless.yml declares 4'),
    });
    expect(await refused(2, 3_600_000)).toMatchObject({ code: 'STREAM_PARTITIONS' });
    expect(await refused(3, 7_200_000)).toMatchObject({
      code: 'STREAM_CONFIG',
      message: expect.stringContaining('retention.ms is 3600000, and should be 7200000'),
    });
    await expect(engine.open({ name: 'no/topic', partitions: 1, retentionMs: 1 })).rejects.toMatchObject({
      code: 'STREAM_CONFIG',
    });
    await engine.close();
    const replicated = await openEngine(broker, { replicationFactor: 2 });
    await expect(replicated.open({ name, partitions: 3, retentionMs: 3_600_000 })).rejects.toMatchObject({
      code: 'STREAM_CONFIG',
      message: expect.stringContaining('1 replicas'),
    });
    await expect(
      replicated.open({ name: uniqueName('declared'), partitions: 1, retentionMs: 1_000 }),
    ).rejects.toMatchObject({ canRetry: false });
    await replicated.close();
  });

  test('says so when a record is too large, in turn and without harm to the others', async () => {
    const engine = await openEngine(broker);
    const stream = await engine.open({ name: uniqueName('large'), partitions: 1, retentionMs: FOR_EVER });
    const outcomes: string[] = [];
    await new Promise<void>((resolve) => {
      for (const value of ['before', 'x'.repeat(2_000_000), 'after']) {
        stream.append(0, event('k', value), (error) => {
          outcomes.push(error === null ? value : String((error as { code?: string }).code));
          if (outcomes.length === 3) resolve();
        });
      }
    });
    expect(outcomes).toEqual(['before', 'MESSAGE_TOO_LARGE', 'after']);
    expect(values(await readAll(stream, 0))).toEqual(['before', 'after']);
    expect(stream.health()).toEqual({ writable: true });
    await stream.close();
    await engine.close();
  });

  test('other people’s records are acknowledged events; ours are plain events to them', async () => {
    const engine = await openEngine(broker);
    const name = uniqueName('foreign');
    const stream = await engine.open({ name, partitions: 1, retentionMs: FOR_EVER });
    const producer = new OtherProducer({ ...other(), compression: 'gzip' });
    const headers = new Map([[Buffer.from('source'), Buffer.from('plc')]]);
    const message = { topic: name, partition: 0, timestamp: 1_700_000_000_000n };
    await producer.send({
      messages: [
        { ...message, key: Buffer.from('dev-1'), value: Buffer.from('{"t":1}'), headers },
        { ...message, value: Buffer.from('{"t":2}') },
      ],
    });
    await producer.close();
    await stream.trim([], 0);
    await appendAll(stream, [
      [0, { ...event('dev-2', '{"t":3}', 1_700_000_000_007), headers: { a: 'b' } }],
      [0, { ...event('', ''), kind: RecordKind.tick }],
    ]);
    expect(await readAll(stream, 0)).toMatchObject([
      { kind: 0, key: 'dev-1', arrivalTime: 1_700_000_000_000, headers: { source: 'plc' } },
      { kind: 0, key: '', arrivalTime: 1_700_000_000_000 },
      { kind: 0, key: 'dev-2', arrivalTime: 1_700_000_000_007, headers: { a: 'b' } },
      { kind: 2, key: '' },
    ]);
    const consumer = new OtherConsumer({ ...other(), groupId: uniqueName('other') });
    const messages = await consumer.consume({ topics: [name], mode: 'earliest', autocommit: false });
    const seen: unknown[] = [];
    for await (const { key, value, timestamp, headers: theirs } of messages) {
      const texts = [...theirs].map(([header, text]) => `${header}=${text}`);
      seen.push([key?.toString() ?? null, value?.toString(), Number(timestamp), texts]);
      if (seen.length === 4) break;
    }
    await consumer.close(true);
    expect(seen.slice(2)).toEqual([
      ['dev-2', '{"t":3}', 1_700_000_000_007, ['a=b']],
      [null, '', expect.any(Number), ['millrace-kind=tick']],
    ]);
    await stream.close();
    await engine.close();
  });

  test('a killed broker loses nothing acknowledged; appends wait for it, and health says why', async () => {
    if (!broker.isOwn) return;
    const name = uniqueName('restart');
    const engine = await openEngine(broker);
    const stream = await engine.open({ name, partitions: 3, retentionMs: FOR_EVER });
    const group = `f:${name}`;
    const seen = new Set<string>();
    const worker = startWorker(await engine.consumer(stream, group), group, (batch) => {
      for (const { value } of recordsOf(batch)) seen.add(Buffer.from(value).toString());
    });
    const acknowledged: string[] = [];
    const failed: Error[] = [];
    let sent = 0;
    let isOver = false;
    const appendSome = () => {
      for (let i = 0; i < 20; i++) {
        const value = `${sent++}`;
        const key = `dev-${sent % 10}`;
        // Now, as a gateway stamps them: a broker that restarts forgets producers whose newest record is a day old, and
        // with them that the batch under way when it died was written.
        stream.append(partitionOf(key, 3), event(key, value, Date.now()), (error) => {
          if (error === null) acknowledged.push(value);
          else failed.push(error);
        });
      }
      if (!isOver) setTimeout(appendSome, 5);
    };
    appendSome();
    await poll(() => acknowledged.length > 500);
    await broker.stop('killed');
    await poll(() => !stream.health().writable, { what: 'health noticing' });
    expect(stream.health()).toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    const before = acknowledged.length;
    await broker.start();
    await poll(() => acknowledged.length > before + 500, { timeoutMs: 30_000, what: 'appends going on' });
    isOver = true;
    await poll(() => acknowledged.length === sent, { timeoutMs: 30_000, what: 'every append' });
    expect(failed).toEqual([]);
    expect(stream.health()).toEqual({ writable: true });
    await poll(() => seen.size === sent, { timeoutMs: 30_000, what: 'the consumer coming after' });
    const found: string[] = [];
    for (let partition = 0; partition < 3; partition++) {
      const own = values(await readAll(stream, partition)).map(Number);
      expect(own).toEqual([...own].sort((a, b) => a - b));
      found.push(...own.map(String));
    }
    expect(found.sort()).toEqual(acknowledged.sort());
    await worker.close();
    await stream.close();
    await engine.close();
  }, 120_000);

  test('lets itself in by SASL, and says when it is not let in', async () => {
    if (broker.saslBrokers === undefined) return;
    for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
      const address = { brokers: broker.saslBrokers };
      const engine = await openEngine(address, { sasl: { mechanism, ...KAFKA_USER } });
      const stream = await engine.open({ name: uniqueName('sasl'), partitions: 1, retentionMs: FOR_EVER });
      await appendAll(stream, [[0, event('k', mechanism)]]);
      expect(values(await readAll(stream, 0))).toEqual([mechanism]);
      await stream.close();
      await engine.close();
      const wrong = { mechanism, ...KAFKA_USER, password: 'wrong' };
      await expect(openEngine(address, { sasl: wrong })).rejects.toMatchObject({
        code: 'KAFKA_LOGIN_REFUSED',
        message: expect.not.stringContaining('wrong'),
      });
    }
  }, 60_000);

  test('speaks TLS with a broker that its authority vouches for, and with no other', async () => {
    if (broker.tls === undefined) return;
    const { brokers, ca } = broker.tls;
    const engine = await openEngine({ brokers }, { tls: { ca } });
    const stream = await engine.open({ name: uniqueName('tls'), partitions: 1, retentionMs: FOR_EVER });
    await appendAll(stream, [[0, event('k', 'private')]]);
    expect(values(await readAll(stream, 0))).toEqual(['private']);
    await stream.close();
    await engine.close();
    await expect(openEngine({ brokers }, { tls: {}, openWithinMs: 500 })).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      message: expect.stringContaining('self-signed certificate'),
    });
  });

  test('says that no broker answers', async () => {
    const engine = openEngine({ brokers: ['127.0.0.1:1'] }, { openWithinMs: 300 });
    await expect(engine).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE', canRetry: true });
  });
});

/** The consumer, its group called `shown`. */
function renamed(consumer: Consumer, shown: string, real: string): Consumer {
  return {
    ...consumer,
    checkpoints: {
      load: (group, partition) => consumer.checkpoints.load(group.replace(shown, real), partition),
      save: (group, partition, next) =>
        consumer.checkpoints.save(group.replace(shown, real), partition, next),
      close: () => consumer.checkpoints.close(),
    },
  };
}
