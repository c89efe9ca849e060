/** Where partitions begin and end, and which offset a time is at: questions to the partitions' leaders. */
import { listOffsetsV7 } from '@platformatic/kafka';
import { MillraceError } from '../../common/errors.js';
import { type KafkaClient, type Node, nodeKey } from './client.js';

/** Times that are none. Source: ListOffsets in Kafka's protocol; LATEST_TIME is KIP-734's, which brokers have since 3.0. */
export const END = -1n;
export const START = -2n;
export const LATEST_TIME = -3n;

export interface FoundOffset {
  /** Below 0: there is none. */
  readonly offset: bigint;
  readonly timestamp: bigint;
}

const READ_COMMITTED = 1;

/** @param time epoch ms, or one of the constants above */
export async function findOffsets(
  client: KafkaClient,
  topic: string,
  partitions: readonly number[],
  time: bigint,
): Promise<Map<number, FoundOffset>> {
  try {
    const byLeader = new Map<string, { readonly leader: Node; readonly partitions: number[] }>();
    for (const partition of partitions) {
      const leader = leaderOf(client, topic, partition);
      const led = byLeader.get(nodeKey(leader)) ?? { leader, partitions: [] };
      led.partitions.push(partition);
      byLeader.set(nodeKey(leader), led);
    }
    const answers = await Promise.all(
      [...byLeader.values()].map((led) =>
        client.request('any', led.leader, listOffsetsV7.api, -1, READ_COMMITTED, [
          {
            name: topic,
            partitions: led.partitions.map((partition) => ({
              partitionIndex: partition,
              currentLeaderEpoch: -1,
              timestamp: time,
            })),
          },
        ]),
      ),
    );
    const found = answers.flatMap(({ topics }) => topics.flatMap((one) => one.partitions));
    return new Map(
      found.map(({ partitionIndex, offset, timestamp }) => [partitionIndex, { offset, timestamp }]),
    );
  } catch (error) {
    // The next attempt asks whoever leads them by then.
    await client.refresh(topic);
    throw error;
  }
}

/** Throws a `NO_LEADER` that can be tried again. */
export function leaderOf(client: KafkaClient, topic: string, partition: number): Node {
  const leader = client.leaderOf(topic, partition);
  if (leader !== undefined) return leader;
  throw new MillraceError(`partition ${partition} of ${topic} has no leader`, {
    code: 'NO_LEADER',
    canRetry: true,
  });
}
