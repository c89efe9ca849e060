/** Streams as topics of a Kafka cluster. */
import { MillraceError } from '../../common/errors.js';
import type { DeclaredStream, StreamEngine } from '../engine.js';
import type { Stream } from '../stream.js';
import { KafkaClient } from './client.js';
import { fetchCommitted } from './committed.js';
import { createKafkaConsumer } from './consumer.js';
import { KafkaStream } from './kafka-stream.js';
import { type KafkaOptions, warningLog } from './options.js';
import { openTopic } from './topic.js';

const CLOSE_WITHIN_MS = 10_000;
/** Somebody is waiting for a page. */
const COMMITTED_WITHIN_MS = 3_000;
const REQUEST_BYTES = 8 << 20;

/** Rejects with `KAFKA_UNREACHABLE` or `KAFKA_LOGIN_REFUSED` when no broker lets it in. */
export async function openKafkaEngine(options: KafkaOptions): Promise<StreamEngine> {
  const {
    batchBytes = 512 << 10,
    maxPendingBytes = 256 << 20,
    bufferBytes = 4 << 20,
    fetchWaitMs = 250,
    sessionTimeoutMs = 10_000,
    rebalanceTimeoutMs = 60_000,
    commitIntervalMs = 50,
    endsIntervalMs = 5_000,
    requestTimeoutMs = 15_000,
    openWithinMs = 30_000,
    lingerMs = 2,
    log = warningLog,
  } = options;
  const client = new KafkaClient(options, requestTimeoutMs, rebalanceTimeoutMs + requestTimeoutMs);
  await client.reach(openWithinMs).catch(async (error: unknown) => {
    await client.close();
    throw error;
  });
  return {
    async open(declared: DeclaredStream): Promise<Stream> {
      const topic = await openTopic(client, declared, options.replicationFactor, openWithinMs);
      const stream = new KafkaStream(client, topic, declared.partitions, {
        lingerMs,
        batchBytes,
        maxPendingBytes,
        requestBytes: REQUEST_BYTES,
        requestTimeoutMs,
        endsIntervalMs,
        closeWithinMs: CLOSE_WITHIN_MS,
        log,
      });
      await stream.learn();
      return stream;
    },
    async consumer(stream, group) {
      if (!(stream instanceof KafkaStream)) {
        throw new MillraceError(`stream ${stream.name} is not in Kafka`, { code: 'STREAM_FOREIGN' });
      }
      return createKafkaConsumer(client, {
        topic: stream.name,
        partitions: stream.partitions,
        ends: stream.known,
        group,
        bufferBytes,
        fetchWaitMs,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        commitIntervalMs,
        log,
      });
    },
    async committed({ name, partitions }, group) {
      const all = Array.from({ length: partitions }, (_, partition) => partition);
      const found = await fetchCommitted(client, name, group, all, COMMITTED_WITHIN_MS);
      const offsets = new Map(found.map(({ partition, offset }) => [partition, offset]));
      return all.map((partition) => offsets.get(partition));
    },
    close: () => client.close(),
  };
}
