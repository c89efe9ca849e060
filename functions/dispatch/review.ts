/** What becomes of a group when silences begin or end, and when the routes have changed. */
import type { Route } from './config/types.js';
import { emptyGroup, type Group, isOver, type Member } from './groups.js';
import { flushAfter, newMember } from './intake.js';
import { type Labels, labelsOf } from './labels.js';
import type { Routing } from './routing.js';

/** Holds what is kept back against the silences of now. The same group when nothing is different. */
export function reviewSilences(
  group: Group,
  silencedBy: (labels: Labels) => readonly string[],
  now: number,
): Group {
  let changed = false;
  let expired = false;
  const members = group.members.map((member) => {
    if (isOver(member) || member.former !== null) return member;
    const ids = silencedBy(labelsOf(member.alert));
    if (ids.join() === member.silencedBy.join()) return member;
    changed = true;
    const ends = ids.length === 0;
    expired ||= ends;
    return { ...member, silencedBy: ids, expired: ends, keptBack: member.keptBack || !ends };
  });
  if (!changed) return group;
  return { ...group, members, flushAt: expired ? Math.min(group.flushAt ?? now, now) : group.flushAt };
}

/** Groups that a change of routes touches: by key, as they are before and become. */
export type Find = (key: string) => Group | undefined;

/** Keys of the groups that the members of a group now belong to. */
export function keysAfter(group: Group, routing: Routing): readonly string[] {
  const keys = new Set<string>();
  for (const { alert } of group.members)
    for (const { key } of routing.memberships(labelsOf(alert))) keys.add(key);
  keys.delete(group.key);
  return [...keys];
}

/**
 * Moves members to the groups that tell them by the routes of now. There they are told anew, under another key; what was
 * told under the key of before is kept beside (`Member.former`), so that its end is told there as well, as long as there
 * is such a receiver.
 * @returns every group that is different, without members when it is to be removed
 */
export function reroute(group: Group, routing: Routing, find: Find, now: number): readonly Group[] {
  const changed = new Map<string, Group>();
  const staying: Member[] = [];
  for (const member of group.members) {
    const memberships = routing.memberships(labelsOf(member.alert));
    const stays = memberships.some(({ key }) => key === group.key);
    if (stays) staying.push(member);
    let coming = stays ? [] : moved(member, group);
    for (const { key, route, labels } of memberships) {
      if (key === group.key) continue;
      // Who tells it from now on as well. What is over is of no interest to those who were not told of it.
      if (!isOver(member) && member.former === null) coming = [...coming, anew(member)];
      if (coming.length === 0) continue;
      const target = changed.get(key) ?? find(key) ?? emptyGroup(key, route.key, labels, routing.version);
      changed.set(key, withMembers(target, coming, route, now));
      coming = [];
    }
  }
  const route = routing.route(group.route);
  const flushAt = route === undefined ? group.flushAt : earlier(group.flushAt, flushAfter(group, route, now));
  return [{ ...group, members: staying, routing: routing.version, flushAt }, ...changed.values()];
}

/** What has to go with a member that leaves its group: what others were told of it, or that they are to be told. */
function moved(member: Member, { key, labels }: Group): Member[] {
  if (member.former !== null) return [member];
  const isTold = Object.values(member.told).some((status) => status !== 'resolved');
  if (isTold) return [{ ...member, heldUntil: null, former: { key, labels } }];
  return isOver(member) ? [member] : [];
}

/** To be told in another group; steps of escalation are taken once for all. */
function anew(member: Member): Member {
  const { toldAt, steps, keptBack, expired } = member;
  return { ...newMember(member.alert, member.silencedBy), toldAt, steps, keptBack, expired };
}

function withMembers(target: Group, coming: readonly Member[], route: Route, now: number): Group {
  const known = new Set(target.members.map(nameOf));
  return {
    ...target,
    members: [...target.members, ...coming.filter((member) => !known.has(nameOf(member)))],
    flushAt: earlier(target.flushAt, flushAfter(target, route, now)),
  };
}

function nameOf({ alert, former }: Member): string {
  return JSON.stringify([alert.fingerprint, alert.startsAt, former?.key]);
}

function earlier(a: number | null, b: number): number {
  return a === null ? b : Math.min(a, b);
}
