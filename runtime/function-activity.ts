/**
 * What the functions in effect are doing, as the metrics and `millrace functions` read it. All of it is read when
 * somebody asks; nothing runs per batch.
 */
import type { PoolStats } from './environments/invocation.js';

export interface MappingActivity {
  readonly functionName: string;
  readonly stream: string;
  /** Next offset to finish, by partition. */
  positions(): ReadonlyMap<number, bigint>;
  /** Why it is retrying, or null. */
  readonly failing: string | null;
  /** Counters since it was made, and the age of the oldest record of the batch invoked last, ms. */
  readonly stats: {
    readonly records: number;
    readonly filtered: number;
    readonly discarded: number;
    readonly trimmed: number;
    readonly destinationDeliveries: number;
    readonly iteratorAge: number;
  };
}

export interface FunctionActivity {
  readonly mappings: readonly MappingActivity[];
  /** By function. */
  readonly pools: ReadonlyMap<string, { readonly stats: PoolStats }>;
}

/** Of a stream, what tells how far behind a reader is. */
export interface StreamEnds {
  readonly name: string;
  readonly isSparse?: boolean;
  ends(partition: number): { readonly end: bigint };
}

/**
 * Records stored but not finished by the mapping; 0 when its stream is not there. Null when there are some and offsets
 * have gaps (Kinesis): nobody knows how many then, the iterator age says how late they are.
 */
export function lagOf(mapping: MappingActivity, streams: readonly StreamEnds[]): number | null {
  const stream = streams.find(({ name }) => name === mapping.stream);
  if (stream === undefined) return 0;
  let lag = 0;
  for (const [partition, next] of mapping.positions()) {
    const { end } = stream.ends(partition);
    if (stream.isSparse !== true) lag += Number(end - next);
    else if (next < end) return null;
  }
  return lag;
}
