/**
 * What becomes of told alerts: `notify` puts each into the inbox once, `dispatch` groups them into deliveries for the
 * receivers, `deliver` sends those. For the rules all stores follow see `validation.ts`.
 */
import type { Alert } from './alerts.js';
import type { Page, PageRequest } from './validation.js';

/** An alert as it was told, in the order in which `notify` took it over. */
export interface InboxEntry {
  /** Ascending, from one counter that writers take turns at: who has seen n has seen all before it. */
  readonly sequence: bigint;
  readonly alert: Alert;
  /** Over before the current one began: not the state of things. */
  readonly passed: boolean;
}

export interface Sent {
  readonly id: string;
  /** Of the alerts stream. */
  readonly offset: bigint;
  /** Arrival time of what caused it, epoch ms. */
  readonly time: number;
  /** Left out where nothing is dispatched (no receivers are configured). */
  readonly told?: { readonly alert: Alert; readonly passed: boolean };
}

export interface NotificationStore {
  /** Those of the ids that were delivered before, with the alerts-stream offset they were delivered for. */
  delivered(ids: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  /** Remembers them, and puts those with `told` into the inbox unless their id was there before. */
  commit(partition: number, sent: readonly Sent[]): Promise<void>;
  count(): Promise<number>;
  /** Forgets what was delivered before `time`, and inbox entries of before that were dispatched. */
  trim(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

/** A notification group: the alerts that one route tells together. */
export interface GroupRow {
  /** Route and group labels; opaque. */
  readonly key: string;
  /** Epoch ms of the next run that has to look at it; null: only when something new comes for it. */
  readonly due: number | null;
  /** Opaque to the store, versioned by the dispatch core: a JSON document. */
  readonly state: string;
}

/** `superseded`: never delivered, as a later delivery that says all of it took its place. */
export const DELIVERY_STATES = ['waiting', 'delivered', 'superseded', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One message for one target. */
export interface Delivery {
  /** Stable: the same notification has the same id however often it is computed, and receivers see it. */
  readonly id: string;
  /** Receiver and integration, e.g. `oncall/webhook/0`. */
  readonly target: string;
  /** What is told in order: of one group and target, none is claimed before an earlier one. Left out: no order. */
  readonly group?: string;
  readonly state: DeliveryState;
  readonly createdAt: number;
  /** Epoch ms: not before. */
  readonly dueAt: number;
  readonly attempts: number;
  readonly lastError: string | null;
  /** Fingerprints of the alerts in it. */
  readonly fingerprints: readonly string[];
  /** What is to be told, independent of the target's format: a JSON document of dispatch. */
  readonly notification: string;
}

export interface DispatchCommit {
  /** Last inbox sequence that is contained in the groups. */
  readonly cursor: bigint;
  /** The cursor this was computed from; when the stored one is elsewhere `STORE_STALE` (`canRetry`). */
  readonly from: bigint;
  readonly groups: readonly GroupRow[];
  readonly removedGroups: readonly string[];
  /** State `waiting`; one whose id is there stays as it is. */
  readonly deliveries: readonly Delivery[];
}

export interface DispatchStore {
  cursor(): Promise<bigint>;
  inbox(after: bigint, limit: number): Promise<readonly InboxEntry[]>;
  groups(keys: readonly string[]): Promise<readonly GroupRow[]>;
  /** Groups with `due` at or before `time`, the earliest first. */
  dueGroups(time: number, limit: number): Promise<readonly GroupRow[]>;
  /** All groups in the order of their keys: for operators, and when silences or the routes change. */
  allGroups(page: PageRequest): Promise<Page<GroupRow>>;
  commit(commit: DispatchCommit): Promise<void>;
  close(): Promise<void>;
}

export interface DeliveryFilter {
  readonly id?: string;
  readonly state?: DeliveryState;
  readonly target?: string;
  /** Of an alert in it. */
  readonly fingerprint?: string;
}

/** Circuit breaker of one target. */
export interface TargetState {
  readonly target: string;
  /** Failures in a row. */
  readonly failures: number;
  /** Epoch ms: nothing is sent before; 0 while closed. */
  readonly openUntil: number;
}

export interface Attempt {
  readonly deliveryId: string;
  readonly target: string;
  readonly at: number;
  readonly durationMs: number;
  readonly outcome: 'delivered' | 'failed' | 'dead';
  /** HTTP or SMTP status where there was one. */
  readonly status: number | null;
  readonly error: string | null;
}

export interface Settlement {
  readonly delivery: Pick<Delivery, 'id' | 'state' | 'dueAt' | 'attempts' | 'lastError'>;
  /** Null: it was not tried. A claim is given back, or another delivery took its place. */
  readonly attempt: Attempt | null;
}

export interface DeliveryStore {
  /** Targets with something due at `time`. */
  dueTargets(time: number): Promise<readonly string[]>;
  /**
   * Takes up to `limit` due deliveries of a target for this caller until `until` (epoch ms), oldest first: nobody
   * else gets them before. Those of callers that died come again then. Of a group nothing is taken behind one that
   * waits, be it for its time or in somebody else's claim.
   */
  claim(target: string, time: number, until: number, limit: number): Promise<readonly Delivery[]>;
  /** The outcomes, the log of attempts, and the target's breaker. */
  settle(settlements: readonly Settlement[], target: TargetState): Promise<void>;
  targets(): Promise<readonly TargetState[]>;
  /** How many deliveries there are of each target and state. */
  counts(): Promise<
    readonly { readonly target: string; readonly state: DeliveryState; readonly count: number }[]
  >;
  /** Newest first. */
  deliveries(filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>;
  attempts(deliveryId: string): Promise<readonly Attempt[]>;
  /** Dead letters become waiting again, due at `time`, attempts 0. All of a target, or those of the ids. Returns how many. */
  redrive(
    which: { readonly target: string } | { readonly ids: readonly string[] },
    time: number,
  ): Promise<number>;
  /** Deletes those that do not wait and were created before `time`, with their attempts. */
  trim(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
