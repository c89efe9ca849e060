/**
 * One batch against the rules: walks the records, drives the reducer, and collects what is to be told and kept.
 *
 * For each event: what is remembered of the device takes it in, once; then the rules for its device type are evaluated,
 * each after those that it asks for. For each tick: timers of alerts run out, and rules whose verdict time alone may
 * have changed are evaluated over an empty event, at the device's clock: as far as what is remembered says, and never
 * before that is due. So it does not matter when and where a device was loaded.
 */
import { outOfHours, reduce, remove } from './core.js';
import type { Cause } from './document.js';
import type { FleetCounts } from './fleet-counts.js';
import { Memory } from './language/memory.js';
import type { Rule } from './language/rule.js';
import type { EventObject, Scope } from './language/scope.js';
import { INACTIVE, type Moment, type Sample, type Verdict } from './machine.js';
import { Outcome, type Position, type TagsOf } from './outcome.js';
import type { RulePlan } from './plan.js';
import { Remembered } from './remembered.js';
import type { Entry } from './rows.js';
import { clockAt, reduceTick } from './timers.js';
import type { DeviceState, WarmPartition } from './warm.js';

/** Told when a rule cannot be evaluated. */
export type OnRuleError = (rule: Rule, deviceId: string, error: unknown) => void;

/** What the evaluation of one event (or moment) works with; one object for all of them. */
type MutableScope = { -readonly [K in keyof Scope]: Scope[K] };

/** An accepted event. */
export interface Incoming {
  readonly deviceType: string;
  readonly body: EventObject;
  readonly eventTime: number;
  readonly arrivalTime: number;
}

const NOTHING: EventObject = Object.freeze({});

export class BatchEvaluation {
  readonly outcome: Outcome;
  readonly #warm: WarmPartition;
  readonly #plan: RulePlan;
  readonly #tagsOf: TagsOf;
  readonly #fleet: FleetCounts | null;
  readonly #onError: OnRuleError;
  readonly #scope: MutableScope;
  #device: DeviceState | null = null;

  constructor(warm: WarmPartition, tagsOf: TagsOf, fleet: FleetCounts | null, onError: OnRuleError) {
    this.outcome = new Outcome(warm, tagsOf);
    this.#warm = warm;
    this.#plan = warm.plan;
    this.#tagsOf = tagsOf;
    this.#fleet = fleet;
    this.#onError = onError;
    this.#scope = {
      event: NOTHING,
      device: { id: '', type: '', tags: {} },
      at: 0,
      memory: null,
      firing: (name) => this.#isFiring(this.#plan.indexOf(name)),
    };
  }

  /** `offset` is asked for only when something depends on it: nearly all events of plain rules change nothing. */
  event(
    state: DeviceState,
    { deviceType, body, eventTime, arrivalTime }: Incoming,
    offset: () => bigint,
  ): void {
    if (state.orphans !== null) this.#resolveOrphans(state, { offset: offset(), arrivalTime }, eventTime);
    const scope = this.#over(state, body, deviceType, this.#tagsOf(state.id, body), eventTime);
    const remembers = this.#remembers(deviceType);
    if (remembers) {
      state.remembered ??= new Remembered(new Memory(this.#plan.memory));
      state.remembered.observe({ event: body, eventTime, arrivalTime, device: scope.device });
      this.#touch(state, offset());
      scope.memory = state.remembered.memory;
    }
    const { applies, others } = this.#plan.of(deviceType);
    let changed = this.#evaluate(applies, state, scope, { eventTime, arrivalTime }, offset);
    if (state.entries !== null && others.length > 0) {
      const left = others.filter((index) => isLive(state.entries![index]));
      if (this.#evaluate(left, state, scope, { eventTime, arrivalTime }, offset)) changed = true;
    }
    if (this.#fleet?.watches(deviceType)) {
      this.#fleet.observe(state.remembered!, scope, { offset: offset(), arrivalTime });
    }
    if (changed || remembers) this.#warm.list(state, arrivalTime);
  }

  tick(at: Position): void {
    const { orphaned, due } = this.#warm;
    // In an order of its own, not the one in which devices happened to be loaded: a replay tells the same sequence.
    for (const state of [...orphaned].sort(byId)) this.#resolveOrphans(state, at, null);
    for (const state of due.take(at.arrivalTime).sort(byId)) {
      this.#passTime(state, at);
      this.#warm.list(state, at.arrivalTime);
    }
  }

  /** Returns whether anything changed. */
  #evaluate(
    indices: readonly number[],
    state: DeviceState,
    scope: Scope,
    { eventTime, arrivalTime }: Moment,
    offset: () => bigint,
  ): boolean {
    const { rules, hours } = this.#plan;
    let changed = false;
    for (const index of indices) {
      const rule = rules[index]!;
      const entry = state.entries?.[index];
      const live = isLive(entry);
      if (hours[index] !== null && !hours[index]!.includes(eventTime)) {
        if (live)
          changed = this.#leaveHours(state, index, entry!, { eventTime, arrivalTime }, offset()) || changed;
        continue;
      }
      const verdict = this.#verdict(rule, scope, live);
      if (verdict === null || (verdict !== 'holds' && !live)) continue;
      const at = { offset: offset(), arrivalTime };
      if (entry !== undefined && at.offset <= entry.offset) continue;
      const latest = this.#plan.isTimed[index]
        ? (state.remembered?.latest.eventTime ?? eventTime)
        : eventTime;
      // What is remembered answers as of the latest event, whatever the one at hand is.
      const sample =
        latest > eventTime
          ? { eventTime: latest, arrivalTime, verdict, isOfNow: true }
          : { eventTime, arrivalTime, verdict };
      const step = reduce(entry?.machine, sample, rule);
      if (step === null) continue;
      this.outcome.apply(state, index, step, causeIn(scope, rule, eventTime), at);
      changed = true;
    }
    return changed;
  }

  #passTime(state: DeviceState, at: Position): void {
    const { plan } = this.#warm;
    const { remembered } = state;
    const isTimed = remembered !== null && remembered.due <= at.arrivalTime;
    if (state.entries === null && !isTimed) return;
    const toggled = new Set<number>();
    for (const index of plan.order) {
      const entry = state.entries?.[index];
      if (entry === undefined && !isTimed && toggled.size === 0) continue;
      const before = isFiring(entry);
      if (isLive(entry) && at.offset > entry!.offset) this.#runTimers(state, index, entry!, at);
      const asked = plan.asks[index]!.find((other) => toggled.has(other));
      if ((isTimed && plan.isTimed[index]) || asked !== undefined) this.#reconsider(state, index, asked, at);
      if (isFiring(state.entries?.[index]) !== before) toggled.add(index);
    }
    if (!isTimed) return;
    const clock = remembered.clockAt(at.arrivalTime);
    if (this.#fleet?.watches(remembered.type)) {
      this.#fleet.observe(remembered, this.#atRest(state, remembered, clock), at);
    }
    remembered.plan(clock);
    this.#touch(state, at.offset);
  }

  #runTimers(state: DeviceState, index: number, entry: Entry, at: Position): void {
    const { rules, hours } = this.#plan;
    const clock = clockAt(entry.machine, at.arrivalTime);
    if (hours[index] !== null && !hours[index]!.includes(clock)) {
      this.#leaveHours(state, index, entry, { eventTime: clock, arrivalTime: at.arrivalTime }, at.offset);
      return;
    }
    const step = reduceTick(entry.machine, at.arrivalTime, rules[index]!);
    if (step !== null) this.outcome.apply(state, index, step, null, at);
  }

  /**
   * Evaluates a rule where only time has passed, or where one that it asks for has just changed.
   * @param asked that one
   */
  #reconsider(state: DeviceState, index: number, asked: number | undefined, at: Position): void {
    const rule = this.#plan.rules[index]!;
    const { remembered } = state;
    const entry = state.entries?.[index];
    const other = asked === undefined ? undefined : state.entries?.[asked];
    const since = remembered === null ? other!.machine.heard : lastEventOf(remembered);
    const type = remembered?.type;
    if (type !== undefined && !this.#plan.canHold(index, type) && !isLive(entry)) return;
    const clock =
      remembered === null ? clockAt(other!.machine, at.arrivalTime) : remembered.clockAt(at.arrivalTime);
    if (this.#plan.hours[index]?.includes(clock) === false) return;
    // What nobody has heard of for so long cannot begin to hold; what is there already has a timer for it.
    const isSilent = rule.noDataMs !== null && at.arrivalTime - since.arrivalTime >= rule.noDataMs;
    if (isSilent && !isLive(entry)) return;
    const scope = this.#atRest(state, remembered, clock);
    const verdict = this.#verdict(rule, scope, isLive(entry));
    if (verdict === null || (entry !== undefined && at.offset < entry.offset)) return;
    const sample: Sample = { eventTime: clock, arrivalTime: at.arrivalTime, verdict, silentSince: since };
    const step = reduce(entry?.machine, sample, rule);
    if (step === null) return;
    const cause = this.#lastKnown(state, entry ?? other, rule.condition.value(scope));
    this.outcome.apply(state, index, step, cause, at);
  }

  /** Returns whether anything changed. */
  #leaveHours(state: DeviceState, index: number, entry: Entry, at: Moment, offset: bigint): boolean {
    if (offset <= entry.offset) return false;
    const step = outOfHours(entry.machine, at);
    if (step === null) return false;
    this.outcome.apply(state, index, step, null, { arrivalTime: at.arrivalTime, offset });
    return true;
  }

  #verdict(rule: Rule, scope: Scope, live: boolean): Verdict | null {
    const { condition, clear } = rule;
    try {
      const holds = condition.holds(scope);
      if (holds === true) return 'holds';
      // Only of what is there already it matters whether it ends.
      if (clear === null || !live) return holds === null ? null : 'clears';
      if (clear.holds(scope) === true) return 'clears';
      return holds === null ? null : 'between';
    } catch (error) {
      this.#onError(rule, scope.device.id, error);
      return null;
    }
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

  #remembers(deviceType: string): boolean {
    return this.#plan.memory.of(deviceType).length > 0 || this.#fleet?.watches(deviceType) === true;
  }

  #touch(state: DeviceState, offset: bigint): void {
    state.remembered!.offset = offset;
    this.outcome.touched.add(state);
  }

  #over(
    state: DeviceState,
    event: EventObject,
    type: string,
    tags: Readonly<Record<string, string>>,
    at: number,
  ): MutableScope {
    const scope = this.#scope;
    this.#device = state;
    scope.event = event;
    scope.device = { id: state.id, type, tags };
    scope.at = at;
    scope.memory = state.remembered?.memory ?? null;
    return scope;
  }

  /** A moment without an event. */
  #atRest(state: DeviceState, remembered: Remembered | null, clock: number): MutableScope {
    const tags = this.#tagsOf(state.id, remembered?.event ?? NOTHING);
    return this.#over(state, NOTHING, remembered?.type ?? '', tags, clock);
  }

  /** The last event that is known of the device, to tell an alert with that time has changed. */
  #lastKnown(state: DeviceState, entry: Entry | undefined, value: Cause['value']): Cause {
    const { remembered } = state;
    const alert = entry?.alert ?? null;
    const event = remembered?.event ?? (alert?.event as EventObject | undefined) ?? NOTHING;
    const eventTime = remembered?.latest.eventTime ?? alert?.eventTime ?? 0;
    return { event, eventTime, tags: this.#tagsOf(state.id, event), value };
  }

  #isFiring(index: number | undefined): boolean {
    return index !== undefined && isFiring(this.#device?.entries?.[index]);
  }
}

function causeIn(scope: Scope, { condition }: Rule, eventTime: number): Cause {
  const { event, device } = scope;
  return { eventTime, event, tags: device.tags, value: condition.value(scope) };
}

function lastEventOf({ latest, heard }: Remembered): Moment {
  return { eventTime: latest.eventTime, arrivalTime: heard };
}

function isLive(entry: Entry | undefined): boolean {
  return entry !== undefined && entry.machine.phase !== INACTIVE.phase;
}

function isFiring(entry: Entry | undefined): boolean {
  return entry?.machine.phase === 'firing';
}

function byId(a: DeviceState, b: DeviceState): number {
  return a.id < b.id ? -1 : 1;
}
