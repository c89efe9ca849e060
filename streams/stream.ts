/**
 * The port to a partitioned, durable, append-only stream, and what every adapter owes.
 *
 * - **Durable before done.** `append`'s callback is called without an error only when the record would survive
 *   kill -9 and, where the engine can promise it, power loss. With an error, the record may or may not be in the
 *   stream (its publisher will send it again), but never half of it.
 * - **Order.** Records of one partition have consecutive offsets from 0 in the order of their `append` calls.
 *   Callbacks of one partition come in that order too. There is no order between partitions.
 *   Where offsets have gaps (`isSparse`: Kinesis) less is promised: offsets ascend in the order in which records are
 *   read, which is the order of the `append` calls for records of one key, and for a tick and any other record. Records of
 *   different keys may change places. Readers go by offsets, and by event time within a key; none may conclude from one
 *   key's record that another key's earlier one was there.
 * - **Nothing waits.** `append` copies the record and returns; it never blocks the event loop on a disk or a
 *   network. An engine that cannot keep up, is full or is at its hard limit just does not call back until it can
 *   again: that is the back-pressure, and `health` says why.
 * - **Read after append.** Once `append` has called back, `read` returns the record, in this process and in any
 *   other that opens the stream afterwards.
 * - **Resume after the last record read** means `read(partition, last + 1n)`.
 * - Each error is a `MillraceError`; `canRetry` tells the caller whether to try again.
 */
import type { Batch } from './batch.js';
import type { NewRecord, RecordKind } from './record.js';

export type AppendCallback = (error: Error | null) => void;

export interface ReadLimits {
  /** At most this many records (at least 1). */
  readonly maxRecords: number;
  /** Stop before this many bytes of frames, but return at least one record. */
  readonly maxBytes: number;
  /** Where the frames are to be put: so many bytes, called once. Default: a buffer of their own. */
  readonly allocate?: (bytes: number) => Buffer;
}

export interface PartitionEnds {
  /** Offset of the oldest record still there. */
  readonly start: bigint;
  /** Offset that the next durable record will get. */
  readonly end: bigint;
}

/** Records ever stored in a partition, by kind; their sum is the partition's `end`. Survives crashes and trimming. */
export type KindCounts = Readonly<Record<keyof typeof RecordKind, number>>;

export interface StreamHealth {
  readonly writable: boolean;
  /** Why appends are held back: a code (`DISK_FULL`, `HARD_LIMIT`, …) and a sentence. */
  readonly code?: string;
  readonly reason?: string;
}

/** The reading side of a stream: what consumers need of it. */
export interface StreamSource {
  readonly name: string;
  /** May grow where the engine can split partitions; never shrinks. */
  readonly partitions: number;
  /** Offsets have gaps that are no loss: differences between them are no numbers of records. */
  readonly isSparse?: boolean;
  /** Records are handed out up to so late although nobody is behind, because the engine polls (ms). Absent: at once. */
  readonly delayMs?: number;

  /**
   * Records from `offset` on, or an empty batch when there are none yet. Returns what is at hand rather than
   * filling the limits. An offset below `start` is answered from `start` (compare `baseOffset`: a gap is data
   * that retention removed); one beyond `end` fails with `OFFSET_OUT_OF_RANGE`. The returned bytes are a copy,
   * the caller's own.
   */
  read(partition: number, offset: bigint, limits: ReadLimits): Promise<Batch>;

  /** Ends as far as they are known here; synchronous, so that lag costs nothing to watch. */
  ends(partition: number): PartitionEnds;

  /** Nothing will ever follow what is before `end`: the partition was split or merged. Absent: partitions do not end. */
  isFinished?(partition: number): boolean;

  /** First offset whose arrivalTime is at or after `time` (epoch ms), or `end` when there is none. */
  offsetAt(partition: number, time: number): Promise<bigint>;

  /** Calls `listener` whenever a partition's `end` has advanced. Returns how to stop that. */
  onAppended(listener: (partition: number) => void): () => void;
}

export interface Stream extends StreamSource {
  /** Partitions that readers have, where they are others than those appended to; some may be gone already. */
  readonly partitionsRead?: number;

  /**
   * Appends one record. Throws `PARTITION_OUT_OF_RANGE`, `KEY_TOO_LONG` or `STREAM_CLOSED` at once; everything
   * else reaches `done`, which is called exactly once, never before `append` has returned.
   */
  append(partition: number, record: NewRecord, done: AppendCallback): void;

  /** Null where the engine does not look into records (Kafka, Kinesis): nobody knows then. */
  counts(partition: number): KindCounts | null;

  /** Latest arrivalTime in the stream, epoch ms; 0 when it is empty. New records must not be stamped earlier. */
  lastArrivalTime(): number;

  /**
   * Removes what retention allows, never a record at or after `keepFrom[partition]`: the lowest offset that an
   * enabled function has not finished. `now` is epoch ms. Returns bytes freed.
   */
  trim(keepFrom: readonly bigint[], now: number): Promise<number>;

  health(): StreamHealth;

  /** Finishes what was appended, then releases everything. Appends after `close` throw `STREAM_CLOSED`. */
  close(): Promise<void>;
}
