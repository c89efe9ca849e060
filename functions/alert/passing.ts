/**
 * What a tick does to a device: timers of its alerts run out, and rules whose verdict time alone may have changed are
 * evaluated over an empty event, at the device's clock: as far as what is remembered says, and never before that is due.
 * So it does not matter when and where the device was loaded.
 */
import { outOfHours, reduce } from './core.js';
import type { Cause } from './document.js';
import type { FleetCounts } from './fleet-counts.js';
import type { EventObject } from './language/scope.js';
import type { Moment, Sample } from './machine.js';
import type { Outcome, Position, TagsOf } from './outcome.js';
import type { RulePlan } from './plan.js';
import type { Remembered } from './remembered.js';
import type { Entry } from './rows.js';
import { clockAt, reduceTick } from './timers.js';
import { isFiring, isLive, NOTHING, type Verdicts } from './verdicts.js';
import type { DeviceState } from './warm.js';

export class Passing {
  readonly #plan: RulePlan;
  readonly #outcome: Outcome;
  readonly #verdicts: Verdicts;
  readonly #fleet: FleetCounts | null;
  readonly #tagsOf: TagsOf;

  constructor(
    plan: RulePlan,
    outcome: Outcome,
    verdicts: Verdicts,
    fleet: FleetCounts | null,
    tagsOf: TagsOf,
  ) {
    this.#plan = plan;
    this.#outcome = outcome;
    this.#verdicts = verdicts;
    this.#fleet = fleet;
    this.#tagsOf = tagsOf;
  }

  tick(state: DeviceState, at: Position): void {
    const { order, asks, isTimed } = this.#plan;
    const { remembered } = state;
    const isDue = remembered !== null && remembered.due <= at.arrivalTime;
    if (state.entries === null && !isDue) return;
    /** Rules that began or ceased to fire by this tick. */
    const toggled = new Set<number>();
    for (const index of order) {
      const entry = state.entries?.[index];
      if (entry === undefined && !isDue && toggled.size === 0) continue;
      const before = isFiring(entry);
      if (isLive(entry) && at.offset > entry.offset) this.#runTimers(state, index, entry, at);
      const asked = asks[index]!.find((other) => toggled.has(other));
      if ((isDue && isTimed[index]) || asked !== undefined) this.#reconsider(state, index, asked, at);
      if (isFiring(state.entries?.[index]) !== before) toggled.add(index);
    }
    if (remembered === null) return;
    const clock = remembered.clockAt(at.arrivalTime);
    const isCounted =
      (isDue || toggled.size > 0) && this.#fleet?.watches(remembered.type, remembered) === true;
    if (isCounted) this.#fleet!.observe(remembered, this.#verdicts.atRest(state, clock), at);
    if (isDue) remembered.plan(clock);
    if (isDue || isCounted) this.#outcome.touch(state, at.offset);
  }

  #runTimers(state: DeviceState, index: number, entry: Entry, at: Position): void {
    const { rules, hours } = this.#plan;
    const { machine } = entry;
    const { arrivalTime } = at;
    const clock = clockAt(machine, arrivalTime);
    const step =
      hours[index]?.includes(clock) === false
        ? outOfHours(machine, { eventTime: clock, arrivalTime })
        : reduceTick(machine, arrivalTime, rules[index]!);
    if (step !== null) this.#outcome.apply(state, index, step, null, at);
  }

  /** @param asked a rule that this one asks for, and that has just begun or ceased to fire */
  #reconsider(state: DeviceState, index: number, asked: number | undefined, at: Position): void {
    const rule = this.#plan.rules[index]!;
    const { remembered } = state;
    const entry = state.entries?.[index];
    const other = asked === undefined ? undefined : state.entries?.[asked];
    const live = isLive(entry);
    if (entry !== undefined && at.offset < entry.offset) return;
    if (!live && remembered !== null && !this.#plan.canHold(index, remembered.type)) return;
    const since = remembered === null ? other!.machine.heard : lastEventOf(remembered);
    const clock = remembered?.clockAt(at.arrivalTime) ?? clockAt(other!.machine, at.arrivalTime);
    if (this.#plan.hours[index]?.includes(clock) === false) return;
    // What nobody has heard of for so long cannot begin to hold; what is there already has a timer for it.
    const isSilent = rule.noDataMs !== null && at.arrivalTime - since.arrivalTime >= rule.noDataMs;
    if (isSilent && !live) return;
    const scope = this.#verdicts.atRest(state, clock);
    const verdict = this.#verdicts.of(rule, scope, live);
    if (verdict === null) return;
    const sample: Sample = { eventTime: clock, arrivalTime: at.arrivalTime, verdict, silentSince: since };
    const step = reduce(entry?.machine, sample, rule);
    if (step === null) return;
    const cause = this.#lastKnown(state, entry ?? other, rule.condition.value(scope));
    this.#outcome.apply(state, index, step, cause, at);
  }

  /** The last event that is known of the device, to tell an alert with that time has changed. */
  #lastKnown(state: DeviceState, entry: Entry | undefined, value: Cause['value']): Cause {
    const { remembered } = state;
    const alert = entry?.alert ?? null;
    const event = remembered?.event ?? (alert?.event as EventObject | undefined) ?? NOTHING;
    const eventTime = remembered?.latest.eventTime ?? alert?.eventTime ?? 0;
    return { event, eventTime, tags: this.#tagsOf(state.id, event), value };
  }
}

function lastEventOf({ latest, heard }: Remembered): Moment {
  return { eventTime: latest.eventTime, arrivalTime: heard };
}
