/**
 * What an environment remembers of one partition between invocations: the devices it has met, with their alerts and
 * what rules remember of them. The store is asked once per unknown device; a device without rows costs a map entry and
 * no query thereafter. All devices with an alert that is not inactive are here, so ticks find their timers.
 */
import type { AlertStore } from '../../stores/alerts.js';
import { type Batch, lastOffset } from '../../streams/batch.js';
import { DueList } from '../due-list.js';
import { fingerprintOf } from './document.js';
import type { RulePlan } from './plan.js';
import { Remembered } from './remembered.js';
import { type Entry, entryOf } from './rows.js';
import { clockAt, dueAt } from './timers.js';

export interface DeviceState {
  readonly id: string;
  /** By the rule's place in the list of rules. */
  entries: (Entry | undefined)[] | null;
  /** Alerts of rules that are no more. */
  orphans: Entry[] | null;
  remembered: Remembered | null;
  listedAt: number;
}

/** The stores' names for what is kept of devices, and of groups of them. */
export const DEVICES = 'alert';
export const GROUPS = 'fleet';

/** Devices remembered per partition; beyond that everything is forgotten and looked up anew. */
const MAX_DEVICES = 200_000;
/** Of these due next the store is asked for at once. */
const DUE_HORIZON_MS = 60_000;
const DUE_AT_ONCE = 1_000;

export class WarmPartition {
  readonly partition: number;
  readonly plan: RulePlan;
  /** Devices by when a tick has to look at them. */
  readonly due = new DueList<DeviceState>();
  /** Devices with alerts of rules that are no more. */
  readonly orphaned = new Set<DeviceState>();
  /** Where the store's last commit of the partition ends: what comes from before is contained in it. */
  committed: bigint;
  readonly #devices = new Map<string, DeviceState>();
  readonly #store: AlertStore;
  readonly #scope: string;
  #limit = MAX_DEVICES;
  /** Of the devices that are not here, those due before this time have been asked for. */
  #dueUntil = Number.NEGATIVE_INFINITY;
  #next: bigint | undefined;

  private constructor(
    partition: number,
    plan: RulePlan,
    store: AlertStore,
    scope: string,
    committed: bigint,
  ) {
    this.partition = partition;
    this.plan = plan;
    this.committed = committed;
    this.#store = store;
    this.#scope = scope;
  }

  /** @param scope `DEVICES` or `GROUPS` */
  static async load(
    partition: number,
    plan: RulePlan,
    store: AlertStore,
    scope: string,
  ): Promise<WarmPartition> {
    const warm = new WarmPartition(partition, plan, store, scope, await store.next(scope, partition));
    await warm.devices(await store.active(scope, partition));
    warm.#limit = warm.#devices.size + MAX_DEVICES;
    return warm;
  }

  /** Whether what is remembered is the state before this batch: nobody else can have changed it meanwhile. */
  async continues(batch: Batch): Promise<boolean> {
    if (this.#next === undefined || this.#devices.size > this.#limit) return false;
    if (batch.offsets === undefined) return batch.baseOffset === this.#next;
    // Where offsets have gaps, none tells whether records in between went to somebody else; their commit does.
    return (
      batch.baseOffset >= this.#next &&
      (await this.#store.next(this.#scope, this.partition)) === this.committed
    );
  }

  finished(batch: Batch): void {
    this.#next = lastOffset(batch) + 1n;
  }

  /** The devices of these ids, in the same order, loaded where necessary. */
  async devices(ids: readonly string[]): Promise<DeviceState[]> {
    const fresh: string[] = [];
    const states = ids.map((id) => {
      let state = this.#devices.get(id);
      if (state === undefined) {
        state = {
          id,
          entries: null,
          orphans: null,
          remembered: null,
          listedAt: Number.POSITIVE_INFINITY,
        };
        this.#devices.set(id, state);
        fresh.push(id);
      }
      return state;
    });
    if (fresh.length > 0) await this.#learn(fresh);
    return states;
  }

  /** Loads the devices whose time comes until then (epoch ms): a tick has to look at them. */
  async dueBy(time: number): Promise<void> {
    if (this.plan.memory.features.length === 0 || time < this.#dueUntil) return;
    this.#dueUntil = time + DUE_HORIZON_MS;
    for (let limit = DUE_AT_ONCE; ; limit *= 2) {
      const ids = await this.#store.due(this.#scope, this.partition, this.#dueUntil, limit);
      // What is here already is due as its state here says, whatever the store still has.
      await this.devices(ids);
      if (ids.length < limit) return;
    }
  }

  set(device: DeviceState, index: number, entry: Entry): void {
    device.entries ??= new Array<Entry | undefined>(this.plan.rules.length).fill(undefined);
    device.entries[index] = entry;
  }

  /** Lists a device by when a tick has to look at it. @param now arrival time that it has been brought up to */
  list(device: DeviceState, now: number): void {
    let due = device.remembered?.due ?? Number.POSITIVE_INFINITY;
    const { entries } = device;
    if (entries !== null) {
      for (let index = 0; index < entries.length; index++) {
        const machine = entries[index]?.machine;
        if (machine === undefined || machine.phase === 'inactive') continue;
        due = Math.min(due, dueAt(machine, this.plan.rules[index]!));
        const hours = this.plan.hours[index];
        if (hours === null || hours === undefined) continue;
        const clock = clockAt(machine, now);
        due = Math.min(due, hours.until(clock) - machine.heard.eventTime + machine.heard.arrivalTime);
      }
    }
    this.due.list(device, due);
  }

  async #learn(ids: readonly string[]): Promise<void> {
    for (const row of await this.#store.rows(this.#scope, ids)) {
      const device = this.#devices.get(row.deviceId);
      if (device !== undefined) this.#take(device, entryOf(row));
    }
    if (this.plan.remembers) {
      for (const row of await this.#store.memories(this.#scope, ids)) {
        const device = this.#devices.get(row.deviceId);
        if (device !== undefined) device.remembered = Remembered.decode(row, this.plan.memory);
      }
    }
    for (const id of ids) this.list(this.#devices.get(id)!, Number.NEGATIVE_INFINITY);
  }

  #take(device: DeviceState, entry: Entry): void {
    const { rules } = this.plan;
    const index = this.plan.indexOf(entry.rule);
    const rule = index === undefined ? undefined : rules[index]!;
    if (rule?.fleet === null && fingerprintOf(rule, device.id) === entry.fingerprint) {
      this.set(device, index!, entry);
    } else if (entry.machine.phase !== 'inactive') {
      device.orphans ??= [];
      device.orphans.push(entry);
      this.orphaned.add(device);
    }
  }
}
