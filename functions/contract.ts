/**
 * What a Millrace function is, whatever it runs on.
 *
 * A function's module exports `create`, called once per environment (at its cold start), and `handler`, the same
 * function in Lambda's clothes (see `adapters/aws/`). `create` returns the entry points the function has; the
 * local runtime calls them directly, without base64 and JSON envelopes.
 */
import type { Logger } from 'pino';
import type { Settings } from '../common/settings.js';
import type { Stores } from '../stores/stores.js';
import type { Batch } from '../streams/batch.js';
import type { RecordKind } from '../streams/record.js';
import type { KindCounts, StreamHealth } from '../streams/stream.js';

/** One invocation, as a function sees it. */
export interface InvocationContext {
  readonly functionName: string;
  readonly requestId: string;
  remainingTimeMs(): number;
}

/** Which records of a batch failed; an empty list is success. The batch is tried again from the lowest one. */
export interface BatchResult {
  readonly batchItemFailures: readonly bigint[];
}

export const SUCCESS: BatchResult = Object.freeze({ batchItemFailures: [] });

/**
 * Handles one batch. Its effects are durable when the promise resolves, and idempotent by stream position: the same
 * records may come again after a crash. Rejecting fails the whole batch, which then comes again. The batch's bytes
 * are valid until then: what is kept longer is copied.
 */
export type Process = (batch: Batch, context: InvocationContext) => Promise<BatchResult>;

/** A scheduled run. `time` is epoch ms: the moment the schedule was due, not the moment it ran. */
export type RunScheduled = (event: { readonly time: number }, context: InvocationContext) => Promise<void>;

/** An HTTP request and its answer, in the Fetch API's types. */
export type Fetch = (request: Request, context: InvocationContext) => Promise<Response>;

export interface EntryPoints {
  readonly process?: Process;
  readonly scheduled?: RunScheduled;
  readonly fetch?: Fetch;
}

export type CreateFunction = (platform: Platform) => EntryPoints | Promise<EntryPoints>;

/** A record for another stream; the partition follows from the key. */
export interface OutgoingRecord {
  readonly kind: RecordKind;
  readonly arrivalTime: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

/** What a deployment gives its functions. */
export interface Platform {
  readonly settings: Settings;
  readonly stores: Stores;
  readonly log: Logger;
  /** Resolves when all records are durable in the stream. */
  append(stream: string, records: readonly OutgoingRecord[]): Promise<void>;
  /** Appends a tick record of this time (epoch ms) to every partition of the stream. */
  appendTick(stream: string, time: number): Promise<void>;
  /** Resolves when the broker has taken all messages over, and stored those for absent persistent sessions. */
  publish(messages: readonly MqttMessage[]): Promise<void>;
  /** A snapshot of the deployment; one round trip. */
  status(): Promise<DeploymentStatus>;
}

export interface PartitionStatus {
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
  /** Null where the engine does not look into records. */
  readonly counts: KindCounts | null;
}

export interface StreamStatus {
  readonly name: string;
  readonly partitions: readonly PartitionStatus[];
  /** Offsets have gaps that are no loss: differences between them are no numbers of records. */
  readonly isSparse?: boolean;
  readonly health: StreamHealth;
}

/** One event source mapping. */
export interface MappingStatus {
  readonly functionName: string;
  readonly stream: string;
  readonly enabled: boolean;
  /** Next offset to finish, per partition. */
  readonly checkpoints: readonly bigint[];
  /**
   * Of streams with sparse offsets: how far the function is behind the partition's latest record (ms), 0 when nothing is
   * left, null when it is not known.
   */
  readonly behindMs?: readonly (number | null)[];
  /** Message of the last failed invocation when the mapping is retrying now, else null. */
  readonly failing: string | null;
}

export interface DeploymentStatus {
  readonly version: string;
  readonly startedAt: number;
  readonly streams: readonly StreamStatus[];
  readonly mappings: readonly MappingStatus[];
  /** Counters of the gateway since the process started: name -> value, e.g. `refused_payload_too_large`. */
  readonly gateway: Readonly<Record<string, number>>;
  readonly connections: number;
  /** Devices that are connected; absent where presence is not told, or told by another broker. */
  readonly devicesOnline?: number;
  /** Where the embedded broker listens; absent when the deployment has none. */
  readonly mqttPort?: number;
}
