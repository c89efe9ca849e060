/**
 * Escalation: who else is told while an alert fires and nobody acknowledges it. Each step is taken once per alert
 * instance; whoever was told by one is told its end, too.
 */
import type { Route } from './config/types.js';
import type { FlushContext, Notice } from './core.js';
import { isPast, type Member, toldTo } from './groups.js';

export interface Escalation {
  readonly members: readonly Member[];
  readonly notices: readonly Notice[];
}

/** @param muted which of the members are kept back now */
export function escalate(
  members: readonly Member[],
  { route, now, isAcknowledged }: FlushContext,
  muted: readonly boolean[],
): Escalation {
  /** By receiver: a step of several alerts is one notification. */
  const escalated = new Map<string, Member[]>();
  const after = members.map((member, index) => {
    if (muted[index] || !isPast(escalationDue(member, route, null), now)) return member;
    if (isAcknowledged(member)) return member;
    const told = { ...member.told };
    let { steps } = member;
    for (; isPast(stepDue(member, route, steps), now); steps++) {
      const { receiver } = route.escalation[steps]!;
      told[receiver] = 'firing';
      const others = escalated.get(receiver) ?? [];
      if (others.at(-1) !== member) escalated.set(receiver, [...others, member]);
    }
    return { ...member, told, steps };
  });
  const notices = [...escalated].map(([receiver, told]): Notice => {
    return { receiver, reason: 'escalation', members: told, withoutEnds: told };
  });
  return { members: after, notices };
}

/**
 * When the next step of a member is to be taken; null: none is.
 * @param now when set, a step that was due before (it is acknowledged, or inhibited) is looked at again after
 *   `group_interval`
 */
export function escalationDue(member: Member, route: Route, now: number | null): number | null {
  const { alert, silencedBy, steps, former } = member;
  // A silence that ends tells everything of it, and begins anew.
  if (alert.state !== 'firing' || silencedBy.length > 0 || former !== null) return null;
  if (toldTo(member, route.receiver) === undefined) return null;
  const due = stepDue(member, route, steps);
  if (due === null || now === null || due > now) return due;
  return now + route.groupIntervalMs;
}

function stepDue({ toldAt }: Member, { escalation }: Route, step: number): number | null {
  const next = escalation[step];
  return next === undefined || toldAt === null ? null : toldAt + next.afterMs;
}
