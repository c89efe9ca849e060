/**
 * One batch against the rules: walks the records, drives the reducer, and collects what is to be told and kept.
 */
import type { Alert, Told } from '../../stores/alerts.js';
import { type Machine, reduce, reduceTick, type Step } from './core.js';
import { type Cause, documentOf, fingerprintOf, withState } from './document.js';
import type { Device, EventObject } from './expression.js';
import type { Rule } from './rules.js';
import type { DeviceState, Entry, WarmPartition } from './warm.js';

/** Where in the stream something happened. */
export interface Position {
  readonly offset: bigint;
  readonly arrivalTime: number;
}

/** Told when a rule cannot be evaluated. */
export type OnRuleError = (rule: Rule, deviceId: string, error: unknown) => void;

export class BatchEvaluation {
  /** Firing and resolved alerts in the order of their causes. */
  readonly told: Told[] = [];
  /** Resolved alerts that are not, or no longer, the current one of their entry. */
  readonly ended: Alert[] = [];
  readonly changed = new Set<Entry>();
  readonly #rules: readonly Rule[];
  readonly #warm: WarmPartition;
  readonly #onError: OnRuleError;

  constructor(rules: readonly Rule[], warm: WarmPartition, onError: OnRuleError) {
    this.#rules = rules;
    this.#warm = warm;
    this.#onError = onError;
  }

  /** `offset` is asked for only when something depends on it: nearly all events change nothing. */
  event(
    state: DeviceState,
    device: Device,
    body: EventObject,
    eventTime: number,
    arrivalTime: number,
    offset: () => bigint,
  ): void {
    if (state.orphans !== null) this.#resolveOrphans(state, eventTime, { offset: offset(), arrivalTime });
    const { entries } = state;
    for (let index = 0; index < this.#rules.length; index++) {
      const rule = this.#rules[index]!;
      const holds = this.#holds(rule, body, device);
      if (holds === null) continue;
      const entry = entries?.[index];
      if (!holds && (entry === undefined || entry.machine.phase === 'inactive')) continue;
      const at = { offset: offset(), arrivalTime };
      if (entry !== undefined && at.offset <= entry.offset) continue;
      const step = reduce(entry?.machine, { eventTime, arrivalTime, holds }, rule.forMs);
      if (step !== null) this.#apply(state, index, entry, step, { eventTime, event: body }, at);
    }
  }

  tick(at: Position): void {
    // In an order of its own, not the one in which entries happened to be loaded: a replay tells the same sequence.
    for (const [, { device, index }] of [...this.#warm.pending].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const entry = device.entries![index]!;
      if (at.offset <= entry.offset || entry.alert === null) continue;
      const step = reduceTick(entry.machine, at.arrivalTime, this.#rules[index]!.forMs);
      const cause = { eventTime: entry.alert.eventTime, event: entry.alert.event as EventObject };
      if (step !== null) this.#apply(device, index, entry, step, cause, at);
    }
  }

  #holds(rule: Rule, body: EventObject, device: Device): boolean | null {
    try {
      return rule.expression.holds(body, device);
    } catch (error) {
      this.#onError(rule, device.id, error);
      return null;
    }
  }

  #apply(
    device: DeviceState,
    index: number,
    entry: Entry | undefined,
    step: Step,
    cause: Cause,
    at: Position,
  ): void {
    const rule = this.#rules[index]!;
    const fingerprint = entry?.fingerprint ?? fingerprintOf(rule, device.id);
    let alert = entry?.alert ?? null;
    for (const { to, startsAt, endsAt, passed } of step.transitions) {
      if (to === 'cancelled') {
        alert = null;
        continue;
      }
      const instance = { state: to, startsAt, endsAt, changedAt: at.arrivalTime };
      const document = documentOf(rule, device.id, fingerprint, instance, cause);
      if (to !== 'pending') this.told.push({ alert: document, passed });
      if (!passed) {
        // The one before may be known to nobody but this batch.
        if (entry !== undefined && this.changed.has(entry) && alert?.state === 'resolved')
          this.ended.push(alert);
        alert = document;
      } else if (to === 'resolved') {
        this.ended.push(document);
      }
    }
    if (step.machine === entry?.machine) return;
    this.#keep(
      device,
      index,
      entry,
      { rule: rule.name, fingerprint, machine: step.machine, alert },
      at.offset,
    );
  }

  #keep(
    device: DeviceState,
    index: number,
    entry: Entry | undefined,
    next: { rule: string; fingerprint: string; machine: Machine; alert: Alert | null },
    offset: bigint,
  ): void {
    const kept = entry ?? { ...next, deviceId: device.id, offset };
    kept.machine = next.machine;
    kept.alert = next.alert;
    kept.offset = offset;
    this.#warm.set(device, index, kept);
    this.changed.add(kept);
  }

  /** A rule was removed or got other labels: nothing would ever resolve its alert, so the next event does. */
  #resolveOrphans(state: DeviceState, eventTime: number, at: Position): void {
    for (const orphan of state.orphans!) {
      if (at.offset <= orphan.offset) continue;
      const { machine, alert } = orphan;
      const endsAt = Math.max(eventTime, machine.lastHeld);
      if (machine.phase === 'firing' && alert !== null) {
        const instance = {
          state: 'resolved',
          startsAt: machine.startsAt,
          endsAt,
          changedAt: at.arrivalTime,
        } as const;
        orphan.alert = withState(alert, instance);
        this.told.push({ alert: orphan.alert, passed: false });
      } else {
        orphan.alert = null;
      }
      orphan.machine = { ...machine, phase: 'inactive', ended: { from: machine.startsAt, to: endsAt } };
      orphan.offset = at.offset;
      this.changed.add(orphan);
    }
    state.orphans = null;
  }
}
