/**
 * A notification group: the alerts that one route tells together, and what of them was told to whom. Kept as JSON in
 * `GroupRow.state`.
 */
import { MillraceError } from '../../common/errors.js';
import type { Alert } from '../../stores/alerts.js';
import type { GroupRow } from '../../stores/notifications.js';
import type { NotifiedStatus } from './document.js';
import type { Labels } from './labels.js';

/** An alert without the event that caused it: receivers are not told that, and groups may be large. */
export type GroupedAlert = Pick<
  Alert,
  | 'fingerprint'
  | 'rule'
  | 'ruleVersion'
  | 'severity'
  | 'deviceId'
  | 'labels'
  | 'annotations'
  | 'value'
  | 'eventTime'
  | 'startsAt'
  | 'endsAt'
  | 'flapping'
> & {
  readonly state: NotifiedStatus;
  /** Unknown of what an earlier version took in. */
  readonly reason?: Alert['reason'];
};

/** What notifications and their receivers know a group by. */
export interface GroupName {
  readonly key: string;
  readonly labels: Labels;
}

/** One alert instance in a group. Times are the schedule's, epoch ms. */
export interface Member {
  readonly alert: GroupedAlert;
  /** What each receiver was told last. */
  readonly told: Readonly<Record<string, NotifiedStatus>>;
  /** When it was first told to the route's receiver: escalation counts from there. Null: not yet. */
  readonly toldAt: number | null;
  /** Steps of escalation that were taken. */
  readonly steps: number;
  /** Ids of the silences that keep it back. */
  readonly silencedBy: readonly string[];
  /** A silence ended and it still fires: that is to be told. */
  readonly expired: boolean;
  /** It was kept back (silenced or inhibited) when it was to be told, and was never told: nor is its end. */
  readonly keptBack: boolean;
  /** Of a flapping one that was told as such: until when it counts as firing, whatever it does; null: it is no such one. */
  readonly heldUntil: number | null;
  /**
   * The group in which it was told before the routes changed: only its end is told, there, because that is where
   * receivers look for it. Null: an alert of this group.
   */
  readonly former: GroupName | null;
}

export interface Group extends GroupName {
  /** Key of its route. */
  readonly route: string;
  /** `Routing.version` that it was last held against. */
  readonly routing: string;
  /** When what is new is to be told, or looked at again; null: nothing is. */
  readonly flushAt: number | null;
  /** When something was told last to the route's receiver, or on its account; null: never. */
  readonly flushedAt: number | null;
  /** When to repeat, if nothing changes; null: nothing to repeat. */
  readonly repeatAt: number | null;
  /** Receivers that were told of the group. */
  readonly introduced: readonly string[];
  readonly members: readonly Member[];
}

const VERSION = 1;

export function emptyGroup(key: string, route: string, labels: Labels, routing: string): Group {
  return {
    key,
    route,
    labels,
    routing,
    flushAt: null,
    flushedAt: null,
    repeatAt: null,
    introduced: [],
    members: [],
  };
}

/** @param due see `dueAt` */
export function encodeGroup(group: Group, due: number | null): GroupRow {
  const { key, ...state } = group;
  return { key, due, state: JSON.stringify({ v: VERSION, ...state }) };
}

export function decodeGroup({ key, state }: GroupRow): Group {
  const { v, ...group } = JSON.parse(state) as Omit<Group, 'key'> & { readonly v: number };
  if (v === VERSION) return { key, ...group };
  throw new MillraceError(`a notification group of version ${v} is stored, and ${VERSION} is known`, {
    code: 'DISPATCH_STATE_VERSION',
    hint: 'It was written by another version of Millrace: run that one or a later one.',
  });
}

export function groupedAlert(alert: Alert): GroupedAlert {
  const { fingerprint, rule, ruleVersion, severity, deviceId, labels, annotations } = alert;
  const { value, eventTime, startsAt, endsAt, flapping, reason } = alert;
  const state = alert.state === 'pending' ? 'firing' : alert.state;
  return {
    fingerprint,
    rule,
    ruleVersion,
    severity,
    deviceId,
    labels,
    annotations,
    value,
    eventTime,
    startsAt,
    endsAt,
    flapping,
    state,
    reason,
  };
}

/** What receivers are told it is: one that flaps fires until it is calm. */
export function statusOf({ alert, heldUntil }: Member): NotifiedStatus {
  return heldUntil === null ? alert.state : 'firing';
}

export function isOver(member: Member): boolean {
  return statusOf(member) === 'resolved';
}

/** What a receiver was told of it last; undefined: nothing. */
export function toldTo({ told }: Member, receiver: string): NotifiedStatus | undefined {
  return Object.hasOwn(told, receiver) ? told[receiver] : undefined;
}

export function isPast(time: number | null, now: number): boolean {
  return time !== null && time <= now;
}
