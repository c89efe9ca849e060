/**
 * What waits to be appended to one partition: batches in the order of the appends. The first may be on its way; the
 * last takes new records until it is full or is sent.
 */
import { FrameCursor, type NewRecord } from '../record.js';
import type { AppendCallback } from '../stream.js';
import { decodeRecords } from './decode.js';
import { BATCH_HEADER, RecordBatchBuilder } from './record-batch.js';

function newRecordOf(cursor: FrameCursor): NewRecord {
  const { kind, arrivalTime } = cursor;
  const headers = cursor.headers();
  const record = { kind, arrivalTime, key: cursor.key(), value: cursor.value() };
  return headers === undefined ? record : { ...record, headers };
}

/** Room for a record's own lengths and deltas, at the most. */
const RECORD_OVERHEAD = 40;

export class PendingBatch {
  readonly records: RecordBatchBuilder;
  /** One for each record; of a batch without records, those that are refused at this place. */
  readonly callbacks: AppendCallback[] = [];
  /** Was part of a request: takes no more records, so that a repetition is the same bytes. */
  wasSent = false;

  constructor(records = new RecordBatchBuilder()) {
    this.records = records;
  }
}

/** An idempotent producer as the broker knows it. */
export interface ProducerSession {
  readonly producerId: bigint;
  readonly epoch: number;
}

export class AppendQueue {
  readonly partition: number;
  readonly batches: PendingBatch[] = [];
  /** The producer that this partition's batches are numbered for. */
  session: ProducerSession | null = null;
  /** Number of the next record; the broker takes each once and in order. */
  sequence = 0;
  isInFlight = false;
  /** Its last attempt failed: it is tried again a little later, with whatever else failed. */
  isWaiting = false;
  /** Bytes of records waiting. */
  bytes = 0;
  readonly #batchBytes: number;
  readonly #maxBatchBytes: number;

  constructor(partition: number, batchBytes: number, maxBatchBytes: number) {
    this.partition = partition;
    this.#batchBytes = Math.min(batchBytes, maxBatchBytes);
    this.#maxBatchBytes = maxBatchBytes;
  }

  /** Answers how many bytes that were, or undefined when the record is larger than a batch may be. */
  add(record: NewRecord, done: AppendCallback): number | undefined {
    let batch = this.batches.at(-1);
    let before = batch?.records.byteLength ?? 0;
    const isOpen = batch !== undefined && !batch.wasSent && batch.records.count > 0;
    const fits = isOpen && batch!.records.add(record, this.#batchBytes);
    if (!fits) {
      const room = record.value.byteLength + record.key.length * 3 + RECORD_OVERHEAD + BATCH_HEADER;
      batch = new PendingBatch(new RecordBatchBuilder(Math.max(4_096, room)));
      before = 0;
      if (!batch.records.add(record, this.#maxBatchBytes)) return undefined;
      this.batches.push(batch);
    }
    batch!.callbacks.push(done);
    const added = batch!.records.byteLength - before;
    this.bytes += added;
    return added;
  }

  /**
   * Makes two of the first batch, which the broker finds too large: somebody has lowered max.message.bytes. False: it
   * is one record.
   */
  splitFirst(): boolean {
    const { records, callbacks } = this.batches[0]!;
    if (records.count < 2) return false;
    const sealed = records.seal(-1n, -1, -1);
    const middle = Math.ceil(records.count / 2);
    const halves = [new PendingBatch(), new PendingBatch()] as const;
    const cursor = new FrameCursor(decodeRecords(sealed, 0n).frames);
    for (let index = 0; cursor.next(); index++) {
      const half = index < middle ? halves[0] : halves[1];
      half.records.add(newRecordOf(cursor), Number.POSITIVE_INFINITY);
      half.callbacks.push(callbacks[index]!);
      half.wasSent = true;
    }
    this.batches.splice(0, 1, ...halves);
    return true;
  }

  /** Calls back with the error when it is this record's turn. */
  refuse(error: Error, done: AppendCallback): void {
    const last = this.batches.at(-1);
    const batch = last?.records.count === 0 ? last : new PendingBatch();
    if (batch !== last) this.batches.push(batch);
    batch.callbacks.push(() => done(error));
  }

  get isFull(): boolean {
    return this.batches.length > 1 || this.bytes >= this.#batchBytes;
  }
}
