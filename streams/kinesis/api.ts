/**
 * What Millrace uses of Kinesis, as a port of its own: so that tests can answer what no emulator does (half of a request
 * refused, an iterator that expired, a shard that was split), and nothing but `aws-api.ts` knows the SDK.
 *
 * Each method makes one attempt and rejects with a `MillraceError` (see `errors.ts`): retrying is its caller's business,
 * which knows what must not be overtaken.
 */
export interface KinesisApi {
  /** Null: no such stream. */
  describe(stream: string): Promise<StreamDescription | null>;
  /** Returns before the stream is ACTIVE. One that is there already is left as it is. */
  create(stream: string, shards: number): Promise<void>;
  raiseRetention(stream: string, hours: number): Promise<void>;
  /** All shards whose records can still be read, open or closed. */
  shards(stream: string): Promise<Shard[]>;
  /** One outcome per entry, in their order. Rejects when the request as a whole failed: then anything may be stored. */
  put(stream: string, entries: readonly PutEntry[]): Promise<PutOutcome[]>;
  iterator(stream: string, shardId: string, position: IteratorPosition): Promise<string>;
  records(iterator: string, limit: number): Promise<RecordsAnswer>;
  close(): void;
}

export interface StreamDescription {
  /** CREATING, ACTIVE, UPDATING or DELETING. */
  readonly status: string;
  readonly openShards: number;
  readonly retentionHours: number;
}

export interface Shard {
  readonly id: string;
  /** The number in the id: our partition. */
  readonly number: number;
  /** Shards that this one was split off or merged from; they may be gone from the stream already. */
  readonly parents: readonly number[];
  /** Hash keys it takes, both inclusive. */
  readonly firstHash: bigint;
  readonly lastHash: bigint;
  /** No record of the shard has a lower sequence number. */
  readonly start: bigint;
  /** Takes no more records: split or merged. */
  readonly isClosed: boolean;
}

export interface PutEntry {
  readonly partitionKey: string;
  readonly hashKey: bigint;
  readonly data: Buffer;
}

export type PutOutcome =
  | { readonly shardId: string; readonly sequence: bigint }
  | { readonly code: string; readonly message: string };

export type IteratorPosition =
  | { readonly type: 'TRIM_HORIZON' }
  | { readonly type: 'AT_SEQUENCE_NUMBER' | 'AFTER_SEQUENCE_NUMBER'; readonly sequence: bigint }
  /** Epoch ms, on Kinesis' clock. */
  | { readonly type: 'AT_TIMESTAMP'; readonly time: number };

export interface KinesisRecord {
  readonly sequence: bigint;
  readonly partitionKey: string;
  /** When Kinesis took it, epoch ms. */
  readonly arrival: number;
  readonly data: Buffer;
}

export interface RecordsAnswer {
  readonly records: readonly KinesisRecord[];
  /** Null: the shard is closed and read to its end. */
  readonly next: string | null;
  /** How far in time the answer's end is behind the shard's tip; 0 at the tip. */
  readonly behindMs: number;
}

/** Records that one GetRecords returns at the most. */
export const MAX_RECORDS = 10_000;

const SHARD_ID = /^shardId-(\d{12})$/;

/** `shardId-000000000002` -> 2; undefined for what is no shard's id. */
export function shardNumber(id: string): number | undefined {
  const match = SHARD_ID.exec(id);
  return match === null ? undefined : Number(match[1]);
}
