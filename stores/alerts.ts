/**
 * What `alert` and `notify` keep. For the rules all stores follow see `validation.ts`.
 */
import type { Page, PageRequest } from './validation.js';

export const ALERT_STATES = ['pending', 'firing', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** One alert instance: a rule and a device, from the event that started it to the one that ended it. */
export interface Alert {
  /** `{fingerprint}-{startsAt}-{state}`: the same for every repetition of one notification. */
  readonly id: string;
  /** Hash of the rule's name and the labels: the same in MQTT topics, webhooks and the API. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly severity: string;
  readonly state: AlertState;
  readonly deviceId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The value the rule compared, of the event that caused the last transition. */
  readonly value: number | string | boolean | null;
  /** Event time of that event, epoch ms. */
  readonly eventTime: number;
  /** Event time at which the condition began to hold, epoch ms. */
  readonly startsAt: number;
  /** When it resolved, epoch ms; null while it has not. */
  readonly endsAt: number | null;
  /** Arrival time of the record that caused the last transition, epoch ms; retention goes by it. */
  readonly changedAt: number;
  /** The triggering event itself, as published. */
  readonly event: unknown;
}

/** The state machine's row for one rule and device. */
export interface AlertStateRow {
  readonly fingerprint: string;
  readonly deviceId: string;
  readonly partition: number;
  /** Offset of the last record that changed the row. */
  readonly offset: bigint;
  /** The current instance; null when a pending one became inactive: there was no alert. */
  readonly alert: Alert | null;
  /** Opaque to the store, versioned by the alert core: a JSON document. */
  readonly state: string;
}

/** An alert for the alerts stream; `passed`: it leaves the current state alone. */
export interface Told {
  readonly alert: Alert;
  readonly passed: boolean;
}

/** What one batch has to tell the alerts stream, kept with the state that takes it as told. */
export interface OwedAlerts {
  /** Offset of the batch's last record. */
  readonly through: bigint;
  readonly alerts: readonly Told[];
}

export interface AlertCommit {
  readonly partition: number;
  readonly rows: readonly AlertStateRow[];
  /** Resolved alerts that are no row's current one (any more): for the history alone. One that is there stays. */
  readonly ended: readonly Alert[];
  /** Told by this commit's batch: on its way to the alerts stream, and perhaps not durable there yet. */
  readonly owed?: OwedAlerts;
  /** `through` of what was owed before and has become durable in the alerts stream: it is forgotten. */
  readonly settled?: readonly bigint[];
}

export interface AlertStore {
  /** Rows of these devices. */
  rows(deviceIds: readonly string[]): Promise<readonly AlertStateRow[]>;
  /** All pending rows of a partition: those with a timer that a tick may run out. */
  pending(partition: number): Promise<readonly AlertStateRow[]>;
  /**
   * Writes state rows, and the alert of each into the history (keyed by fingerprint and startsAt). A row without
   * an alert takes the pending one of its fingerprint out of the history again.
   */
  commit(commit: AlertCommit): Promise<void>;
  /** What commits of this partition owe and nobody has settled, lowest `through` first. */
  owed(partition: number): Promise<readonly OwedAlerts[]>;

  /** The history, newest startsAt first. */
  alerts(
    filter: { readonly state?: AlertState; readonly deviceId?: string },
    page: PageRequest,
  ): Promise<Page<Alert>>;
  counts(): Promise<Readonly<Record<AlertState, number>>>;
  /**
   * Current alerts that are resolved and whose last change was before `time`, at most `limit`: what `trim` is about
   * to forget, so that their retained topics can be cleared first. Both go in order of last change.
   */
  expired(time: number, limit: number): Promise<readonly Alert[]>;
  /**
   * Deletes resolved alerts changed before `time`, history and state, at most `limit`; returns how many went. What is
   * owed from before `time` goes with them.
   */
  trim(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

export interface NotificationStore {
  /** Those of the ids that were delivered before, with the alerts-stream offset they were delivered for. */
  delivered(ids: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  commit(
    partition: number,
    sent: readonly { readonly id: string; readonly offset: bigint; readonly time: number }[],
  ): Promise<void>;
  count(): Promise<number>;
  trim(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

/** The last tick's time: ticks never go back, whatever the system clock does, restarts included. */
export interface TickStore {
  lastTick(): Promise<number>;
  saveTick(time: number): Promise<void>;
  close(): Promise<void>;
}
