/**
 * What `alert` keeps, and what `tick` does. For the rules all stores follow see `validation.ts`.
 */
import type { Page, PageRequest } from './validation.js';

export const ALERT_STATES = ['pending', 'firing', 'nodata', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/**
 * Why an alert is in its state: its condition; what is missing; who decides. `condition`: it began, or ceased, to
 * hold. `no-data`: nothing came for as long as the rule allows. `rule-removed`: there is no such rule (any more).
 * `inactive-hours`: the rule applies at other times only.
 */
export type AlertReason = 'condition' | 'no-data' | 'rule-removed' | 'inactive-hours';

/** One alert instance: a rule and a device (or group), from the event that started it to the one that ended it. */
export interface Alert {
  /** `{fingerprint}-{startsAt}-{state}`: the same for every repetition of one notification. */
  readonly id: string;
  /** Hash of the rule's name and the labels: the same in MQTT topics, webhooks and the API. */
  readonly fingerprint: string;
  readonly rule: string;
  /** Of the rule as it was: 8 hex digits over what decides (expr, clear, for, ...). */
  readonly ruleVersion: string;
  readonly severity: string;
  readonly state: AlertState;
  readonly reason: AlertReason;
  /** Device id; of fleet rules the group, `site=north`, or `fleet`. */
  readonly deviceId: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** The value the rule compared, of the event that caused the last transition. */
  readonly value: number | string | boolean | null;
  /** Event time of that event, the reading's own: epoch ms. */
  readonly eventTime: number;
  /** Event time at which the condition began to hold, epoch ms. */
  readonly startsAt: number;
  /** When it ceased to hold (with `nodata`: was last known to hold), epoch ms; null while it holds. */
  readonly endsAt: number | null;
  /** Arrival time of the record that caused the last transition, epoch ms; retention goes by it. */
  readonly changedAt: number;
  /** It has fired so often lately that telling each time would only be noise. */
  readonly flapping: boolean;
  /** The triggering event itself, as published; of fleet rules the counts. */
  readonly event: unknown;
}

/** The state machine's row for one rule and device (or group). */
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

/** What rules remember of one device's events (windows, last values, ...), and when time alone may change a verdict. */
export interface DeviceMemory {
  readonly deviceId: string;
  readonly partition: number;
  /** Offset of the last record applied. */
  readonly offset: bigint;
  /** Arrival-clock time (epoch ms) of the next tick that has to look at this device; null: none has to. */
  readonly due: number | null;
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
  /** Which function's partition: `alert` over telemetry, `fleet` over the stream of partial counts. */
  readonly scope: string;
  /** Offset after the last record that this commit contains. */
  readonly next: bigint;
  /**
   * `next` of the commit before, as loaded (0n at first). When the stored one is elsewhere, somebody else was faster:
   * nothing is changed and `STORE_STALE` (`canRetry`) is thrown.
   */
  readonly from: bigint;
  readonly rows: readonly AlertStateRow[];
  readonly memories: readonly DeviceMemory[];
  /** Resolved alerts that are no row's current one (any more): for the history alone. One that is there stays. */
  readonly ended: readonly Alert[];
  /** Told by this commit's batch: on its way to the alerts stream, and perhaps not durable there yet. */
  readonly owed?: OwedAlerts;
  /** `through` of what was owed before and has become durable in the alerts stream: it is forgotten. */
  readonly settled?: readonly bigint[];
}

export interface AlertFilter {
  /** `active`: all but the resolved. */
  readonly state?: AlertState | 'active';
  readonly deviceId?: string;
  readonly rule?: string;
  readonly severity?: string;
  readonly fingerprint?: string;
}

export interface AlertStore {
  /** `next` of the last commit; 0n before the first. */
  next(scope: string, partition: number): Promise<bigint>;
  /** State rows of these devices (or groups). */
  rows(scope: string, deviceIds: readonly string[]): Promise<readonly AlertStateRow[]>;
  memories(scope: string, deviceIds: readonly string[]): Promise<readonly DeviceMemory[]>;
  /** Devices of a partition with `due` at or before `time`, the earliest first, at most `limit`. */
  due(scope: string, partition: number, time: number, limit: number): Promise<readonly string[]>;
  /** Devices of a partition whose alerts are not all inactive: for rules that were removed meanwhile. */
  active(scope: string, partition: number): Promise<readonly string[]>;
  /**
   * Writes state rows, and the alert of each into the history (keyed by fingerprint and startsAt). A row without
   * an alert takes the pending one of its fingerprint out of the history again.
   */
  commit(commit: AlertCommit): Promise<void>;
  /** What commits of this partition owe and nobody has settled, lowest `through` first. */
  owed(scope: string, partition: number): Promise<readonly OwedAlerts[]>;

  /** The history, newest startsAt first. */
  alerts(filter: AlertFilter, page: PageRequest): Promise<Page<Alert>>;
  /** The alert of this fingerprint that began last; null when there is none. */
  alert(fingerprint: string): Promise<Alert | null>;
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

/** The last tick's time: ticks never go back, whatever the system clock does, restarts included. */
export interface TickStore {
  lastTick(): Promise<number>;
  saveTick(time: number): Promise<void>;
  close(): Promise<void>;
}
