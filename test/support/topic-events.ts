/**
 * What a topic holds, read by the Kafka client's own consumer and by nothing of Millrace's: how often each event of
 * each device is there.
 */
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { KIND_HEADER } from '../../streams/kafka/record-batch.js';

export interface TopicEvents {
  /** Records that are events, repeated ones as often as they are there. */
  readonly records: number;
  /** Times that each event is there, by `device seq`. */
  readonly times: ReadonlyMap<string, number>;
}

/** Reads to the end that the topic has when it is called. */
export async function eventsIn(brokers: readonly string[], topic: string): Promise<TopicEvents> {
  const times = new Map<string, number>();
  let records = 0;
  await readTopic(brokers, topic, ({ key, value, isEvent }) => {
    if (!isEvent) return;
    records++;
    const event = `${key} ${(JSON.parse(value) as { seq: number }).seq}`;
    times.set(event, (times.get(event) ?? 0) + 1);
  });
  return { records, times };
}

/** How often each time (epoch ms) was told each partition, by `partition time`. */
export async function ticksIn(brokers: readonly string[], topic: string): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  await readTopic(brokers, topic, ({ key, partition, timestamp, isEvent }) => {
    if (isEvent || key !== '') return;
    const tick = `${partition} ${timestamp}`;
    times.set(tick, (times.get(tick) ?? 0) + 1);
  });
  return times;
}

interface TopicRecord {
  readonly partition: number;
  readonly key: string;
  readonly value: string;
  readonly timestamp: bigint;
  /** One that was promised to its publisher: all others say of what kind they are. */
  readonly isEvent: boolean;
}

async function readTopic(
  brokers: readonly string[],
  topic: string,
  take: (record: TopicRecord) => void,
): Promise<void> {
  const consumer = new Consumer({
    clientId: 'millrace-test-count',
    groupId: `count-${process.pid}-${Date.now()}`,
    bootstrapBrokers: [...brokers],
    deserializers: stringDeserializers,
    autocommit: false,
  });
  try {
    const ends = (await consumer.listOffsets({ topics: [topic] })).get(topic)!;
    const left = new Set(ends.flatMap((end, partition) => (end > 0n ? [partition] : [])));
    if (left.size === 0) return;
    const messages = await consumer.consume({ topics: [topic], mode: 'earliest' });
    for await (const { partition, offset, key, value, headers, timestamp } of messages) {
      if (offset < ends[partition]!) {
        take({ partition, key: key ?? '', value, timestamp, isEvent: !headers.has(KIND_HEADER) });
      }
      if (offset >= ends[partition]! - 1n) left.delete(partition);
      if (left.size === 0) break;
    }
  } finally {
    await consumer.close(true);
  }
}
