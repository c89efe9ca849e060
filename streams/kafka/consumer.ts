/**
 * A consumer: a Kafka consumer group's member, its offsets as checkpoints, and what it fetches as a source. The
 * order that matters: a partition is taken with its offsets before anything is fetched for it; it is given back with
 * nothing in flight and everything committed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer } from '../engine.js';
import type { Share, ShareListener } from '../share.js';
import { backoffMs, type KafkaClient } from './client.js';
import { learnEnds } from './direct-read.js';
import { KafkaCode, kafkaCodeOf, kafkaError } from './errors.js';
import { GroupMember, type GroupMemberOptions } from './group-member.js';
import { KafkaCheckpoints } from './kafka-checkpoints.js';
import { KafkaSource, type KafkaSourceOptions } from './kafka-source.js';

/** Whoever has not been able to commit for so long gives up: what was not committed is done again. */
const FLUSH_WITHIN_MS = 10_000;

export interface KafkaConsumerOptions extends GroupMemberOptions, KafkaSourceOptions {
  readonly commitIntervalMs: number;
}

export function createKafkaConsumer(client: KafkaClient, options: KafkaConsumerOptions): Consumer {
  const { group, topic, log, commitIntervalMs } = options;
  const source = new KafkaSource(client, options);
  let listener: ShareListener | undefined;
  let timer: NodeJS.Timeout | undefined;
  let committing: Promise<void> = Promise.resolve();
  let failures = 0;
  let isClosed = false;
  const checkpoints = new KafkaCheckpoints(client, topic, group, () => {
    timer ??= setTimeout(
      () => {
        committing = committing.then(commit);
      },
      commitIntervalMs * 2 ** Math.min(failures, 6),
    );
  });

  /** One after the other, so that an older commit never overtakes a newer one. */
  const commit = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const { membership } = member;
    if (membership === null || !checkpoints.isDirty) return;
    try {
      await checkpoints.commit(membership);
      failures = 0;
    } catch (error) {
      failures++;
      const code = kafkaCodeOf(error);
      if (code === KafkaCode.illegalGeneration || code === KafkaCode.unknownMember)
        member.tellLost(membership);
      else if (code !== KafkaCode.rebalanceInProgress) {
        client.forgetCoordinator(group);
        if (failures === 1)
          log.warn({ group, err: kafkaError(error, 'cannot commit offsets') }, 'trying again');
      }
      timer ??= setTimeout(() => {
        committing = committing.then(commit);
      }, backoffMs(failures));
    }
  };

  /** Until all is committed, or the partitions are lost, or it has taken too long. */
  const flush = async (): Promise<void> => {
    const until = performance.now() + FLUSH_WITHIN_MS;
    for (let attempts = 1; ; attempts++) {
      // Also when nothing is dirty: a commit under way may fail yet.
      committing = committing.then(commit);
      await committing;
      if (!checkpoints.isDirty || member.membership === null) return;
      if (performance.now() > until || member.isLost || client.isClosed) {
        log.error({ group }, 'offsets could not be committed: what follows them is done again elsewhere');
        return;
      }
      await sleep(backoffMs(attempts));
    }
  };

  const drop = (partitions: readonly number[]): void => {
    checkpoints.drop(partitions);
    source.deactivate(partitions);
  };

  const member = new GroupMember(client, options, {
    async taken(partitions) {
      await checkpoints.take(partitions);
      await learnEnds(client, topic, partitions, source.known);
      for (const partition of partitions) {
        const { end } = source.ends(partition);
        source.activate(partition, checkpoints.lowest(partition) ?? end);
      }
      listener?.assigned(partitions);
    },
    async givenBack(partitions) {
      await listener?.revoked(partitions);
      await flush();
      drop(partitions);
    },
    async lost(partitions) {
      checkpoints.drop(partitions);
      await listener?.revoked(partitions);
      source.deactivate(partitions);
    },
  });

  const share: Share = {
    start(given) {
      listener = given;
      member.start();
    },
    stop: () => member.stop(),
  };

  return {
    source,
    checkpoints,
    share,
    async close() {
      if (isClosed) return;
      isClosed = true;
      await member.stop();
      clearTimeout(timer);
      await committing;
      source.close();
    },
  };
}
