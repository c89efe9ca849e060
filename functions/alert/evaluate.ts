/**
 * One batch against the rules: walks the records, drives the reducer, and collects what is to be told and kept.
 *
 * For each event: what is remembered of the device takes it in, once; then the rules for its device type are evaluated,
 * each after those that it asks for. For what ticks do see `passing.ts`.
 */
import { outOfHours, reduce, remove } from './core.js';
import type { Cause } from './document.js';
import type { FleetCounts } from './fleet-counts.js';
import type { Rule } from './language/rule.js';
import type { Scope } from './language/scope.js';
import type { Moment } from './machine.js';
import { Outcome, type Position, type TagsOf } from './outcome.js';
import { Passing } from './passing.js';
import type { RulePlan } from './plan.js';
import type { Entry } from './rows.js';
import { clockAt } from './timers.js';
import { type Incoming, isLive, type OnRuleError, Verdicts } from './verdicts.js';
import type { DeviceState, WarmPartition } from './warm.js';

export type { Incoming, OnRuleError } from './verdicts.js';

export class BatchEvaluation {
  readonly outcome: Outcome;
  readonly #warm: WarmPartition;
  readonly #plan: RulePlan;
  readonly #fleet: FleetCounts | null;
  readonly #verdicts: Verdicts;
  readonly #passing: Passing;

  constructor(warm: WarmPartition, tagsOf: TagsOf, fleet: FleetCounts | null, onError: OnRuleError) {
    this.outcome = new Outcome(warm, tagsOf);
    this.#warm = warm;
    this.#plan = warm.plan;
    this.#fleet = fleet;
    this.#verdicts = new Verdicts(warm.plan, tagsOf, onError);
    this.#passing = new Passing(warm.plan, this.outcome, this.#verdicts, fleet, tagsOf);
  }

  /** `offset` is asked for only when something depends on it: nearly all events of plain rules change nothing. */
  event(state: DeviceState, incoming: Incoming, offset: () => bigint): void {
    const { deviceType, eventTime, arrivalTime } = incoming;
    if (state.orphans !== null) this.#resolveOrphans(state, { offset: offset(), arrivalTime }, eventTime);
    const watches = this.#fleet?.watches(deviceType, state.remembered) === true;
    const remembers = watches || this.#plan.memory.of(deviceType).length > 0;
    const scope = this.#verdicts.over(state, incoming, remembers);
    if (remembers) this.outcome.touch(state, offset());
    const { applies, others } = this.#plan.of(deviceType);
    let changed = this.#evaluate(applies, state, scope, incoming, offset);
    if (state.entries !== null && others.length > 0) {
      const left = others.filter((index) => isLive(state.entries![index]));
      changed = this.#evaluate(left, state, scope, incoming, offset) || changed;
    }
    if (watches) this.#count(state, scope, { offset: offset(), arrivalTime });
    if (changed || remembers) this.#warm.list(state, arrivalTime);
  }

  tick(at: Position): void {
    const { orphaned, due } = this.#warm;
    // In an order of its own, not the one in which devices happened to be loaded: a replay tells the same sequence.
    for (const state of [...orphaned].sort(byId)) this.#resolveOrphans(state, at, null);
    for (const state of due.take(at.arrivalTime).sort(byId)) {
      this.#passing.tick(state, at);
      this.#warm.list(state, at.arrivalTime);
    }
  }

  #count(state: DeviceState, scope: Scope, at: Position): void {
    const remembered = state.remembered!;
    const isLate = scope.at < remembered.latest.eventTime;
    // It says nothing of now itself, but what is remembered with it may.
    const now = isLate ? this.#verdicts.atRest(state, remembered.clockAt(at.arrivalTime)) : scope;
    this.#fleet!.observe(remembered, now, at);
  }

  /** Returns whether anything changed. */
  #evaluate(
    indices: readonly number[],
    state: DeviceState,
    scope: Scope,
    { eventTime, arrivalTime }: Moment,
    offset: () => bigint,
  ): boolean {
    const { rules, hours, isTimed } = this.#plan;
    let changed = false;
    for (const index of indices) {
      const rule = rules[index]!;
      const entry = state.entries?.[index];
      const live = isLive(entry);
      if (hours[index]?.includes(eventTime) === false) {
        if (live)
          changed = this.#leaveHours(state, index, entry, eventTime, arrivalTime, offset()) || changed;
        continue;
      }
      const verdict = this.#verdicts.of(rule, scope, live);
      if (verdict === null || (verdict !== 'holds' && !live)) continue;
      const at = { offset: offset(), arrivalTime };
      if (entry !== undefined && at.offset <= entry.offset) continue;
      // What is remembered answers as of the latest event, whatever the one at hand is.
      const latest = isTimed[index] ? (state.remembered?.latest.eventTime ?? eventTime) : eventTime;
      const sample = { eventTime: latest, arrivalTime, verdict, isOfNow: latest > eventTime };
      const step = reduce(entry?.machine, sample, rule);
      if (step === null) continue;
      this.outcome.apply(state, index, step, causeIn(scope, rule, eventTime), at);
      changed = true;
    }
    return changed;
  }

  /** Returns whether anything changed. */
  #leaveHours(
    state: DeviceState,
    index: number,
    entry: Entry,
    eventTime: number,
    arrivalTime: number,
    offset: bigint,
  ): boolean {
    const step = offset > entry.offset ? outOfHours(entry.machine, { eventTime, arrivalTime }) : null;
    if (step === null) return false;
    this.outcome.apply(state, index, step, null, { arrivalTime, offset });
    return true;
  }

  /** A rule was removed or got other labels: nothing else would ever resolve its alert. */
  #resolveOrphans(state: DeviceState, at: Position, eventTime: number | null): void {
    for (const orphan of state.orphans ?? []) {
      if (at.offset <= orphan.offset) continue;
      const step = remove(orphan.machine, eventTime ?? clockAt(orphan.machine, at.arrivalTime));
      if (step !== null) this.outcome.removed(orphan, step, at);
    }
    state.orphans = null;
    this.#warm.orphaned.delete(state);
  }
}

function causeIn(scope: Scope, { condition }: Rule, eventTime: number): Cause {
  const { event, device } = scope;
  return { eventTime, event, tags: device.tags, value: condition.value(scope) };
}

function byId(a: DeviceState, b: DeviceState): number {
  return a.id < b.id ? -1 : 1;
}
