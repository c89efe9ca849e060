/**
 * What `aggregate` keeps: windows, per-device progress, late events, and its column of the books.
 * For the rules all stores follow see `validation.ts`.
 */
import type { Page, PageRequest } from './validation.js';

/** Figures of one metric in one window or rollup bucket. `first` and `last` are by event time. */
export interface MetricFigures {
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  firstTime: number;
  last: number;
  lastTime: number;
}

export interface WindowRow {
  readonly deviceId: string;
  /** Event time, epoch ms, aligned to `size`; the window is [start, start + size). */
  readonly start: number;
  /** ms */
  readonly size: number;
  readonly partition: number;
  /** Offset of the last record applied. */
  readonly offset: bigint;
  /** Closed windows take no more events; what comes later for them is late. */
  readonly closed: boolean;
  /** Events in the window, whatever metrics they had. */
  readonly events: number;
  readonly metrics: Readonly<Record<string, MetricFigures>>;
}

/** How far a device has come; all the state aggregate needs about it besides its open windows. */
export interface DeviceProgress {
  readonly deviceId: string;
  readonly partition: number;
  /** Offset of the last record applied. */
  readonly offset: bigint;
  /** Opaque to the store, versioned by the aggregate core: a JSON document. */
  readonly state: string;
}

export interface LateEvent {
  /** `{partition}-{offset}` */
  readonly id: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly deviceId: string;
  readonly eventTime: number;
  readonly arrivalTime: number;
  readonly windowStart: number;
  readonly payload: string;
}

/** Records of one partition that aggregate has finished; the counts' sum is `nextOffset`. */
export interface AggregationTally {
  readonly partition: number;
  readonly nextOffset: bigint;
  /** Events that are in a window. */
  readonly aggregated: number;
  readonly late: number;
  readonly duplicate: number;
  /** Records that validation refuses. */
  readonly refused: number;
  readonly ticks: number;
}

export interface AggregationCommit {
  readonly tally: AggregationTally;
  /**
   * `nextOffset` of the tally this commit was computed from. When the stored one is elsewhere, somebody else was
   * faster: `commit` then changes nothing and fails with `STORE_STALE` (`canRetry`). Left out, nothing is compared.
   */
  readonly from?: bigint;
  readonly devices: readonly DeviceProgress[];
  readonly windows: readonly WindowRow[];
  readonly late: readonly LateEvent[];
}

export interface TimeRange {
  /** Inclusive, epoch ms. */
  readonly from: number;
  /** Exclusive, epoch ms. */
  readonly to: number;
}

/** A window row as a change feed for rollups: `change` grows with every write of any row. */
export interface ChangedWindow {
  readonly change: bigint;
  readonly deviceId: string;
  readonly start: number;
}

export interface AggregationStore {
  tally(partition: number): Promise<AggregationTally | null>;
  tallies(): Promise<readonly AggregationTally[]>;
  progress(deviceIds: readonly string[]): Promise<readonly DeviceProgress[]>;
  /** Windows of these devices that are not closed. */
  openWindows(deviceIds: readonly string[]): Promise<readonly WindowRow[]>;
  /** Ids of the devices of a partition that have open windows. */
  devicesWithOpenWindows(partition: number): Promise<readonly string[]>;
  commit(commit: AggregationCommit): Promise<void>;

  /** Windows of one device, in order of start, oldest first. */
  windows(deviceId: string, range: TimeRange, page: PageRequest): Promise<Page<WindowRow>>;
  /** The most recently changed windows of all devices, newest change first; for the status page. */
  recentWindows(limit: number): Promise<readonly WindowRow[]>;
  late(page: PageRequest): Promise<Page<LateEvent>>;
  /** Rows changed after `change`, in order of change, at most `limit`. */
  changedSince(change: bigint, limit: number): Promise<readonly ChangedWindow[]>;
  /** Deletes closed windows of a device that end at or before `time`; returns how many went. */
  trimWindows(deviceId: string, time: number): Promise<number>;
  /** Deletes late events that arrived before `time`, at most `limit`. */
  trimLate(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
