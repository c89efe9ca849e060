/**
 * Rules at work on the side: the real life of alerts over events and ticks, kept in memory, telling nobody.
 *
 * Between events time passes in ticks, as it does in a deployment; those at which nothing is due are left out, which
 * makes a year of hourly readings a matter of seconds and changes nothing.
 */
import type { Alert, AlertStore, Told } from '../../../stores/alerts.js';
import { applyCounts } from '../../fleet/apply.js';
import { PartitionCounts } from '../../fleet/counts.js';
import { parseCounts } from '../../fleet/messages.js';
import { groupId, groupRules, groupTags } from '../../fleet/rules.js';
import { BatchEvaluation, type Incoming, type OnRuleError } from '../evaluate.js';
import type { TagsOf } from '../outcome.js';
import { RulePlan } from '../plan.js';
import type { Rule } from '../rules.js';
import { DEVICES, type DeviceState, GROUPS, WarmPartition } from '../warm.js';

export interface ShadowOptions {
  readonly tagsOf: TagsOf;
  readonly onRuleError: OnRuleError;
  /** Between ticks, ms; they are at its multiples. */
  readonly tickMs: number;
}

/** Nothing has been kept, and nothing is going to be. */
const NOTHING_STORED = {
  next: () => Promise.resolve(0n),
  rows: () => Promise.resolve([]),
  memories: () => Promise.resolve([]),
  due: () => Promise.resolve([]),
  active: () => Promise.resolve([]),
} satisfies Partial<AlertStore> as unknown as AlertStore;

/** Devices, or the groups that fleet-level rules are about. */
interface Lane {
  readonly warm: WarmPartition;
  readonly evaluation: BatchEvaluation;
  readonly states: Map<string, DeviceState>;
}

/** What rules about fleets take besides. */
interface Fleet {
  readonly counts: PartitionCounts;
  readonly groups: Lane;
}

export class ShadowAlerts {
  readonly #devices: Lane;
  /** Null: no rule is about a fleet. */
  readonly #fleet: Fleet | null;
  readonly #tickMs: number;
  #offset = 0n;
  #lastTick = Number.NEGATIVE_INFINITY;
  #lastArrival = Number.NEGATIVE_INFINITY;

  private constructor(devices: Lane, fleet: Fleet | null, tickMs: number) {
    this.#devices = devices;
    this.#fleet = fleet;
    this.#tickMs = tickMs;
  }

  static async start(rules: readonly Rule[], options: ShadowOptions): Promise<ShadowAlerts> {
    const { tagsOf, onRuleError, tickMs } = options;
    const lane = async (
      scope: string,
      plan: RulePlan,
      tags: TagsOf,
      counts: PartitionCounts | null,
    ): Promise<Lane> => {
      const warm = await WarmPartition.load(0, plan, NOTHING_STORED, scope);
      return { warm, evaluation: new BatchEvaluation(warm, tags, counts, onRuleError), states: new Map() };
    };
    const counts = rules.some(({ fleet }) => fleet !== null)
      ? new PartitionCounts(rules, 0, onRuleError)
      : null;
    const devices = await lane(DEVICES, new RulePlan(rules), tagsOf, counts);
    if (counts === null) return new ShadowAlerts(devices, null, tickMs);
    const groups = await lane(GROUPS, new RulePlan(groupRules(rules), true), groupTags, null);
    return new ShadowAlerts(devices, { counts, groups }, tickMs);
  }

  /** In the order of the stream. */
  async event(deviceId: string, incoming: Incoming): Promise<void> {
    this.#lastArrival = Math.max(this.#lastArrival, incoming.arrivalTime);
    const device = await stateOf(this.#devices, deviceId);
    const offset = this.#offset++;
    this.#devices.evaluation.event(device, incoming, () => offset);
    await this.#countGroups();
  }

  /** A tick of this time (epoch ms), as it stands in a stream. */
  async tick(time: number): Promise<void> {
    this.#lastTick = time;
    const at = { offset: this.#offset++, arrivalTime: time };
    this.#devices.evaluation.tick(at);
    if (this.#fleet === null) return;
    // What is counted at a tick comes after it.
    this.#fleet.groups.evaluation.tick(at);
    await this.#countGroups();
  }

  /** Lets time pass until just before this moment: what comes at a moment itself comes before its tick. */
  async passTo(time: number): Promise<void> {
    for (;;) {
      const due = this.#nextTick();
      if (due >= time) return;
      await this.tick(due);
    }
  }

  /** Lets time pass up to this moment, its own tick included. */
  async passThrough(time: number): Promise<void> {
    await this.passTo(time + 1);
  }

  /** What has been told since this was asked last, in its order. */
  told(): Told[] {
    return this.#lanes.flatMap(({ evaluation: { outcome } }) => {
      outcome.ended.length = 0;
      outcome.changed.clear();
      outcome.touched.clear();
      return outcome.told.splice(0);
    });
  }

  /** The current alert of each rule and device (or group), resolved ones included. */
  alerts(): Alert[] {
    return this.#lanes.flatMap(({ states }) =>
      [...states.values()].flatMap(({ entries }) => (entries ?? []).flatMap((entry) => entry?.alert ?? [])),
    );
  }

  get #lanes(): readonly Lane[] {
    return this.#fleet === null ? [this.#devices] : [this.#devices, this.#fleet.groups];
  }

  /** The tick at which something may be due; Infinity: none. */
  #nextTick(): number {
    const due = Math.min(...this.#lanes.map(({ warm }) => warm.due.earliest()));
    if (due === Number.POSITIVE_INFINITY) return due;
    const after = Math.max(due, this.#lastArrival, this.#lastTick + 1);
    return Math.ceil(after / this.#tickMs) * this.#tickMs;
  }

  async #countGroups(): Promise<void> {
    if (this.#fleet === null) return;
    const { counts, groups } = this.#fleet;
    for (const { value, arrivalTime } of counts.take()) {
      const told = parseCounts(value);
      const state = await stateOf(groups, groupId(told.group));
      applyCounts(told, state, { offset: this.#offset++, arrivalTime }, groups.evaluation);
    }
  }
}

async function stateOf({ warm, states }: Lane, id: string): Promise<DeviceState> {
  const known = states.get(id);
  if (known !== undefined) return known;
  const [state] = await warm.devices([id]);
  states.set(id, state!);
  return state!;
}
