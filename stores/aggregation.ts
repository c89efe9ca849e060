/**
 * What `aggregate` keeps: windows, how far each device and group has come, late events, and its column of the books.
 * For the rules all stores follow see `validation.ts`.
 */
import type { Page, PageRequest } from './validation.js';

/** Figures of one numeric metric in one window or rollup bucket. `first` and `last` are by event time. */
export interface MetricFigures {
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  firstTime: number;
  last: number;
  lastTime: number;
  /** For the standard deviation: mean and sum of squared differences from it (Welford). */
  mean?: number;
  m2?: number;
  /** What depends on the order of events, from the first to the last. */
  ordered?: OrderedFigures;
  /** Percentile sketch. */
  sketch?: SketchFigures;
  /** HyperLogLog registers, as the figures' code has them. */
  distinct?: string;
}

export interface OrderedFigures {
  /** Sum of a counter's increments; after a reset the new value counts. */
  increase: number;
  resets: number;
  /** Integral over time, each value until the next event (value x ms). */
  area: number;
  /** [event time, value] of each event, ordered: while others may come in between. */
  samples?: (readonly [number, number])[];
  /** What lies before the first sample, where there were too many to keep; contained in the three above. */
  folded?: { increase: number; resets: number; area: number };
}

/** DDSketch: counts by index of bucket, as [index, count, index, count, …] in order of index. */
export interface SketchFigures {
  zero: number;
  positive: number[];
  negative: number[];
}

/** Figures of one metric that is a string or a boolean (told as `true` and `false`). */
export interface StateFigures {
  count: number;
  first: string;
  firstTime: number;
  last: string;
  lastTime: number;
  /** Value -> how long it was that, ms: each until the next event. */
  durations?: Record<string, number>;
  samples?: (readonly [number, string])[];
  /** Durations before the first sample, where there were too many to keep; contained in `durations`. */
  folded?: Record<string, number>;
  distinct?: string;
}

/** Whose windows or rollups: a definition's, of one device or group. */
export interface Series {
  /** Name of the definition. */
  readonly definition: string;
  /** Device id; of a group its tags in their definition's order, `site=north,type=reefer`; `` is the fleet. */
  readonly key: string;
}

/** Metric -> figures: numbers apart from strings and booleans. */
export interface Measured {
  readonly events: number;
  readonly metrics: Readonly<Record<string, MetricFigures>>;
  readonly states?: Readonly<Record<string, StateFigures>>;
}

/**
 * A window. Of a group, each partition has a row of its own, with the events of its devices: who reads merges them.
 * Key: definition, key, start, size, partition.
 */
export interface WindowRow extends Series, Measured {
  /** Event time, epoch ms; the window is [start, end). 0 with `last`. */
  readonly start: number;
  /** Length that the definition says, ms; 0 where the events say it (session, last). */
  readonly size: number;
  readonly end: number;
  readonly partition: number;
  /** Offset of the last record applied. */
  readonly offset: bigint;
  /** Closed windows take no more events; what comes later for them is late. */
  readonly closed: boolean;
  /** 0 while it is not complete; 1 when the watermark has passed its end; one more with every late event let in. */
  readonly revision: number;
}

export type WindowKey = Pick<WindowRow, 'definition' | 'key' | 'start' | 'size' | 'partition'>;

/** How far a device or group has come; all the state aggregate needs about it besides its open windows. */
export interface Progress {
  /** Empty: a device; else the definition of the group. */
  readonly scope: string;
  /** Device id or group. */
  readonly key: string;
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
  /** Start of the closed window it belonged to, of the first definition that it was late for. */
  readonly windowStart: number;
  /** Definitions whose windows lack it. */
  readonly definitions: readonly string[];
  readonly payload: string;
}

/** Records of one partition that aggregate has finished; `aggregated` to `ticks` add up to all of them. */
export interface AggregationTally {
  readonly partition: number;
  readonly nextOffset: bigint;
  /** Events that are in every window they belong to. */
  readonly aggregated: number;
  /** Events that came too late for at least one. */
  readonly late: number;
  readonly duplicate: number;
  /** Records that validation refuses. */
  readonly refused: number;
  readonly ticks: number;
  /** Of the events above, how many had a clock further ahead, or behind, than the settings take for right. */
  readonly ahead: number;
  readonly behind: number;
  /** Late events that corrected a complete window. */
  readonly corrections: number;
}

export interface AggregationCommit {
  readonly tally: AggregationTally;
  /**
   * `nextOffset` of the tally this commit was computed from. When the stored one is elsewhere, somebody else was
   * faster: `commit` then changes nothing and fails with `STORE_STALE` (`canRetry`). Left out, nothing is compared.
   */
  readonly from?: bigint;
  readonly progress: readonly Progress[];
  readonly windows: readonly WindowRow[];
  /** Windows that are no more: sessions that became part of another one. What is in `windows` too is written. */
  readonly removed: readonly WindowKey[];
  readonly late: readonly LateEvent[];
}

export interface TimeRange {
  /** Inclusive, epoch ms. */
  readonly from: number;
  /** Exclusive, epoch ms. */
  readonly to: number;
}

/** A row of a change feed: `change` grows with every write of any row. */
export interface Changed extends Series {
  readonly change: bigint;
  readonly start: number;
}

export interface AggregationStore {
  tally(partition: number): Promise<AggregationTally | null>;
  tallies(): Promise<readonly AggregationTally[]>;
  /** Of these devices (`scope` empty) or groups, in any order; unknown ones are absent. */
  progress(partition: number, scope: string, keys: readonly string[]): Promise<readonly Progress[]>;
  /**
   * Windows of a partition that are not closed, all definitions, in order of definition, key, start, size. They are read
   * in several steps: read the tally before, so that a commit in between makes the next one `STORE_STALE`. The rows of the
   * last events (start and size 0) of the definitions `lasting` are left out: there is one per device, and none is due.
   */
  openWindows(partition: number, lasting?: readonly string[]): Promise<readonly WindowRow[]>;
  commit(commit: AggregationCommit): Promise<void>;

  /** Windows of one series whose start is in the range, in order of start, size and partition. */
  windows(series: Series, range: TimeRange, page: PageRequest): Promise<Page<WindowRow>>;
  /** Keys that a definition has windows of, in their order, each once. */
  keys(definition: string, page: PageRequest): Promise<Page<string>>;
  /** The most recently changed windows of all series, newest change first; for the status page. */
  recentWindows(limit: number): Promise<readonly WindowRow[]>;
  /** Rows changed after `change`, whole, in order of change, at most `limit`. */
  windowsSince(change: bigint, limit: number): Promise<readonly (WindowRow & { readonly change: bigint })[]>;
  /** Of what changed after `change`, where it was, in order of change, at most `limit`. */
  changedSince(change: bigint, limit: number): Promise<readonly Changed[]>;
  /** The last change there was; 0n before the first. */
  lastChange(): Promise<bigint>;
  late(filter: { readonly deviceId?: string }, page: PageRequest): Promise<Page<LateEvent>>;
  /** Deletes closed windows of a series that end at or before `time`; returns how many went. */
  trimWindows(series: Series, time: number): Promise<number>;
  /** Deletes late events that arrived before `time`, at most `limit`. */
  trimLate(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
