/**
 * Batches for tests: records written as objects, packed as a stream would pack them.
 */
import type { Batch } from '../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../streams/record.js';

/** A record of a test's timeline; its offset is its index. */
export interface TestRecord {
  readonly kind?: RecordKind;
  /** Epoch ms. */
  readonly arrivalTime: number;
  /** Device id. */
  readonly key?: string;
  /** An object is sent as JSON, a string or bytes as they are. */
  readonly payload?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A tick record at `time` (epoch ms). */
export function tick(time: number): TestRecord {
  return { kind: RecordKind.tick, arrivalTime: time };
}

/** The records `[from, to)` of a timeline as one batch; offsets are the timeline's indices. */
export function batchOf(
  records: readonly TestRecord[],
  from = 0,
  to = records.length,
  options: { partition?: number; stream?: string } = {},
): Batch {
  const writer = new FrameWriter(1024);
  for (const { kind = RecordKind.acknowledged, arrivalTime, key = '', payload, headers } of records.slice(
    from,
    to,
  )) {
    const value = bytesOf(payload);
    writer.write({ kind, arrivalTime, key, value, ...(headers === undefined ? {} : { headers }) });
  }
  const { partition = 0, stream = 'telemetry' } = options;
  const count = writer.count;
  return { stream, partition, baseOffset: BigInt(from), count, frames: writer.take() };
}

/** Cuts a timeline into batches at the given indices. */
export function batchesOf(records: readonly TestRecord[], cuts: readonly number[]): Batch[] {
  const inside = cuts.filter((cut) => cut > 0 && cut < records.length);
  const edges = [...new Set([0, ...inside, records.length])].sort((a, b) => a - b);
  return edges.slice(1).map((to, index) => batchOf(records, edges[index]!, to));
}

function bytesOf(payload: unknown): Uint8Array {
  if (payload === undefined) return new Uint8Array();
  if (payload instanceof Uint8Array) return payload;
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
}
