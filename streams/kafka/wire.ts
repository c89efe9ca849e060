/**
 * Produce and Fetch as this adapter wants them: record batches go in and come out as bytes, and each partition has its
 * error code as data. The client library's own versions build and read an object per record, which would be most of
 * what a worker does.
 *
 * Sources: https://kafka.apache.org/protocol#The_Messages_Produce (version 9), …_Fetch (version 12). Both name topics,
 * and are known to brokers from 2.8 on.
 */
import { createAPI, type Reader, Writer } from '@platformatic/kafka';
import type { AbortedTransaction } from './decode.js';

export interface ProducePartition {
  readonly partition: number;
  /** One sealed record batch. */
  readonly records: Buffer;
}

export interface ProducedPartition {
  readonly partition: number;
  readonly errorCode: number;
  readonly baseOffset: bigint;
  readonly logStart: bigint;
  readonly message: string | null;
}

const ALL_REPLICAS = -1;

export const produce = createAPI<
  [topic: string, partitions: readonly ProducePartition[], timeoutMs: number],
  ProducedPartition[]
>(
  0,
  9,
  (topic: string, partitions: ProducePartition[], timeoutMs: number) =>
    Writer.create()
      .appendString(null)
      .appendInt16(ALL_REPLICAS)
      .appendInt32(timeoutMs)
      .appendArray([topic], (w, name) => {
        w.appendString(name).appendArray(partitions, (p, { partition, records }) => {
          p.appendInt32(partition)
            .appendUnsignedVarInt(records.length + 1)
            .append(records);
        });
      })
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    const topics = reader.readArray((r) => {
      r.readString();
      return r.readArray(readProduced);
    });
    return topics.flat();
  },
);

function readProduced(r: Reader): ProducedPartition {
  const partition = r.readInt32();
  const errorCode = r.readInt16();
  const baseOffset = r.readInt64();
  r.readInt64();
  const logStart = r.readInt64();
  const recordErrors = r.readArray((e) => {
    e.readInt32();
    return e.readNullableString();
  });
  const message = r.readNullableString() ?? recordErrors[0] ?? null;
  return { partition, errorCode, baseOffset, logStart, message };
}

export interface FetchPartition {
  readonly partition: number;
  readonly offset: bigint;
  readonly maxBytes: number;
}

export interface FetchedPartition {
  readonly partition: number;
  readonly errorCode: number;
  /** Offset behind the last record that no open transaction holds back. */
  readonly end: bigint;
  readonly start: bigint;
  readonly aborted: readonly AbortedTransaction[];
  /** Record batches, the last perhaps cut off. */
  readonly records: Buffer | null;
}

export interface FetchLimits {
  /** How long (ms) the broker may wait for something new. */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
}

export interface Fetched {
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

const READ_COMMITTED = 1;

export const fetchRecords = createAPI<
  [topic: string, partitions: readonly FetchPartition[], limits: FetchLimits],
  Fetched
>(
  1,
  12,
  (topic: string, partitions: FetchPartition[], { maxWaitMs, maxBytes }: FetchLimits) =>
    Writer.create()
      .appendInt32(-1)
      .appendInt32(maxWaitMs)
      .appendInt32(1)
      .appendInt32(maxBytes)
      .appendInt8(READ_COMMITTED)
      .appendInt32(0)
      .appendInt32(-1)
      .appendArray([topic], (w, name) => {
        w.appendString(name).appendArray(partitions, (p, wanted) => {
          p.appendInt32(wanted.partition)
            .appendInt32(-1)
            .appendInt64(wanted.offset)
            .appendInt32(-1)
            .appendInt64(-1n)
            .appendInt32(wanted.maxBytes);
        });
      })
      .appendArray([], () => undefined)
      .appendString('')
      .appendTaggedFields(),
  (_correlation, _key, _version, reader) => {
    reader.readInt32();
    const errorCode = reader.readInt16();
    reader.readInt32();
    const topics = reader.readArray((r) => {
      r.readString();
      return r.readArray(readFetched);
    });
    return { errorCode, partitions: topics.flat() };
  },
);

function readFetched(r: Reader): FetchedPartition {
  const partition = r.readInt32();
  const errorCode = r.readInt16();
  r.readInt64();
  const end = r.readInt64();
  const start = r.readInt64();
  const aborted =
    r.readNullableArray((a) => ({ producerId: a.readInt64(), firstOffset: a.readInt64() })) ?? [];
  r.readInt32();
  return { partition, errorCode, end, start, aborted, records: r.readNullableBytes() };
}
