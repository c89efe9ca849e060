/**
 * What an environment remembers of one partition: its tally, and the devices and groups it has met. All that have open
 * windows are here (a tick may close them); the others come and go.
 */
import type { AggregationTally, Progress, WindowRow } from '../../stores/aggregation.js';
import { Closings } from './closings.js';
import { Device } from './device.js';
import { Eviction } from './eviction.js';
import { Group } from './group.js';
import type { Owner } from './owner.js';
import type { Plan, Plans } from './plan.js';

/** Beyond this many devices, or groups of one definition, the longest idle without open windows are forgotten. */
export const MAX_OWNERS = 200_000;
/** So many of the last events that a device keeps take as much memory as an idle device. */
const EVENTS_PER_OWNER = 2;

export class PartitionState {
  readonly plans: Plans;
  tally: AggregationTally;
  readonly devices = new Map<string, Device>();
  /** By the slot of their plan. */
  readonly groups: readonly Map<string, Group>[];
  readonly closings = new Closings();
  /** Open in the store, and nobody's any more: definitions that are no longer there, or changed whose windows they are. */
  orphans: WindowRow[] = [];
  /** State documents of the groups among whose windows orphans are, as stored. */
  departed: Progress[] = [];
  readonly #evictions: readonly Eviction[];
  /** Counts the batches applied to this state; marks what the current one has changed. */
  run = 0;

  constructor(tally: AggregationTally, plans: Plans) {
    this.tally = tally;
    this.plans = plans;
    this.groups = plans.ofGroups.map(() => new Map<string, Group>());
    this.#evictions = [this.devices, ...this.groups].map((owners) => new Eviction(owners));
  }

  /** Takes devices over from the store; those without progress are new. */
  learnDevices(deviceIds: readonly string[], progress: readonly Progress[]): void {
    for (const { key, state } of progress) this.devices.set(key, Device.decode(key, state, this.plans));
    for (const deviceId of deviceIds) {
      if (!this.devices.has(deviceId)) this.devices.set(deviceId, new Device(deviceId));
    }
  }

  /** Takes groups over from the store; those without progress are new. */
  learnGroups(plan: Plan, keys: readonly string[], progress: readonly Progress[]): void {
    const groups = this.groups[plan.slot]!;
    for (const { key, state } of progress) groups.set(key, Group.decode(key, state, plan));
    for (const key of keys) if (!groups.has(key)) groups.set(key, new Group(key, plan));
  }

  /** Takes open windows over from the store; their devices and groups are known by now. */
  restore(open: readonly WindowRow[]): void {
    for (const row of open) {
      const plan = this.plans.named(row.definition);
      const owner = plan === undefined ? undefined : this.#ownerOf(plan, row.key);
      if (plan === undefined || owner === undefined || !fits(row, plan, owner)) {
        this.orphans.push(row);
        continue;
      }
      owner.seriesOf(plan).restore(row);
      this.closings.list(owner);
    }
  }

  /** Forgets the longest idle devices and groups without open windows, when there are more than `limit`. */
  evict(limit = maxOwners(this.plans)): void {
    for (const eviction of this.#evictions) eviction.evict(limit);
  }

  #ownerOf(plan: Plan, key: string): Owner | undefined {
    return plan.by === null ? this.devices.get(key) : this.groups[plan.slot]!.get(key);
  }
}

/** How many devices are remembered: fewer where each has its last events, so that memory stays as bounded as without. */
export function maxOwners({ ofDevices }: Plans): number {
  let events = 0;
  for (const { definition } of ofDevices) {
    if (definition.window.type === 'last') events += definition.window.count;
  }
  return Math.floor(MAX_OWNERS / (1 + events / EVENTS_PER_OWNER));
}

export function emptyTally(partition: number): AggregationTally {
  return {
    partition,
    nextOffset: 0n,
    aggregated: 0,
    late: 0,
    duplicate: 0,
    refused: 0,
    ticks: 0,
    ahead: 0,
    behind: 0,
    corrections: 0,
  };
}

/** Whether a stored window can go on as one of this definition: it may have been another one when it was opened. */
function fits(
  { start, size, end }: WindowRow,
  { definition: { window } }: Plan,
  { watermark }: Owner,
): boolean {
  // Without a clock it would never close.
  if (watermark === Number.NEGATIVE_INFINITY) return false;
  if (window.type === 'last') return false;
  // Sessions and the last events have no size.
  if (window.type !== 'session') return size > 0;
  return size === 0 && end - start <= window.maxMs;
}
