/** What a consumer group has committed, asked of the group's coordinator. */
import { offsetFetchV8 } from '@platformatic/kafka';
import type { KafkaClient } from './client.js';

export interface CommittedOffset {
  readonly partition: number;
  readonly offset: bigint;
  readonly metadata: string;
}

/** Partitions for which something was committed. Keeps trying for `withinMs`. */
export async function fetchCommitted(
  client: KafkaClient,
  topic: string,
  group: string,
  partitions: readonly number[],
  withinMs: number,
): Promise<CommittedOffset[]> {
  const topics = [{ name: topic, partitionIndexes: [...partitions] }];
  const asked = { groupId: group, memberId: null, memberEpoch: -1, topics };
  const { groups } = await client.retrying(
    `cannot load the offsets of group ${group}`,
    withinMs,
    async () => {
      try {
        const node = await client.coordinatorOf(group);
        return await client.request(`group ${group}`, node, offsetFetchV8.api, [asked], true);
      } catch (error) {
        client.forgetCoordinator(group);
        throw error;
      }
    },
  );
  return groups.flatMap(({ topics: answered }) =>
    answered.flatMap(({ partitions: found }) =>
      found.flatMap(({ partitionIndex: partition, committedOffset: offset, metadata }) =>
        offset < 0n ? [] : [{ partition, offset, metadata: metadata ?? '' }],
      ),
    ),
  );
}
