/**
 * The groups of fleet-level rules in one partition of the telemetry: which devices belong to them, and which of those
 * match. What a device counts for is kept with the device, the sums with the partition; both in the commit of the batch
 * that changed them.
 *
 * A device counts from its first event on, and as long as it is remembered: one that has fallen silent for good is one
 * of the fleet still, and `absent` counts it.
 *
 * Notes of devices and sums always agree: each note is in exactly one sum. So sums of what no rule counts any more stay
 * until their devices are heard of, and are there again should the rule come back. A device that moves to another
 * partition is taken out of that one's sums, which may become negative: those of all partitions together are right.
 */
import { createHash } from 'node:crypto';
import { MillraceError } from '../../common/errors.js';
import type { DeviceMemory } from '../../stores/alerts.js';
import { groupKey } from '../aggregate/group.js';
import type { FleetCounts } from '../alert/fleet-counts.js';
import type { Rule } from '../alert/language/rule.js';
import type { Scope } from '../alert/language/scope.js';
import type { Position } from '../alert/outcome.js';
import type { Remembered } from '../alert/remembered.js';
import type { OnRuleError } from '../alert/verdicts.js';
import { countsRecord, type GroupCounts } from './messages.js';

/** Under which the sums of a partition are kept among its devices: no device can have such an id. */
export const countsId = (partition: number): string => `\u0000fleet/${partition}`;

/** Of a device, by rule. */
type Note = readonly [spec: string, group: string, matches: boolean];
type Notes = Record<string, Note>;
const NOTES = 'fleet';

/** All counts are told again so often (ms): those that nobody could take when they were told are not missed for good. */
const AGAIN_MS = 600_000;

interface Sum {
  readonly rule: string;
  readonly spec: string;
  readonly group: string;
  total: number;
  matching: number;
  at: Position;
}

interface FleetRule {
  readonly rule: Rule;
  readonly spec: string;
}

const VERSION = 1;

interface Document {
  readonly v: number;
  readonly sums: readonly (readonly [
    rule: string,
    spec: string,
    group: string,
    total: number,
    matching: number,
    offset: string,
    arrivalTime: number,
  ])[];
}

/** 8 hex digits over what is counted: another threshold leaves the counts as they are. */
export function specOf({ fleet }: Rule): string {
  const parts = [fleet!.by, fleet!.where?.source ?? null, fleet!.count.source];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}

export class PartitionCounts implements FleetCounts {
  readonly #rules: ReadonlyMap<string, FleetRule>;
  readonly #onError: OnRuleError;
  readonly #partition: number;
  readonly #watched = new Map<string, boolean>();
  readonly #sums = new Map<string, Sum>();
  /** Changed since they were told. */
  readonly #changed = new Set<Sum>();
  /** Told before, and when they were found to be the same still: arrival time. */
  readonly #repeated = new Map<Sum, number>();
  #isStored = true;
  #allToldAt: number | null = null;

  constructor(rules: readonly Rule[], partition: number, onError: OnRuleError) {
    const counted = rules.filter(({ fleet }) => fleet !== null);
    this.#rules = new Map(counted.map((rule) => [rule.name, { rule, spec: specOf(rule) }]));
    this.#partition = partition;
    this.#onError = onError;
  }

  /**
   * Takes the stored sums over; all of them are told again, as nobody knows whether they were before the last stop.
   * Throws `ALERT_MEMORY_UNKNOWN`.
   */
  restore({ state }: DeviceMemory): void {
    const { v, sums } = JSON.parse(state) as Document;
    if (v !== VERSION) {
      throw new MillraceError(`the counts of fleets have version ${v}`, {
        code: 'ALERT_MEMORY_UNKNOWN',
        hint: 'They were written by a newer Millrace: start that one.',
      });
    }
    for (const [rule, spec, group, total, matching, offset, arrivalTime] of sums) {
      const sum = { rule, spec, group, total, matching, at: { offset: BigInt(offset), arrivalTime } };
      this.#sums.set(keyOf(rule, spec, group), sum);
      this.#changed.add(sum);
    }
  }

  watches(deviceType: string, remembered: Remembered | null): boolean {
    let watched = this.#watched.get(deviceType);
    if (watched === undefined) {
      watched = [...this.#rules.values()].some(({ rule }) => rule.deviceTypes?.includes(deviceType) ?? true);
      this.#watched.set(deviceType, watched);
    }
    // A device that is no longer of a type that counts has yet to be taken out.
    return watched || remembered?.notes[NOTES] !== undefined;
  }

  observe(remembered: Remembered, scope: Scope, at: Position): void {
    const notes = (remembered.notes[NOTES] ?? {}) as Notes;
    let next: Notes | null = null;
    for (const name of new Set([...this.#rules.keys(), ...Object.keys(notes)])) {
      const before = notes[name];
      const after = this.#noteOf(name, scope, before);
      if (isSame(before, after)) continue;
      if (before !== undefined) this.#add(name, before, -1, at);
      if (after !== undefined) this.#add(name, after, 1, at);
      next ??= { ...notes };
      if (after === undefined) delete next[name];
      else next[name] = after;
    }
    if (next === null) return;
    if (Object.keys(next).length > 0) remembered.notes[NOTES] = next;
    else delete remembered.notes[NOTES];
  }

  /** Time passes. @param time of a tick, epoch ms */
  passed(time: number): void {
    // Those that are stored were told when they were loaded.
    this.#allToldAt ??= time;
    if (time - this.#allToldAt < AGAIN_MS) return;
    this.#allToldAt = time;
    for (const sum of this.#sums.values()) if (!this.#changed.has(sum)) this.#repeated.set(sum, time);
  }

  /** The counts to tell since the last time this was asked, as records for `fleet`. */
  take(): ReturnType<typeof countsRecord>[] {
    const records: ReturnType<typeof countsRecord>[] = [];
    const times = [...[...this.#changed].map((sum) => [sum, sum.at.arrivalTime] as const), ...this.#repeated];
    for (const [{ rule, spec, group, total, matching, at }, time] of times) {
      if (this.#rules.get(rule)?.spec !== spec) continue;
      const offset = at.offset.toString();
      const counts: GroupCounts = { rule, spec, group, partition: this.#partition, offset, total, matching };
      records.push(countsRecord(counts, time));
    }
    this.#changed.clear();
    this.#repeated.clear();
    return records;
  }

  /** The sums' row, when there is something new in it. @param offset of the last record applied */
  row(offset: bigint): DeviceMemory | null {
    if (this.#isStored) return null;
    this.#isStored = true;
    // That nobody is left in a group was told with a batch before this one, or is told with this one.
    for (const [key, sum] of this.#sums) {
      if (sum.total === 0 && sum.matching === 0 && !this.#changed.has(sum)) this.#sums.delete(key);
    }
    const sums = [...this.#sums.values()].map(
      ({ rule, spec, group, total, matching, at }) =>
        [rule, spec, group, total, matching, at.offset.toString(), at.arrivalTime] as const,
    );
    const document: Document = { v: VERSION, sums };
    return {
      deviceId: countsId(this.#partition),
      partition: this.#partition,
      offset,
      due: null,
      state: JSON.stringify(document),
    };
  }

  /** Undefined: the device does not belong to the fleet of this rule. */
  #noteOf(name: string, scope: Scope, before: Note | undefined): Note | undefined {
    const known = this.#rules.get(name);
    if (known === undefined) return undefined;
    const { rule, spec } = known;
    const { fleet, deviceTypes } = rule;
    const { device } = scope;
    if (deviceTypes?.includes(device.type) === false) return undefined;
    const kept = before?.[0] === spec ? before : undefined;
    try {
      if (fleet!.where !== null && fleet!.where.holds(scope) !== true) return undefined;
      // What is not known now is as it was.
      const matches = fleet!.count.holds(scope) ?? kept?.[2] ?? false;
      return [spec, groupKey(fleet!.by, device.type, device.tags), matches];
    } catch (error) {
      this.#onError(rule, device.id, error);
      return kept;
    }
  }

  #add(rule: string, [spec, group, matches]: Note, by: 1 | -1, at: Position): void {
    const key = keyOf(rule, spec, group);
    let sum = this.#sums.get(key);
    if (sum === undefined) {
      sum = { rule, spec, group, total: 0, matching: 0, at };
      this.#sums.set(key, sum);
    }
    sum.total += by;
    if (matches) sum.matching += by;
    sum.at = at;
    this.#changed.add(sum);
    this.#isStored = false;
  }
}

function keyOf(rule: string, spec: string, group: string): string {
  return `${rule}/${spec}/${group}`;
}

function isSame(a: Note | undefined, b: Note | undefined): boolean {
  return a?.[0] === b?.[0] && a?.[1] === b?.[1] && a?.[2] === b?.[2];
}
