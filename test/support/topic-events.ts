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
    const times = new Map<string, number>();
    let records = 0;
    if (left.size === 0) return { records, times };
    const messages = await consumer.consume({ topics: [topic], mode: 'earliest' });
    for await (const { partition, offset, key, value, headers } of messages) {
      if (offset < ends[partition]! && !headers.has(KIND_HEADER)) {
        records++;
        const event = `${key} ${(JSON.parse(value) as { seq: number }).seq}`;
        times.set(event, (times.get(event) ?? 0) + 1);
      }
      if (offset >= ends[partition]! - 1n) left.delete(partition);
      if (left.size === 0) break;
    }
    return { records, times };
  } finally {
    await consumer.close(true);
  }
}
