/**
 * A stream in a Kafka topic. Appends go through `producer.ts`; reads go straight to the partition's leader, as they
 * are for looking things up and for tests: functions read through a consumer (`consumer.ts`), which fetches ahead.
 */
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../batch.js';
import { MAX_KEY_BYTES, type NewRecord } from '../record.js';
import type { AppendCallback, PartitionEnds, ReadLimits, Stream, StreamHealth } from '../stream.js';
import type { KafkaClient } from './client.js';
import { learnEnds, readDirectly } from './direct-read.js';
import { findOffsets, LATEST_TIME } from './offsets.js';
import { KnownEnds } from './partition-ends.js';
import { Producer, type ProducerOptions } from './producer.js';
import type { OpenedTopic } from './topic.js';

export interface KafkaStreamOptions extends Omit<ProducerOptions, 'onAppended'> {
  readonly endsIntervalMs: number;
  /** What was appended has so long (ms) to become durable when the stream is closed. */
  readonly closeWithinMs: number;
}

const RETRY_WITHIN_MS = 15_000;
const READ = 'read';

export class KafkaStream implements Stream {
  readonly name: string;
  readonly partitions: number;
  /** For consumers in this process to add to. */
  readonly known: KnownEnds;
  readonly #client: KafkaClient;
  readonly #producer: Producer;
  readonly #closeWithinMs: number;
  #lastArrival = 0;
  #watch: NodeJS.Timeout | undefined;
  #isLooking = false;
  #closing: Promise<void> | undefined;

  constructor(client: KafkaClient, topic: OpenedTopic, partitions: number, options: KafkaStreamOptions) {
    this.name = topic.name;
    this.partitions = partitions;
    this.known = new KnownEnds(partitions);
    this.#client = client;
    this.#closeWithinMs = options.closeWithinMs;
    this.#producer = new Producer(client, topic, partitions, {
      ...options,
      onAppended: (partition, start, end) => {
        if (this.known.learn(partition, start, end)) queueMicrotask(() => this.known.tell(partition));
      },
    });
    this.#watch = setInterval(() => this.#lookAgain(), options.endsIntervalMs).unref();
  }

  /** Asks for what is answered from memory later: the partitions' ends, and the latest arrival. */
  async learn(): Promise<void> {
    const all = Array.from({ length: this.partitions }, (_, partition) => partition);
    const [advanced, latest] = await Promise.all([
      learnEnds(this.#client, this.name, all, this.known),
      this.#client.retrying(`cannot ask for the latest record of topic ${this.name}`, RETRY_WITHIN_MS, () =>
        findOffsets(this.#client, this.name, all, LATEST_TIME),
      ),
    ]);
    for (const { timestamp } of latest.values()) this.#sawArrival(Number(timestamp));
    for (const partition of advanced) this.known.tell(partition);
  }

  append(partition: number, record: NewRecord, done: AppendCallback): void {
    this.#checkOpen();
    this.#checkPartition(partition);
    if (Buffer.byteLength(record.key) > MAX_KEY_BYTES) {
      throw new MillraceError(`a key may have ${MAX_KEY_BYTES} bytes`, { code: 'KEY_TOO_LONG' });
    }
    this.#sawArrival(record.arrivalTime);
    this.#producer.append(partition, record, done);
  }

  async read(partition: number, offset: bigint, limits: ReadLimits): Promise<Batch> {
    this.#checkOpen();
    this.#checkPartition(partition);
    const reader = { client: this.#client, topic: this.name, ends: this.known, purpose: READ };
    return readDirectly(reader, partition, offset, limits);
  }

  ends(partition: number): PartitionEnds {
    this.#checkPartition(partition);
    return this.known.of(partition);
  }

  /** Brokers do not look into records, so nobody knows. */
  counts(): null {
    return null;
  }

  async offsetAt(partition: number, time: number): Promise<bigint> {
    this.#checkOpen();
    this.#checkPartition(partition);
    return offsetAtTime(this.#client, this.name, partition, time, this.known);
  }

  lastArrivalTime(): number {
    return this.#lastArrival;
  }

  onAppended(listener: (partition: number) => void): () => void {
    return this.known.onAppended(listener);
  }

  /** Retention is the brokers' work: nothing is freed here. Looks where the partitions begin by now. */
  async trim(): Promise<number> {
    this.#checkOpen();
    await this.learn();
    return 0;
  }

  health(): StreamHealth {
    const { trouble, isFull } = this.#producer;
    if (trouble !== null) return { writable: false, code: trouble.code, reason: trouble.message };
    if (!isFull) return { writable: true };
    return {
      writable: false,
      code: 'STREAM_BUFFER_FULL',
      reason: 'appends come faster than Kafka takes them',
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch);
    await this.#producer.close(this.#closeWithinMs);
    this.known.forgetListeners();
  }

  #lookAgain(): void {
    const over = () => {
      this.#isLooking = false;
    };
    if (this.#isLooking) return;
    this.#isLooking = true;
    // Appends and reads have errors of their own; the ends are looked up again soon.
    this.learn().then(over, over);
  }

  #sawArrival(time: number): void {
    if (time > this.#lastArrival) this.#lastArrival = time;
  }

  #checkOpen(): void {
    if (this.#closing === undefined) return;
    throw new MillraceError(`stream ${this.name} is closed`, { code: 'STREAM_CLOSED' });
  }

  #checkPartition(partition: number): void {
    if (Number.isInteger(partition) && partition >= 0 && partition < this.partitions) return;
    throw new MillraceError(`${this.name} has no partition ${partition}`, {
      code: 'PARTITION_OUT_OF_RANGE',
      hint: `Its partitions are 0 to ${this.partitions - 1}.`,
    });
  }
}

/** What `StreamSource.offsetAt` promises. */
export async function offsetAtTime(
  client: KafkaClient,
  topic: string,
  partition: number,
  time: number,
  ends: KnownEnds,
): Promise<bigint> {
  // Whole milliseconds, none below 0: those have meanings of their own.
  const wanted = BigInt(Math.max(0, Math.ceil(time)));
  const found = await client.retrying(`cannot look up a time in topic ${topic}`, RETRY_WITHIN_MS, () =>
    findOffsets(client, topic, [partition], wanted),
  );
  const offset = found.get(partition)?.offset ?? -1n;
  if (offset >= 0n) return offset;
  await learnEnds(client, topic, [partition], ends);
  return ends.of(partition).end;
}
