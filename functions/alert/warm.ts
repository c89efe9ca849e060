/**
 * What an environment remembers of one partition between invocations: the rows of the devices it has met. The store
 * is asked once per unknown device; a device without rows costs a map entry and no query thereafter.
 */
import { MillraceError } from '../../common/errors.js';
import type { Alert, AlertStateRow, AlertStore } from '../../stores/alerts.js';
import { type Batch, lastOffset } from '../../streams/batch.js';
import type { Machine } from './core.js';
import { fingerprintOf } from './document.js';
import type { Rule } from './rules.js';

/** The row of one rule and device. */
export interface Entry {
  readonly fingerprint: string;
  readonly deviceId: string;
  /** Name of the rule. */
  readonly rule: string;
  machine: Machine;
  /** Offset of the last record that changed it. */
  offset: bigint;
  /** The current instance as last told. */
  alert: Alert | null;
}

export interface DeviceState {
  readonly id: string;
  /** By the rule's place in the list of rules. */
  entries: (Entry | undefined)[] | null;
  /** Alerts of rules that are no more. */
  orphans: Entry[] | null;
}

/** Devices remembered per partition; beyond that everything is forgotten and looked up anew. */
const MAX_DEVICES = 200_000;
/** The stores' name for what this function keeps. */
export const SCOPE = 'alert';

export class WarmPartition {
  readonly #devices = new Map<string, DeviceState>();
  /** Pending entries: those a tick may run out. */
  readonly pending = new Map<string, { readonly device: DeviceState; readonly index: number }>();
  readonly #rules: readonly Rule[];
  readonly #partition: number;
  /** Where the store's last commit of the partition ends; undefined until it was asked. */
  committed: bigint | undefined;
  #next: bigint | undefined;

  constructor(rules: readonly Rule[], partition: number) {
    this.#rules = rules;
    this.#partition = partition;
  }

  /** Whether what is remembered is the state before this batch: nobody else can have changed it meanwhile. */
  continues(batch: Batch): boolean {
    // Where offsets have gaps, none tells whether records in between went to somebody else.
    return batch.offsets === undefined && batch.baseOffset === this.#next;
  }

  finished(batch: Batch): void {
    this.#next = lastOffset(batch) + 1n;
  }

  get crowded(): boolean {
    return this.#devices.size > MAX_DEVICES;
  }

  /** The devices of these ids, in the same order, loaded where necessary. */
  async devices(ids: readonly string[], store: AlertStore): Promise<DeviceState[]> {
    const fresh: string[] = [];
    const states = ids.map((id) => {
      let state = this.#devices.get(id);
      if (state === undefined) {
        state = { id, entries: null, orphans: null };
        this.#devices.set(id, state);
        fresh.push(id);
      }
      return state;
    });
    if (this.committed === undefined) {
      this.committed = await store.next(SCOPE, this.#partition);
      // Those with a timer that a tick may run out are among them.
      for (const id of await store.active(SCOPE, this.#partition)) {
        if (this.#devices.has(id)) continue;
        this.#devices.set(id, { id, entries: null, orphans: null });
        fresh.push(id);
      }
    }
    if (fresh.length > 0) for (const row of await store.rows(SCOPE, fresh)) this.#take(row);
    return states;
  }

  set(device: DeviceState, index: number, entry: Entry): void {
    device.entries ??= new Array<Entry | undefined>(this.#rules.length).fill(undefined);
    device.entries[index] = entry;
    if (entry.machine.phase === 'pending') this.pending.set(entry.fingerprint, { device, index });
    else this.pending.delete(entry.fingerprint);
  }

  #take(row: AlertStateRow): void {
    const device = this.#devices.get(row.deviceId);
    if (device === undefined) return;
    const { rule, machine } = readState(row);
    const entry: Entry = {
      fingerprint: row.fingerprint,
      deviceId: row.deviceId,
      rule,
      machine,
      offset: row.offset,
      alert: row.alert,
    };
    const index = this.#rules.findIndex((candidate) => candidate.name === rule);
    if (index >= 0 && fingerprintOf(this.#rules[index]!, row.deviceId) === row.fingerprint) {
      this.set(device, index, entry);
    } else if (machine.phase !== 'inactive') {
      device.orphans ??= [];
      device.orphans.push(entry);
    }
  }
}

const STATE_VERSION = 1;

/** The row that keeps an entry. */
export function rowOf(entry: Entry, partition: number): AlertStateRow {
  const { fingerprint, deviceId, offset, alert, rule, machine } = entry;
  const state = JSON.stringify({ v: STATE_VERSION, rule, machine });
  return { fingerprint, deviceId, partition, offset, alert, state };
}

function readState(row: AlertStateRow): { readonly rule: string; readonly machine: Machine } {
  const state = JSON.parse(row.state) as { v: number; rule: string; machine: Machine };
  if (state.v !== STATE_VERSION) {
    throw new MillraceError(`alert state of ${row.deviceId} has version ${state.v}`, {
      code: 'ALERT_STATE_UNKNOWN',
      hint: 'It was written by a newer Millrace: start that one.',
    });
  }
  return state;
}
