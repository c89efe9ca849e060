/**
 * The groups of fleet-level rules in one partition of the telemetry: which devices belong to them, and which of those
 * match. What a device counts for is kept with the device, the sums with the partition; both in the commit of the batch
 * that changed them.
 *
 * A device counts from its first event on, and as long as it is remembered: one that has fallen silent for good is one
 * of the fleet still, and `absent` counts it.
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

interface Sum {
  readonly rule: FleetRule;
  readonly group: string;
  total: number;
  matching: number;
  at: Position;
}

interface FleetRule {
  readonly rule: Rule;
  readonly spec: string;
  readonly sums: Map<string, Sum>;
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
  readonly #rules: readonly FleetRule[];
  readonly #onError: OnRuleError;
  readonly #partition: number;
  readonly #watched = new Map<string, boolean>();
  /** Changed since they were told. */
  readonly #changed = new Set<Sum>();
  #isStored = true;

  constructor(rules: readonly Rule[], partition: number, onError: OnRuleError) {
    this.#rules = rules
      .filter(({ fleet }) => fleet !== null)
      .map((rule) => ({ rule, spec: specOf(rule), sums: new Map() }));
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
    for (const [name, spec, group, total, matching, offset, arrivalTime] of sums) {
      const rule = this.#rules.find((known) => known.rule.name === name && known.spec === spec);
      if (rule === undefined) continue;
      const sum = { rule, group, total, matching, at: { offset: BigInt(offset), arrivalTime } };
      rule.sums.set(group, sum);
      this.#changed.add(sum);
    }
  }

  watches(deviceType: string): boolean {
    let watched = this.#watched.get(deviceType);
    if (watched === undefined) {
      watched = this.#rules.some(({ rule }) => rule.deviceTypes?.includes(deviceType) ?? true);
      this.#watched.set(deviceType, watched);
    }
    return watched;
  }

  observe(remembered: Remembered, scope: Scope, at: Position): void {
    // A late event says nothing of now.
    if (scope.at < remembered.latest.eventTime) return;
    const notes = (remembered.notes[NOTES] ?? {}) as Notes;
    let next: Notes | null = null;
    for (const known of this.#rules) {
      const { name } = known.rule;
      const noted = notes[name];
      const before = noted?.[0] === known.spec ? noted : undefined;
      const after = this.#noteOf(known, scope, before?.[2] ?? false);
      if (before?.[1] === after?.[1] && before?.[2] === after?.[2]) continue;
      if (before !== undefined) this.#add(known, before, -1, at);
      if (after !== undefined) this.#add(known, after, 1, at);
      next ??= { ...notes };
      if (after === undefined) delete next[name];
      else next[name] = after;
    }
    if (next !== null) remembered.notes[NOTES] = next;
  }

  /** The counts to tell since the last time this was asked, as records for `fleet`. */
  take(): ReturnType<typeof countsRecord>[] {
    const records = [...this.#changed].map((sum) => {
      const { rule, group, total, matching, at } = sum;
      const counts: GroupCounts = {
        rule: rule.rule.name,
        spec: rule.spec,
        group,
        partition: this.#partition,
        offset: at.offset.toString(),
        total,
        matching,
      };
      return countsRecord(counts, at.arrivalTime);
    });
    this.#changed.clear();
    return records;
  }

  /** The sums' row, when there is something new in it. @param offset of the last record applied */
  row(offset: bigint): DeviceMemory | null {
    if (this.#isStored) return null;
    this.#isStored = true;
    const sums = this.#rules.flatMap(({ rule, spec, sums }) =>
      [...sums.values()].map(
        ({ group, total, matching, at }) =>
          [rule.name, spec, group, total, matching, at.offset.toString(), at.arrivalTime] as const,
      ),
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

  #noteOf({ rule, spec }: FleetRule, scope: Scope, matched: boolean): Note | undefined {
    const { fleet, deviceTypes } = rule;
    const { device } = scope;
    if (deviceTypes?.includes(device.type) === false) return undefined;
    try {
      if (fleet!.where !== null && fleet!.where.holds(scope) !== true) return undefined;
      // What is not known now is as it was.
      const matches = fleet!.count.holds(scope) ?? matched;
      return [spec, groupKey(fleet!.by, device.type, device.tags), matches];
    } catch (error) {
      this.#onError(rule, device.id, error);
      return undefined;
    }
  }

  #add(rule: FleetRule, [, group, matches]: Note, by: 1 | -1, at: Position): void {
    let sum = rule.sums.get(group);
    if (sum === undefined) {
      sum = { rule, group, total: 0, matching: 0, at };
      rule.sums.set(group, sum);
    }
    sum.total += by;
    if (matches) sum.matching += by;
    sum.at = at;
    this.#changed.add(sum);
    this.#isStored = false;
  }
}
