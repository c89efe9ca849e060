/**
 * An engine that streams live in: this process's own log, Kafka, Kinesis. One is opened per deployment.
 */
import type { Checkpoints } from './checkpoints.js';
import type { Share } from './share.js';
import type { Stream, StreamSource } from './stream.js';

/** A stream as serverless.yml declares it. */
export interface DeclaredStream {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

/** What one event source mapping reads through. */
export interface Consumer {
  readonly source: StreamSource;
  /** Groups given to it are the consumer's own, and those that begin with its name and a slash. */
  readonly checkpoints: Checkpoints;
  /** Absent: this process has all partitions. */
  readonly share?: Share;
  close(): Promise<void>;
}

export interface StreamEngine {
  /**
   * Opens a stream, making it where it does not exist. Never settles for fewer partitions than declared: rejects with
   * `STREAM_PARTITIONS` then. What else cannot be had as declared (retention, replication) is an error too.
   */
  open(declared: DeclaredStream): Promise<Stream>;
  /** @param group consumer group: processes that give the same one share the stream's partitions */
  consumer(stream: Stream, group: string): Promise<Consumer>;
  /**
   * Next offset to finish by partition, whichever process works on it; undefined where the group has finished nothing.
   * Absent: this process has all partitions.
   */
  committed?(stream: Stream, group: string): Promise<readonly (bigint | undefined)[]>;
  /**
   * How far, by partition, what the group has finished is behind the latest record, by their arrival times (ms); 0 when
   * nothing is left, null when it is not known. Where offsets have gaps, lag can be told in no other way. Absent: by
   * subtraction.
   */
  behindMs?(stream: Stream, group: string): Promise<readonly (number | null)[]>;
  /** When its streams and consumers are closed. */
  close(): Promise<void>;
}
