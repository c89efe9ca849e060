/**
 * Takes alerts as they were told into a group. Instances are told apart by fingerprint and `startsAt`; each stays until
 * its end was told to whoever was told that it fires.
 */
import type { Alert } from '../../stores/alerts.js';
import type { Route } from './config/types.js';
import { type Group, type GroupedAlert, groupedAlert, type Member } from './groups.js';

/** A flapping alert is calm after so long without a transition: as long as the rules count firings (ms). */
export const CALM_MS = 3_600_000;

/** One group while alerts are added to it: many come at once in a storm. */
export class Intake {
  readonly #group: Group;
  readonly #route: Route;
  readonly #members: Member[];
  /** Fingerprint -> indexes of its instances, in the order in which they came. */
  readonly #indexes = new Map<string, number[]>();
  #flushAt: number | null;
  #changed = false;

  constructor(group: Group, route: Route) {
    this.#group = group;
    this.#route = route;
    this.#members = [...group.members];
    this.#flushAt = group.flushAt;
    for (const [index, { alert }] of this.#members.entries()) this.#note(alert.fingerprint, index);
  }

  /** Null when nothing was added. */
  get changed(): Group | null {
    return this.#changed ? { ...this.#group, members: this.#members, flushAt: this.#flushAt } : null;
  }

  /** @param silencedBy ids of the silences that match it now */
  take(told: Alert, passed: boolean, silencedBy: readonly string[], now: number): void {
    const alert = groupedAlert(told);
    const indexes = this.#indexes.get(alert.fingerprint) ?? [];
    // More than one when it was told in other groups before the routes changed.
    const known = indexes.filter((at) => isContinued(this.#members[at]!.alert, alert, passed));
    for (const at of known) this.#members[at] = updated(this.#members[at]!, alert, silencedBy, now);
    if (known.length === 0) {
      // Nobody here was told of it, and it is over. (One that passed was told that it fires just before.)
      if (alert.state === 'resolved') return;
      if (!passed) for (const at of indexes) this.#members[at] = replaced(this.#members[at]!, alert);
      this.#note(alert.fingerprint, this.#members.length);
      this.#members.push(newMember(alert, silencedBy));
    }
    this.#changed = true;
    this.#flushAt = Math.min(
      this.#flushAt ?? Number.POSITIVE_INFINITY,
      flushAfter(this.#group, this.#route, now),
    );
  }

  #note(fingerprint: string, index: number): void {
    const indexes = this.#indexes.get(fingerprint);
    if (indexes === undefined) this.#indexes.set(fingerprint, [index]);
    else indexes.push(index);
  }
}

/** When something that came now is to be told. */
export function flushAfter(
  { flushedAt }: Group,
  { groupWaitMs, groupIntervalMs }: Route,
  now: number,
): number {
  const wait = now + groupWaitMs;
  return flushedAt === null ? wait : Math.max(wait, flushedAt + groupIntervalMs);
}

export function newMember(alert: GroupedAlert, silencedBy: readonly string[]): Member {
  return {
    alert,
    told: {},
    toldAt: null,
    steps: 0,
    silencedBy,
    expired: false,
    keptBack: false,
    heldUntil: null,
    former: null,
  };
}

/** Of an alert that flaps the next instance takes the place of the last one: it is told as one that flaps. */
function isContinued(before: GroupedAlert, alert: GroupedAlert, passed: boolean): boolean {
  if (before.startsAt === alert.startsAt) return true;
  return !passed && before.flapping && alert.flapping && alert.startsAt > before.startsAt;
}

function updated(before: Member, alert: GroupedAlert, silencedBy: readonly string[], now: number): Member {
  const member = { ...before, alert, heldUntil: heldUntil(before, alert, now) };
  if (alert.state !== 'resolved') return { ...member, silencedBy };
  return { ...member, keptBack: before.keptBack || before.silencedBy.length > 0, expired: false };
}

function heldUntil({ heldUntil }: Member, { flapping }: GroupedAlert, now: number): number | null {
  if (heldUntil === null) return null;
  return flapping ? now + CALM_MS : now;
}

/** What was no-data fires anew: the instance before has ended, and nobody says so but the new one. */
function replaced(member: Member, alert: GroupedAlert): Member {
  const { alert: before } = member;
  if (before.state === 'resolved' || before.startsAt >= alert.startsAt) return member;
  const endsAt = before.endsAt ?? alert.startsAt;
  const keptBack = member.keptBack || member.silencedBy.length > 0;
  return {
    ...member,
    alert: { ...before, state: 'resolved', endsAt },
    keptBack,
    expired: false,
    heldUntil: null,
  };
}
