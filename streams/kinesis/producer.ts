/**
 * Appends to Kinesis: one PutRecords under way per partition, of what `PartitionQueue` lets go together; what was
 * refused is sent again, and only that, after a while that grows.
 *
 * When a whole request fails (a timeout, a broken connection) nobody knows what was stored. It is sent again, so a record
 * may be in the stream twice: at least once is what the port promises. Should the lost request still be on its way, its
 * records may even come after later ones of their key; Kinesis has no means against that.
 */
import type { Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { StreamHealth } from '../stream.js';
import type { KinesisApi, PutOutcome } from './api.js';
import { type Backoff, backoffMs } from './backoff.js';
import { kinesisError, meaningOf } from './errors.js';
import { PartitionQueue, type Queued, sizeOf } from './partition-queue.js';

export interface ProducerOptions {
  readonly api: KinesisApi;
  readonly stream: string;
  readonly timers: Timers;
  readonly random: () => number;
  readonly backoff: Backoff;
  /** A record that was not taken so long after it was first sent is given up (ms). */
  readonly deliveryMs: number;
  /** More than this is not held (bytes): appends are refused then. */
  readonly maxQueuedBytes: number;
  /** A record is in the stream. */
  readonly onStored: (shardId: string, sequence: bigint) => void;
  /** A turn's records were called back. */
  readonly onCalledBack: () => void;
}

/** Failures in a row, of one partition, from which on the stream counts as not writable. */
const UNHEALTHY_FAILURES = 3;

const NOTHING = Buffer.alloc(0);

interface Partition {
  readonly queue: PartitionQueue;
  isBusy: boolean;
  failures: number;
}

export class Producer {
  readonly #options: ProducerOptions;
  readonly #partitions = new Map<number, Partition>();
  #queuedBytes = 0;
  #lastFailure: MillraceError | null = null;
  #isClosing = false;
  readonly #waits = new Set<() => void>();
  #onIdle: (() => void) | undefined;

  constructor(options: ProducerOptions) {
    this.#options = options;
  }

  append(partition: number, record: Omit<Queued, 'state' | 'error'>): void {
    let found = this.#partitions.get(partition);
    if (found === undefined) {
      found = { queue: new PartitionQueue(), isBusy: false, failures: 0 };
      this.#partitions.set(partition, found);
    }
    const { maxQueuedBytes } = this.#options;
    const isFull = this.#queuedBytes + sizeOf(record) > maxQueuedBytes;
    const kept = isFull ? { ...record, data: NOTHING } : record;
    this.#queuedBytes += sizeOf(kept);
    const error = isFull
      ? new MillraceError(`more than ${maxQueuedBytes} bytes wait for Kinesis`, {
          code: 'STREAM_BUFFER_FULL',
          canRetry: true,
        })
      : null;
    found.queue.add({ ...kept, state: isFull ? 'settled' : 'waiting', error });
    if (found.isBusy) return;
    found.isBusy = true;
    const { queue } = found;
    const busy = found;
    // What is appended in this turn goes together.
    setImmediate(() => {
      this.#calledBack(queue.callBack());
      void this.#run(busy);
    });
  }

  health(): StreamHealth {
    const { maxQueuedBytes } = this.#options;
    if (this.#queuedBytes > maxQueuedBytes / 2) {
      const reason = 'appends come faster than Kinesis takes them';
      return { writable: this.#queuedBytes < maxQueuedBytes, code: 'STREAM_BUFFER_FULL', reason };
    }
    const failures = Math.max(0, ...[...this.#partitions.values()].map((one) => one.failures));
    if (failures === 0 || this.#lastFailure === null) return { writable: true };
    const { code, message } = this.#lastFailure;
    return { writable: failures < UNHEALTHY_FAILURES, code, reason: message };
  }

  /** Resolves when everything appended was called back; what fails from now on is not tried again. */
  async close(): Promise<void> {
    this.#isClosing = true;
    for (const end of this.#waits) end();
    if (![...this.#partitions.values()].some((one) => one.isBusy)) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Never rejects: every failure ends in the callback of its records. */
  async #run(partition: Partition): Promise<void> {
    const { api, stream, backoff, random } = this.#options;
    for (let taken = partition.queue.take(); taken.length > 0; taken = partition.queue.take()) {
      const now = this.#options.timers.now();
      for (const record of taken) record.sentAt ??= now;
      let isRefused = false;
      try {
        const outcomes = await api.put(stream, taken);
        for (const [at, record] of taken.entries()) {
          if (this.#settle(record, outcomes[at]!)) isRefused = true;
        }
      } catch (error) {
        const failure = kinesisError(`appending to ${stream}`, error);
        for (const record of taken) this.#refuse(record, failure);
        isRefused = true;
      }
      partition.failures = isRefused ? partition.failures + 1 : 0;
      this.#calledBack(partition.queue.callBack());
      if (isRefused && !this.#isClosing) await this.#wait(backoffMs(backoff, partition.failures, random));
    }
    partition.isBusy = false;
    if (this.#isClosing && ![...this.#partitions.values()].some((one) => one.isBusy)) this.#onIdle?.();
  }

  /** Whether it was refused. */
  #settle(record: Queued, outcome: PutOutcome): boolean {
    if ('sequence' in outcome) {
      record.state = 'settled';
      this.#options.onStored(outcome.shardId, outcome.sequence);
      return false;
    }
    const { code, message } = outcome;
    this.#refuse(record, new MillraceError(`${code}: ${message}`, meaningOf(code)));
    return true;
  }

  #refuse(record: Queued, failure: MillraceError): void {
    const { timers, deliveryMs } = this.#options;
    this.#lastFailure = failure;
    const isLate = timers.now() - (record.sentAt ?? 0) >= deliveryMs;
    if (failure.canRetry && !isLate && !this.#isClosing) {
      record.state = 'waiting';
    } else {
      record.state = 'settled';
      record.error = failure;
    }
  }

  #calledBack(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (bytes > 0) this.#options.onCalledBack();
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        stop();
        this.#waits.delete(end);
        resolve();
      };
      const stop = this.#options.timers.after(ms, end);
      this.#waits.add(end);
    });
  }
}
