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
    if (isOver(member)) return member;
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
 * Moves members to the groups that tell them by the routes of now, with what of them was told to whom: so their ends go
 * to whoever knows them, as long as there is such a receiver.
 * @returns every group that is different, without members when it is to be removed
 */
export function reroute(group: Group, routing: Routing, find: Find, now: number): readonly Group[] {
  const changed = new Map<string, Group>();
  const staying: Member[] = [];
  for (const member of group.members) {
    const memberships = routing.memberships(labelsOf(member.alert));
    const stays = memberships.some(({ key }) => key === group.key);
    if (stays) staying.push(member);
    let carried = stays;
    for (const { key, route, labels } of memberships) {
      if (key === group.key) continue;
      // What is over is of no interest to those who were not told of it.
      if (carried && isOver(member)) break;
      const target = changed.get(key) ?? find(key) ?? emptyGroup(key, route.key, labels, routing.version);
      const moved = carried ? newMember(member.alert, member.silencedBy) : member;
      changed.set(key, withMember(target, moved, group, route, now));
      carried = true;
    }
  }
  const route = routing.route(group.route);
  const flushAt = route === undefined ? group.flushAt : earlier(group.flushAt, flushAfter(group, route, now));
  return [{ ...group, members: staying, routing: routing.version, flushAt }, ...changed.values()];
}

function withMember(target: Group, member: Member, from: Group, route: Route, now: number): Group {
  const index = target.members.findIndex(
    ({ alert }) => alert.fingerprint === member.alert.fingerprint && alert.startsAt === member.alert.startsAt,
  );
  const members =
    index < 0
      ? [...target.members, member]
      : target.members.with(index, joined(target.members[index]!, member));
  return {
    ...target,
    members,
    introduced: [
      ...new Set([...target.introduced, ...(Object.keys(member.told).length > 0 ? from.introduced : [])]),
    ],
    flushAt: earlier(target.flushAt, flushAfter(target, route, now)),
    repeatAt: target.repeatAt ?? from.repeatAt,
  };
}

/** One instance that two groups knew: whoever was told of it by either. */
function joined(there: Member, moved: Member): Member {
  const toldAt = there.toldAt ?? moved.toldAt;
  return {
    ...there,
    told: { ...moved.told, ...there.told },
    toldAt,
    steps: Math.max(there.steps, moved.steps),
  };
}

function earlier(a: number | null, b: number): number {
  return a === null ? b : Math.min(a, b);
}
