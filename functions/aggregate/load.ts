/** What aggregate reads from the store: a partition's state at a cold start, and devices and groups not met yet. */
import type { AggregationStore } from '../../stores/aggregation.js';
import type { Decoded, Keys, TagsOf } from './core.js';
import { groupKey } from './group.js';
import { emptyTally, PartitionState } from './partition.js';
import type { Plans } from './plan.js';

/** The tally, and the devices and groups with open windows. */
export async function load(
  store: AggregationStore,
  partition: number,
  plans: Plans,
): Promise<PartitionState> {
  const state = new PartitionState((await store.tally(partition)) ?? emptyTally(partition), plans);
  // The last events are in the progress, which is read when one more comes.
  const open = await store.openWindows(partition, plans.lasting);
  const devices = new Set<string>();
  const groups = plans.ofGroups.map(() => new Set<string>());
  for (const { definition, key } of open) {
    const plan = plans.named(definition);
    if (plan === undefined || plan.definition.window.type === 'last') continue;
    (plan.by === null ? devices : groups[plan.slot]!).add(key);
  }
  await learnDevices(store, state, [...devices]);
  for (const plan of plans.ofGroups) {
    const keys = [...groups[plan.slot]!];
    if (keys.length > 0) {
      state.learnGroups(plan, keys, await store.progress(partition, plan.name, keys));
    }
  }
  state.restore(open);
  await learnDeparted(store, state);
  return state;
}

/** Whose windows the orphans are: these remember what has closed, for when their definition comes back. */
async function learnDeparted(store: AggregationStore, state: PartitionState): Promise<void> {
  const { partition } = state.tally;
  const keysOf = new Map<string, Set<string>>();
  for (const { definition, key } of state.orphans) {
    const keys = keysOf.get(definition) ?? new Set();
    keysOf.set(definition, keys.add(key));
  }
  for (const [definition, keys] of keysOf) {
    const plan = state.plans.named(definition);
    if (plan?.by !== null) {
      const unknown = [...keys].filter((key) => !state.devices.has(key));
      // A key that no device has is a group's.
      state.learnDevices([], await store.progress(partition, '', unknown));
    }
    if (plan === undefined || plan.by === null) {
      state.departed.push(...(await store.progress(partition, definition, [...keys])));
    }
  }
}

/** Reads the devices not met yet, in one query; they have no open windows, or `load` would have found them. */
export async function learnDevices(
  store: AggregationStore,
  state: PartitionState,
  keys: Keys,
): Promise<void> {
  const unknown = new Set<string>();
  for (const key of keys) if (key !== undefined && !state.devices.has(key)) unknown.add(key);
  if (unknown.size === 0) return;
  const deviceIds = [...unknown];
  state.learnDevices(deviceIds, await store.progress(state.tally.partition, '', deviceIds));
}

/** The same of the groups that the events are in. */
export async function learnGroups(
  store: AggregationStore,
  state: PartitionState,
  keys: Keys,
  events: Decoded,
  tagsOf: TagsOf,
): Promise<void> {
  const { plans, groups, tally } = state;
  const unknown = plans.ofGroups.map(() => new Set<string>());
  events.forEach((event, index) => {
    if (event?.ok !== true) return;
    const tags = tagsOf(keys[index]!, event.body);
    for (const { by, slot } of plans.of(event.deviceType).ofGroups) {
      const key = groupKey(by!, event.deviceType, tags);
      if (!groups[slot]!.has(key)) unknown[slot]!.add(key);
    }
  });
  for (const plan of plans.ofGroups) {
    const found = [...unknown[plan.slot]!];
    if (found.length > 0) {
      state.learnGroups(plan, found, await store.progress(tally.partition, plan.name, found));
    }
  }
}
