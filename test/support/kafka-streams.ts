/** Kafka engines and consumers as tests want them: short waits, nothing on stderr, groups that are worked on. */
import { randomUUID } from 'node:crypto';
import { Connection } from '@platformatic/kafka';
import type { Batch } from '../../streams/batch.js';
import { lastOffset } from '../../streams/batch.js';
import type { Consumer, StreamEngine } from '../../streams/engine.js';
import { openKafkaEngine } from '../../streams/kafka/kafka-engine.js';
import type { KafkaOptions } from '../../streams/kafka/options.js';
import type { KafkaBroker } from './kafka.js';

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID().slice(0, 8)}`;
}

export function openEngine(
  { brokers }: Pick<KafkaBroker, 'brokers'>,
  options: Partial<KafkaOptions> = {},
): Promise<StreamEngine> {
  return openKafkaEngine({
    brokers,
    clientId: 'millrace-test',
    fetchWaitMs: 50,
    commitIntervalMs: 10,
    sessionTimeoutMs: 3_000,
    requestTimeoutMs: 5_000,
    log: { warn: () => undefined, error: () => undefined },
    ...options,
  });
}

/** Requests of a client that is none of ours. */
export async function asOther<T>(
  { brokers }: Pick<KafkaBroker, 'brokers'>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const [host, port] = brokers[0]!.split(':');
  const connection = new Connection('other');
  await connection.connect(host!, Number(port));
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** Joins the group; resolves when all partitions are the consumer's. */
export function joined({ source, share }: Consumer): Promise<void> {
  return new Promise((resolve) => {
    const mine = new Set<number>();
    share!.start({
      assigned(partitions) {
        for (const partition of partitions) mine.add(partition);
        if (mine.size === source.partitions) resolve();
      },
      revoked: async () => undefined,
    });
  });
}

/** What works through a group's partitions as a mapping does, one batch at a time per partition. */
export interface Worker {
  readonly partitions: ReadonlySet<number>;
  /** How often partitions were taken away. */
  readonly revocations: number;
  close(): Promise<void>;
}

export function startWorker(
  consumer: Consumer,
  group: string,
  work: (batch: Batch) => void | Promise<void>,
  maxRecords = 100,
): Worker {
  const { source, checkpoints, share } = consumer;
  const running = new Map<number, { isStopping: boolean; wake: () => void; done: Promise<void> }>();
  const partitions = new Set<number>();
  const state = { revocations: 0 };
  const loop = async (partition: number) => {
    const self = running.get(partition)!;
    let next = checkpoints.load(group, partition) ?? source.ends(partition).start;
    while (!self.isStopping) {
      if (source.ends(partition).end <= next) {
        await new Promise<void>((resolve) => {
          self.wake = resolve;
        });
        continue;
      }
      const batch = await source.read(partition, next, { maxRecords, maxBytes: 1 << 20 });
      await work(batch);
      next = batch.count === 0 ? batch.baseOffset : lastOffset(batch) + 1n;
      checkpoints.save(group, partition, next);
    }
  };
  source.onAppended((partition) => running.get(partition)?.wake());
  share!.start({
    assigned(given) {
      for (const partition of given) {
        partitions.add(partition);
        const self = { isStopping: false, wake: () => undefined, done: Promise.resolve() };
        running.set(partition, self);
        self.done = loop(partition);
      }
    },
    async revoked(taken) {
      state.revocations++;
      for (const partition of taken) {
        const self = running.get(partition)!;
        self.isStopping = true;
        self.wake();
        await self.done;
        running.delete(partition);
        partitions.delete(partition);
      }
    },
  });
  return {
    partitions,
    get revocations() {
      return state.revocations;
    },
    close: () => consumer.close(),
  };
}
