/**
 * What `validate` keeps: the latest event of each device, the quarantine, and its column of the books.
 *
 * Every store port in this folder follows the same rules:
 * - Methods are called once per invocation, never per event; they may be slow, so they are asynchronous.
 * - `commit` is atomic per call where the engine can do that, and durable when it resolves. Where it cannot be
 *   atomic (DynamoDB), each row carries the stream position of the last record applied to it, so that applying the
 *   same records again is a no-op: rows at or past the position are left alone.
 * - A failed call throws a `MillraceError`; with `canRetry` the invocation is tried again from its first record.
 * - Time is epoch ms; offsets are bigint.
 */
export interface LatestEvent {
  readonly deviceId: string;
  readonly deviceType: string;
  readonly partition: number;
  /** Offset of the record this row was last written for. */
  readonly offset: bigint;
  readonly eventTime: number;
  readonly arrivalTime: number;
  /** The event as published: a JSON object. */
  readonly event: string;
}

export interface QuarantineEntry {
  /** `{partition}-{offset}`: stable, so that a redelivery writes the same entry. */
  readonly id: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly deviceId: string;
  readonly arrivalTime: number;
  /** Stable code, e.g. `JSON_SYNTAX`, `SCHEMA`, `TIMESTAMP_RANGE`, `DEVICE_TYPE_UNKNOWN`. */
  readonly code: string;
  /** One sentence for a person. */
  readonly reason: string;
  /** JSON Schema keyword, with code SCHEMA. */
  readonly keyword: string | null;
  /** JSON Pointer into the payload, or null when there is no place to point at. */
  readonly pointer: string | null;
  readonly payload: Uint8Array;
}

/** Records of one partition that validate has finished, counted one by one; the sum is `nextOffset`. */
export interface ValidationTally {
  readonly partition: number;
  /** Offset after the last record counted. */
  readonly nextOffset: bigint;
  readonly valid: number;
  readonly quarantined: number;
  readonly ticks: number;
}

export interface ValidationCommit {
  readonly tally: ValidationTally;
  /**
   * `nextOffset` of the tally this commit was computed from. When the stored one is elsewhere, somebody else was
   * faster: `commit` then changes nothing and fails with `STORE_STALE` (`canRetry`). Left out, nothing is compared.
   */
  readonly from?: bigint;
  readonly latest: readonly LatestEvent[];
  readonly quarantined: readonly QuarantineEntry[];
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass as `cursor` to get the next page; null on the last. */
  readonly next: string | null;
}

export interface PageRequest {
  readonly limit: number;
  readonly cursor: string | null;
}

export interface ValidationStore {
  tally(partition: number): Promise<ValidationTally | null>;
  tallies(): Promise<readonly ValidationTally[]>;
  /** Current rows of these devices, in any order; unknown ones are absent. */
  latest(deviceIds: readonly string[]): Promise<readonly LatestEvent[]>;
  /** A latest row is only replaced by one with a later offset. */
  commit(commit: ValidationCommit): Promise<void>;

  /** Devices in the order of their ids. */
  devices(page: PageRequest): Promise<Page<LatestEvent>>;
  deviceCount(): Promise<number>;
  /** Newest first. */
  quarantine(page: PageRequest): Promise<Page<QuarantineEntry>>;
  /** Deletes entries that arrived before `time`, at most `limit` of them; returns how many went. */
  trimQuarantine(time: number, limit: number): Promise<number>;
  close(): Promise<void>;
}
