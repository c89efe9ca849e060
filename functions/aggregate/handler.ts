/**
 * aggregate: stream telemetry -> windows per device. One commit per invocation; between invocations the environment
 * remembers the partition's state, and reads it anew when somebody else moved it on.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { EventDecoder } from '../../schemas/decode.js';
import { loadSchemas } from '../../schemas/registry.js';
import type { AggregationStore } from '../../stores/aggregation.js';
import type { Batch } from '../../streams/batch.js';
import { type CreateFunction, SUCCESS } from '../contract.js';
import { firstIndexFrom, isFresh } from '../resume.js';
import { applyBatch, keysOf } from './core.js';
import { emptyTally, PartitionState } from './partition.js';

export const create: CreateFunction = ({ settings, stores }) => {
  const decoder = new EventDecoder(loadSchemas(join(settings.root, 'schemas')), settings);
  const options = settings.aggregate;
  const lateness = options.allowedLatenessMs;
  const partitions = new Map<number, PartitionState>();

  const process = async (batch: Batch) => {
    const { partition } = batch;
    const cached = partitions.get(partition);
    // Forgotten until the commit is known to have succeeded: a failure leaves nothing half-applied behind.
    partitions.delete(partition);
    const fresh = cached !== undefined && isFresh(cached.tally.nextOffset, batch);
    const state = fresh ? cached : await load(stores.aggregation, partition, lateness);
    const skip = firstIndexFrom(batch, state.tally.nextOffset);
    if (skip < batch.count) {
      const keys = keysOf(batch, skip);
      await learn(stores.aggregation, state, keys, lateness);
      await stores.aggregation.commit(applyBatch(state, batch, keys, decoder, options));
      state.evict();
    }
    partitions.set(partition, state);
    return SUCCESS;
  };
  return { process };
};

export const handler = lambdaHandler(create);

/** The tally, and the devices with open windows. */
async function load(store: AggregationStore, partition: number, lateness: number): Promise<PartitionState> {
  const state = new PartitionState((await store.tally(partition)) ?? emptyTally(partition));
  const deviceIds = await store.devicesWithOpenWindows(partition);
  if (deviceIds.length > 0) {
    const open = await store.openWindows(deviceIds);
    state.restore(deviceIds, await store.progress(deviceIds), open, lateness);
  }
  return state;
}

/** Reads the devices not met yet, in one query; they have no open windows, or `load` would have found them. */
async function learn(
  store: AggregationStore,
  state: PartitionState,
  keys: readonly (string | undefined)[],
  lateness: number,
): Promise<void> {
  const unknown = new Set<string>();
  for (const key of keys) if (key !== undefined && !state.devices.has(key)) unknown.add(key);
  if (unknown.size === 0) return;
  const deviceIds = [...unknown];
  state.restore(deviceIds, await store.progress(deviceIds), [], lateness);
}
