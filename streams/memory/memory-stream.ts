/**
 * The stream port in memory: for tests, and for showing what the port demands without a disk in the way. A record
 * is "durable" when the current turn of the event loop is over.
 */
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../batch.js';
import { FrameWriter, MAX_KEY_BYTES, type NewRecord, RecordKind } from '../record.js';
import type {
  AppendCallback,
  KindCounts,
  PartitionEnds,
  ReadLimits,
  Stream,
  StreamHealth,
} from '../stream.js';

export interface MemoryStreamOptions {
  readonly name: string;
  readonly partitions: number;
  /** Records older than this (ms) may be trimmed. Default: they are kept. */
  readonly retentionMs?: number;
}

export function createMemoryStream(options: MemoryStreamOptions): MemoryStream {
  return new MemoryStream(options);
}

interface Stored {
  readonly frame: Buffer;
  readonly arrivalTime: number;
}

interface Partition {
  start: number;
  readonly records: Stored[];
  readonly counts: Record<keyof typeof RecordKind, number>;
}

interface Pending {
  readonly partition: number;
  readonly stored: Stored;
  readonly kind: RecordKind;
  readonly done: AppendCallback;
}

const KIND_NAMES = Object.keys(RecordKind) as (keyof typeof RecordKind)[];

export class MemoryStream implements Stream {
  readonly name: string;
  readonly partitions: number;
  readonly #retentionMs: number;
  readonly #partitions: Partition[];
  readonly #writer = new FrameWriter(256);
  readonly #listeners = new Set<(partition: number) => void>();
  #pending: Pending[] = [];
  #lastArrival = 0;
  #isClosed = false;

  constructor(options: MemoryStreamOptions) {
    this.name = options.name;
    this.partitions = options.partitions;
    this.#retentionMs = options.retentionMs ?? Number.POSITIVE_INFINITY;
    this.#partitions = Array.from({ length: options.partitions }, () => ({
      start: 0,
      records: [],
      counts: { acknowledged: 0, received: 0, tick: 0 },
    }));
  }

  append(partition: number, record: NewRecord, done: AppendCallback): void {
    this.#checkOpen();
    this.#partition(partition);
    if (Buffer.byteLength(record.key) > MAX_KEY_BYTES) {
      throw new MillraceError(`a key may have ${MAX_KEY_BYTES} bytes`, { code: 'KEY_TOO_LONG' });
    }
    this.#writer.write(record);
    const stored = { frame: this.#writer.take(), arrivalTime: record.arrivalTime };
    this.#lastArrival = Math.max(this.#lastArrival, record.arrivalTime);
    this.#pending.push({ partition, stored, kind: record.kind, done });
    if (this.#pending.length === 1) setImmediate(() => this.#commit());
  }

  #commit(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const { partition, stored, kind } of pending) {
      const { records, counts } = this.#partitions[partition]!;
      records.push(stored);
      counts[KIND_NAMES.find((name) => RecordKind[name] === kind)!]++;
    }
    for (const { done } of pending) done(null);
    for (const partition of new Set(pending.map((one) => one.partition))) {
      for (const listener of this.#listeners) listener(partition);
    }
  }

  async read(partition: number, offset: bigint, limits: ReadLimits): Promise<Batch> {
    this.#checkOpen();
    const { start, records } = this.#partition(partition);
    const end = start + records.length;
    if (offset < 0n || offset > BigInt(end)) {
      throw new MillraceError(`offset ${offset} of ${this.name}/${partition} is outside 0..${end}`, {
        code: 'OFFSET_OUT_OF_RANGE',
        hint: 'Start from one of the partition’s ends.',
      });
    }
    const from = Math.max(Number(offset), start);
    const frames: Buffer[] = [];
    let bytes = 0;
    for (let at = from - start; at < records.length && frames.length < limits.maxRecords; at++) {
      const { frame } = records[at]!;
      if (frames.length > 0 && bytes + frame.length > limits.maxBytes) break;
      frames.push(frame);
      bytes += frame.length;
    }
    const { allocate = Buffer.allocUnsafe } = limits;
    const joined = allocate(bytes);
    let at = 0;
    for (const frame of frames) at += frame.copy(joined, at);
    return { stream: this.name, partition, baseOffset: BigInt(from), count: frames.length, frames: joined };
  }

  ends(partition: number): PartitionEnds {
    const { start, records } = this.#partition(partition);
    return { start: BigInt(start), end: BigInt(start + records.length) };
  }

  counts(partition: number): KindCounts {
    return { ...this.#partition(partition).counts };
  }

  async offsetAt(partition: number, time: number): Promise<bigint> {
    this.#checkOpen();
    const { start, records } = this.#partition(partition);
    const at = records.findIndex((record) => record.arrivalTime >= time);
    return BigInt(start + (at < 0 ? records.length : at));
  }

  lastArrivalTime(): number {
    return this.#lastArrival;
  }

  onAppended(listener: (partition: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async trim(keepFrom: readonly bigint[], now: number): Promise<number> {
    this.#checkOpen();
    let freed = 0;
    this.#partitions.forEach((partition, at) => {
      const { records } = partition;
      const finished = Number(keepFrom[at] ?? 0n) - partition.start;
      let count = 0;
      while (count < finished && count < records.length) {
        const record = records[count]!;
        if (record.arrivalTime + this.#retentionMs > now) break;
        freed += record.frame.length;
        count++;
      }
      records.splice(0, count);
      partition.start += count;
    });
    return freed;
  }

  health(): StreamHealth {
    return { writable: true };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#pending.length > 0) this.#commit();
    this.#listeners.clear();
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new MillraceError(`stream ${this.name} is closed`, { code: 'STREAM_CLOSED' });
  }

  #partition(partition: number): Partition {
    const found = this.#partitions[partition];
    if (found !== undefined) return found;
    throw new MillraceError(`${this.name} has no partition ${partition}`, {
      code: 'PARTITION_OUT_OF_RANGE',
      hint: `Its partitions are 0 to ${this.partitions - 1}.`,
    });
  }
}
