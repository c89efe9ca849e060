/**
 * aggregate: stream telemetry -> windows of devices, groups and the fleet. One commit per invocation; between
 * invocations the environment remembers the partition's state, and reads it anew when somebody else moved it on.
 *
 * What definitions publish goes out before the commit: a crash in between repeats it, and none is missing.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { EventDecoder } from '../../schemas/decode.js';
import { deviceTags } from '../../schemas/device-tags.js';
import { loadSchemas } from '../../schemas/registry.js';
import type { Batch } from '../../streams/batch.js';
import { type CreateFunction, SUCCESS } from '../contract.js';
import { firstIndexFrom, isFresh } from '../resume.js';
import { applyBatch, decodeAll, keysOf } from './core.js';
import { learnDevices, learnGroups, load } from './load.js';
import { messagesOf } from './messages.js';
import type { PartitionState } from './partition.js';
import { Plans } from './plan.js';

export const create: CreateFunction = (platform) => {
  const { settings } = platform;
  const store = platform.stores.aggregation;
  const decoder = new EventDecoder(loadSchemas(join(settings.root, 'schemas')), settings);
  const plans = new Plans(settings.aggregate);
  const tagsOf = deviceTags(settings.deviceTags);
  const hasGroups = plans.ofGroups.length > 0;
  const publishes = settings.aggregate.definitions.some(({ publish }) => publish);
  const partitions = new Map<number, PartitionState>();

  const process = async (batch: Batch) => {
    const { partition } = batch;
    const cached = partitions.get(partition);
    // Forgotten until the commit is known to have succeeded: a failure leaves nothing half-applied behind.
    partitions.delete(partition);
    const fresh = cached !== undefined && isFresh(cached.tally.nextOffset, batch);
    const state = fresh ? cached : await load(store, partition, plans);
    const skip = firstIndexFrom(batch, state.tally.nextOffset);
    if (skip < batch.count) {
      const keys = keysOf(batch, skip);
      await learnDevices(store, state, keys);
      const decoded = hasGroups ? decodeAll(batch, keys, decoder) : null;
      if (decoded !== null) await learnGroups(store, state, keys, decoded, tagsOf);
      const commit = applyBatch(state, batch, keys, decoded ?? decoder, tagsOf);
      if (publishes) {
        const messages = messagesOf(commit, plans);
        if (messages.length > 0) await platform.publish(messages);
      }
      await store.commit(commit);
      state.evict();
    }
    partitions.set(partition, state);
    return SUCCESS;
  };
  return { process };
};

export const handler = lambdaHandler(create);
