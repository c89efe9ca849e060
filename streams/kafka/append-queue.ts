/**
 * What waits to be appended to one partition: batches in the order of the appends. The first may be on its way; the
 * last takes new records until it is full or is sent.
 */
import type { NewRecord } from '../record.js';
import type { AppendCallback } from '../stream.js';
import { BATCH_HEADER, RecordBatchBuilder } from './record-batch.js';

/** Room for a record's own lengths and deltas, at the most. */
const RECORD_OVERHEAD = 40;

export class PendingBatch {
  readonly records: RecordBatchBuilder;
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
    let before = batch === undefined || batch.records.count === 0 ? 0 : batch.records.byteLength;
    const fits = batch !== undefined && !batch.wasSent && batch.records.add(record, this.#batchBytes);
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

  /** Calls back with the error when it is this record's turn. */
  refuse(error: Error, done: AppendCallback): void {
    const last = this.batches.at(-1);
    const batch = last === undefined || last.wasSent ? new PendingBatch() : last;
    if (batch !== last) this.batches.push(batch);
    batch.callbacks.push(() => done(error));
  }

  get isFull(): boolean {
    return this.batches.length > 1 || this.bytes >= this.#batchBytes;
  }
}
