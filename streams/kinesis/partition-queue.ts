/**
 * Records of one partition on their way to Kinesis: which of them the next request takes, and whose turn it is to be
 * called back. Sends nothing itself.
 *
 * **Order.** Kinesis may refuse any record of a request and store those behind it. So a request never holds two records
 * of one key, and a record is not taken while an earlier one of its key is under way or was refused and waits to be sent
 * again: there is nothing that it could overtake. The price is that one key gets one record per request; other keys go
 * past it meanwhile. Callbacks come in the order of the appends all the same.
 *
 * Time is everybody's: no event goes past a tick, in either direction. Else windows would close on events that are still
 * on their way.
 */
import type { AppendCallback } from '../stream.js';

export interface Queued {
  /** What order is kept for. */
  readonly key: string;
  /** A tick: everything in front of it is stored before it, everything behind it after it. */
  readonly isTime: boolean;
  readonly partitionKey: string;
  readonly hashKey: bigint;
  readonly data: Buffer;
  readonly done: AppendCallback;
  /** When it was first sent, ms on the producer's timers; undefined before that. */
  sentAt?: number;
  state: 'waiting' | 'sent' | 'settled';
  error: Error | null;
}

/** PutRecords' own limits. */
export const MAX_REQUEST_RECORDS = 500;
export const MAX_REQUEST_BYTES = 5 << 20;
/** What is looked at behind the first record for others that may go with it. */
const LOOK_AHEAD = 2_000;
/** Settled records are cut off the front when there are so many. */
const COMPACT_AT = 4_096;

export class PartitionQueue {
  #records: Queued[] = [];
  /** Index of the oldest record that was not called back. */
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#records.length;
  }

  add(record: Queued): void {
    this.#records.push(record);
  }

  /** Marks what the next request takes as sent; empty when nothing waits. One request at a time. */
  take(): Queued[] {
    const taken: Queued[] = [];
    const keys = new Set<string>();
    let bytes = 0;
    let isTime: boolean | undefined;
    const last = Math.min(this.#records.length, this.#head + LOOK_AHEAD);
    for (let at = this.#head; at < last && taken.length < MAX_REQUEST_RECORDS; at++) {
      const record = this.#records[at]!;
      if (record.state === 'settled') continue;
      if (record.isTime !== (isTime ?? record.isTime)) break;
      isTime = record.isTime;
      if (record.state !== 'waiting' || keys.has(record.key)) continue;
      bytes += sizeOf(record);
      if (bytes > MAX_REQUEST_BYTES && taken.length > 0) break;
      keys.add(record.key);
      record.state = 'sent';
      taken.push(record);
    }
    return taken;
  }

  /** Calls back every settled record that no earlier one is in front of. Returns the bytes they held. */
  callBack(): number {
    let bytes = 0;
    while (this.#head < this.#records.length && this.#records[this.#head]!.state === 'settled') {
      const record = this.#records[this.#head++]!;
      bytes += sizeOf(record);
      record.done(record.error);
    }
    if (this.#head >= COMPACT_AT || this.isEmpty) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
    return bytes;
  }
}

/** What Kinesis counts: the data and the partition key. */
export function sizeOf({ data, partitionKey }: { data: Buffer; partitionKey: string }): number {
  return data.length + Buffer.byteLength(partitionKey);
}
