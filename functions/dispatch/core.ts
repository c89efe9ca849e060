/**
 * Decides what of a group is told now, to whom and why. After Alertmanager (dispatch/dispatch.go; notify/notify.go,
 * `DedupStage.needsUpdate`), but driven by what is due instead of a timer per group, and with what was told to whom kept
 * per alert: so the end of an alert goes to exactly those who were told that it fires, under a silence as well.
 */
import type { Route } from './config/types.js';
import type { NotificationReason, NotifiedStatus } from './document.js';
import { escalate, escalationDue } from './escalation.js';
import { type Group, type GroupName, isOver, isPast, type Member, statusOf, toldTo } from './groups.js';
import { CALM_MS } from './intake.js';

export interface FlushContext {
  readonly route: Route;
  /** Epoch ms, the schedule's. */
  readonly now: number;
  /** Kept back for now: by what inhibits it, or because the route tells nothing at this time. */
  isInhibited(member: Member): boolean;
  isAcknowledged(member: Member): boolean;
}

/** What one receiver is told. */
export interface Notice {
  readonly receiver: string;
  readonly reason: NotificationReason;
  /** At least one. */
  readonly members: readonly Member[];
  /** For targets that are not told of ends: the same without what they know to fire; null: nothing for them. */
  readonly withoutEnds: readonly Member[] | null;
  /** In whose name it is told, when that is not the group at hand. */
  readonly former?: GroupName;
}

export interface Flushed {
  /** Null: everything in it is over and told. */
  readonly group: Group | null;
  /** Epoch ms; always after `now`. Null: only when something new comes. */
  readonly due: number | null;
  readonly notices: readonly Notice[];
}

/** A member, and whether it is kept back now. */
interface Looked {
  readonly member: Member;
  readonly isMuted: boolean;
  readonly isInhibited: boolean;
  /** It flapped, is calm now, and fires. */
  readonly isCalmed: boolean;
}

export function flush(group: Group, context: FlushContext): Flushed {
  const { route, now } = context;
  const isDue =
    isPast(group.flushAt, now) ||
    isPast(group.repeatAt, now) ||
    group.members.some(({ heldUntil }) => isPast(heldUntil, now));
  const own = group.members.filter(({ former }) => former === null);
  const moved = group.members.filter(({ former }) => former !== null);
  const looked = own.map((member) => look(member, route, context));
  const told = isDue ? tell(group, looked, context) : { notices: [], members: own };
  const escalation = escalate(told.members, context, mutedOf(looked));
  const notices = [...told.notices, ...escalation.notices, ...(isDue ? endsOf(moved) : [])];
  // Whoever was to be told of an end has been told.
  const after = [...escalation.members, ...moved];
  const members = isDue ? after.filter((member) => !isOver(member)) : after;
  if (members.length === 0) return { group: null, due: null, notices };
  const receivers = notices.flatMap(({ receiver, former }) => (former === undefined ? [receiver] : []));
  const next: Group = {
    ...group,
    members,
    introduced: [...new Set([...group.introduced, ...receivers])],
    flushAt: isDue ? pollAt(looked, context) : group.flushAt,
    flushedAt: told.notices.length > 0 ? now : group.flushedAt,
    repeatAt: repeatAt(group, members, told.notices, context),
  };
  return { group: next, due: dueAt(next, route, now), notices };
}

/** When a group has to be looked at next. @param now what was due until now has been done */
export function dueAt(group: Group, route: Route, now: number | null): number | null {
  const times = [group.flushAt, group.repeatAt];
  for (const member of group.members) times.push(member.heldUntil, escalationDue(member, route, now));
  const earliest = times.reduce<number>(
    (least, time) => Math.min(least, time ?? least),
    Number.POSITIVE_INFINITY,
  );
  return earliest === Number.POSITIVE_INFINITY ? null : earliest;
}

/** Members about which it matters whether they are acknowledged. */
export function inQuestion(group: Group, route: Route, now: number): readonly Member[] {
  const repeats = isPast(group.repeatAt, now);
  return group.members.filter(
    (member) =>
      member.former === null &&
      !isOver(member) &&
      (repeats || isPast(escalationDue(member, route, null), now)),
  );
}

function look(member: Member, { receiver }: Route, { now, isInhibited }: FlushContext): Looked {
  const { alert, heldUntil } = member;
  if (isPast(heldUntil, now)) {
    const calm = { ...member, alert: { ...alert, flapping: false }, heldUntil: null };
    return looking(calm, isInhibited, alert.state !== 'resolved');
  }
  const looked = looking(member, isInhibited, false);
  // From its first telling on it counts as firing, whatever it does, until it is calm.
  const begins = alert.flapping && heldUntil === null && isNews(looked, receiver, receiver);
  if (!begins || Object.hasOwn(member.told, receiver)) return looked;
  return { ...looked, member: { ...member, heldUntil: now + CALM_MS } };
}

function looking(member: Member, isInhibited: FlushContext['isInhibited'], isCalmed: boolean): Looked {
  const inhibited = isInhibited(member);
  const isMuted = !isOver(member) && (inhibited || member.silencedBy.length > 0);
  return { member, isMuted, isInhibited: inhibited, isCalmed };
}

function isNews({ member, isMuted, isInhibited, isCalmed }: Looked, receiver: string, own: string): boolean {
  const told = toldTo(member, receiver);
  const status = statusOf(member);
  if (status === 'resolved') {
    if (told !== undefined) return told !== 'resolved';
    // It began and ended before anybody could be told of it: one notification says both.
    const isUnknown = Object.keys(member.told).length === 0;
    return receiver === own && isUnknown && !member.keptBack && !isInhibited;
  }
  if (isMuted || (told === undefined && receiver !== own)) return false;
  return told !== status || isCalmed || (member.expired && receiver === own);
}

function tell(
  group: Group,
  looked: readonly Looked[],
  context: FlushContext,
): { readonly notices: readonly Notice[]; readonly members: readonly Member[] } {
  const own = context.route.receiver;
  const notices: Notice[] = [];
  const others = new Set(looked.flatMap(({ member }) => Object.keys(member.told)));
  others.delete(own);
  const newsOf = new Map<string, ReadonlySet<Member>>();
  for (const receiver of [own, ...[...others].sort()]) {
    const news = looked.filter((one) => isNews(one, receiver, own));
    const told = news.length > 0 ? noticeOf(group, looked, news, receiver, own) : null;
    const notice =
      told ?? (receiver === own && isPast(group.repeatAt, context.now) ? repetition(looked, context) : null);
    if (notice === null) continue;
    notices.push(notice);
    newsOf.set(receiver, new Set(notice.members));
  }
  const members = looked.map(({ member, isMuted }) => {
    const told: Record<string, NotifiedStatus> = { ...member.told };
    for (const [receiver, included] of newsOf) if (included.has(member)) told[receiver] = statusOf(member);
    const isTold = newsOf.get(own)?.has(member) === true;
    const isKept = isMuted && toldTo(member, own) !== statusOf(member);
    return {
      ...member,
      told,
      // Escalation of what a silence kept back begins with its notice.
      toldAt: isTold ? (member.expired ? context.now : (member.toldAt ?? context.now)) : member.toldAt,
      expired: member.expired && !isTold,
      keptBack: member.keptBack || isKept,
    };
  });
  return { notices, members };
}

function noticeOf(
  group: Group,
  looked: readonly Looked[],
  news: readonly Looked[],
  receiver: string,
  own: string,
): Notice {
  const isNew = new Set(news);
  const included = looked.filter((one) => {
    if (isOver(one.member)) return isNew.has(one);
    return !one.isMuted && (receiver === own || toldTo(one.member, receiver) !== undefined);
  });
  const members = included.map(({ member }) => member);
  const begins = (member: Member) => !isOver(member) || toldTo(member, receiver) === undefined;
  const isExpired = receiver === own && news.some(({ member }) => member.expired);
  return {
    receiver,
    reason: isExpired ? 'silence-expired' : group.introduced.includes(receiver) ? 'changed' : 'new',
    members,
    withoutEnds: news.some(({ member }) => begins(member)) ? members.filter(begins) : null,
  };
}

/** Of alerts that were told in other groups: that they are over. */
function endsOf(moved: readonly Member[]): Notice[] {
  const notices = new Map<
    string,
    { readonly receiver: string; readonly former: GroupName; readonly members: Member[] }
  >();
  for (const member of moved) {
    if (!isOver(member)) continue;
    const former = member.former!;
    for (const [receiver, status] of Object.entries(member.told)) {
      if (status === 'resolved') continue;
      const key = JSON.stringify([receiver, former.key]);
      const notice = notices.get(key) ?? { receiver, former, members: [] };
      notice.members.push(member);
      notices.set(key, notice);
    }
  }
  return [...notices.values()].map((notice) => ({ ...notice, reason: 'changed', withoutEnds: null }));
}

/** What still fires and nobody takes care of; null when there is nothing. */
function repetition(looked: readonly Looked[], { route, isAcknowledged }: FlushContext): Notice | null {
  const members = looked
    .filter(({ member, isMuted }) => !isOver(member) && !isMuted && !isAcknowledged(member))
    .map(({ member }) => member);
  if (members.length === 0) return null;
  return { receiver: route.receiver, reason: 'repeat', members, withoutEnds: members };
}

/** What is inhibited is told when that ends: nothing else would say so. */
function pollAt(looked: readonly Looked[], { route, now }: FlushContext): number | null {
  const waits = looked.some(
    ({ member, isInhibited }) =>
      isInhibited &&
      !isOver(member) &&
      (member.expired || toldTo(member, route.receiver) !== statusOf(member)),
  );
  return waits ? now + route.groupIntervalMs : null;
}

function repeatAt(
  group: Group,
  members: readonly Member[],
  notices: readonly Notice[],
  { route, now }: FlushContext,
): number | null {
  const repeats = members.some((member) => !isOver(member) && toldTo(member, route.receiver) !== undefined);
  if (!repeats) return null;
  const isTold = notices.some(({ receiver }) => receiver === route.receiver);
  const isLeftOut = isPast(group.repeatAt, now);
  return isTold || isLeftOut || group.repeatAt === null ? now + route.repeatIntervalMs : group.repeatAt;
}

function mutedOf(looked: readonly Looked[]): readonly boolean[] {
  return looked.map(({ isMuted }) => isMuted);
}
