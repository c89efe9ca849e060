/**
 * A stream in Kinesis.
 *
 * Partitions that are appended to are the slices of its hash keys (`hash-keys.ts`), as many as serverless.yml declares
 * and never more, so that a key keeps its partition. Partitions that are read are its shards, by the number in their ids;
 * `consumerSource` sees them all. The two are the same until somebody splits or merges shards.
 *
 * Offsets are sequence numbers: they ascend, with gaps. Kinesis keeps order per key (`partition-queue.ts` says how), and
 * between ticks and events, not between keys of one partition.
 */
import { createHash } from 'node:crypto';
import { envelopeOf } from '../../adapters/aws/envelope.js';
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../batch.js';
import { MAX_KEY_BYTES, type NewRecord, RecordKind } from '../record.js';
import type {
  AppendCallback,
  PartitionEnds,
  ReadLimits,
  Stream,
  StreamHealth,
  StreamSource,
} from '../stream.js';
import { hashKeyOf, hashKeysOfAll } from './hash-keys.js';
import { sizeOf } from './partition-queue.js';
import { Producer, type ProducerOptions } from './producer.js';
import { ShardReader, type ShardReaderOptions } from './shard-reader.js';
import { Topology, type TopologyOptions } from './topology.js';

type Listener = (partition: number) => void;

export interface KinesisStreamOptions {
  readonly name: string;
  readonly partitions: number;
  /** See `StreamSource`. */
  readonly delayMs: number;
  readonly producer: Omit<ProducerOptions, 'stream' | 'onStored' | 'onCalledBack'>;
  readonly reader: (hooks: Pick<ShardReaderOptions, 'shard' | 'onAdvance'>) => ShardReaderOptions;
  readonly topology: Omit<TopologyOptions, 'stream' | 'readerOf' | 'onChange'>;
}

/** Kinesis' limit for data and partition key together, as Lambda and most consumers expect it. */
const MAX_RECORD_BYTES = 1 << 20;
/** Characters. */
const MAX_PARTITION_KEY = 256;
/** Stands in for the empty key of a tick, which Kinesis does not take. */
const NO_KEY = '-';

export class KinesisStream implements Stream {
  readonly name: string;
  readonly partitions: number;
  readonly isSparse = true;
  readonly delayMs: number;
  readonly topology: Topology;
  readonly #producer: Producer;
  readonly #listeners = new Set<Listener>();
  /** Listeners that wait for all partitions, and what each of them follows. */
  readonly #followings = new Set<Map<number, () => void>>();
  readonly #topologyListeners = new Set<() => void>();
  readonly #appended = new Set<number>();
  #lastArrival = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined;

  constructor(options: KinesisStreamOptions) {
    this.name = options.name;
    this.partitions = options.partitions;
    this.delayMs = options.delayMs;
    this.topology = new Topology({
      ...options.topology,
      stream: options.name,
      readerOf: (shard) =>
        new ShardReader(options.reader({ shard, onAdvance: () => this.#advanced(shard.number) })),
      onChange: () => this.#changed(),
    });
    this.#producer = new Producer({
      ...options.producer,
      stream: options.name,
      onStored: (shardId, sequence) => {
        const reader = this.topology.readerById(shardId);
        if (reader === undefined) return this.topology.hint();
        reader.stored(sequence);
        this.#appended.add(reader.shard.number);
      },
      onCalledBack: () => {
        const partitions = [...this.#appended];
        this.#appended.clear();
        for (const partition of partitions) this.#tell(partition);
      },
    });
  }

  get partitionsRead(): number {
    return this.topology.partitions;
  }

  isFinished(partition: number): boolean {
    return this.topology.reader(partition)?.isFinished === true;
  }

  append(partition: number, record: NewRecord, done: AppendCallback): void {
    this.#checkOpen();
    if (!Number.isInteger(partition) || partition < 0 || partition >= this.partitions) {
      throw new MillraceError(`${this.name} has no partition ${partition}`, {
        code: 'PARTITION_OUT_OF_RANGE',
        hint: `Its partitions are 0 to ${this.partitions - 1}.`,
      });
    }
    if (Buffer.byteLength(record.key) > MAX_KEY_BYTES) {
      throw new MillraceError(`a key may have ${MAX_KEY_BYTES} bytes`, { code: 'KEY_TOO_LONG' });
    }
    const { key } = record;
    const data = envelopeOf(record);
    const partitionKey = partitionKeyOf(key);
    if (sizeOf({ data, partitionKey }) > MAX_RECORD_BYTES) {
      const error = new MillraceError(`a record of Kinesis may have ${MAX_RECORD_BYTES} bytes`, {
        code: 'RECORD_TOO_LARGE',
      });
      setImmediate(() => done(error));
      return;
    }
    this.#lastArrival = Math.max(this.#lastArrival, record.arrivalTime);
    // Time goes to each shard of the partition, an event to the one that has its key.
    const isTime = record.kind === RecordKind.tick;
    const hashKeys = isTime
      ? hashKeysOfAll(partition, this.partitions, this.topology.shards)
      : [hashKeyOf(partition, this.partitions, key)];
    const each = hashKeys.length === 1 ? done : whenAll(hashKeys.length, done);
    for (const hashKey of hashKeys) {
      this.#producer.append(partition, {
        key: hashKeys.length === 1 ? key : `${hashKey}`,
        isTime,
        partitionKey,
        hashKey,
        data,
        done: each,
      });
    }
  }

  async read(partition: number, offset: bigint, limits: ReadLimits): Promise<Batch> {
    this.#checkOpen();
    const reader = this.topology.reader(partition);
    if (reader === undefined) return this.#nothing(partition, offset);
    return reader.read(offset, limits);
  }

  /** Both 0 where the shard is gone. */
  ends(partition: number): PartitionEnds {
    return this.topology.reader(partition)?.ends() ?? { start: 0n, end: 0n };
  }

  async offsetAt(partition: number, time: number): Promise<bigint> {
    this.#checkOpen();
    return (await this.topology.reader(partition)?.offsetAt(time)) ?? 0n;
  }

  /** Kinesis does not look into records, so nobody knows. */
  counts(): null {
    return null;
  }

  lastArrivalTime(): number {
    let latest = this.#lastArrival;
    for (const reader of this.topology.readers()) latest = Math.max(latest, reader.lastArrivalTime);
    return latest;
  }

  /** Polls every shard as long as anybody listens; consumers listen by `listen` and follow their own shards. */
  onAppended(listener: Listener): () => void {
    const followed = new Map<number, () => void>();
    this.#followings.add(followed);
    this.#follow(followed);
    const stop = this.listen(listener);
    return () => {
      stop();
      this.#followings.delete(followed);
      for (const end of followed.values()) end();
    };
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** New shards are there, or one is finished. */
  onTopology(listener: () => void): () => void {
    this.#topologyListeners.add(listener);
    return () => this.#topologyListeners.delete(listener);
  }

  /** Retention is Kinesis' own work. */
  async trim(): Promise<number> {
    this.#checkOpen();
    return 0;
  }

  health(): StreamHealth {
    return this.#producer.health();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    await this.#producer.close();
    await this.topology.close();
    this.#listeners.clear();
    this.#topologyListeners.clear();
    this.#followings.clear();
  }

  #advanced(partition: number): void {
    this.#tell(partition);
    if (this.topology.reader(partition)?.isFinished !== true) return;
    this.topology.hint();
    for (const listener of this.#topologyListeners) listener();
  }

  #changed(): void {
    for (const followed of this.#followings) this.#follow(followed);
    for (const listener of this.#topologyListeners) listener();
  }

  #follow(followed: Map<number, () => void>): void {
    for (const reader of this.topology.readers()) {
      const { number } = reader.shard;
      if (!followed.has(number)) followed.set(number, reader.follow());
    }
  }

  #tell(partition: number): void {
    for (const listener of this.#listeners) listener(partition);
  }

  #nothing(partition: number, offset: bigint): Batch {
    const frames = Buffer.alloc(0);
    return { stream: this.name, partition, baseOffset: offset, offsets: [], count: 0, frames };
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new MillraceError(`stream ${this.name} is closed`, { code: 'STREAM_CLOSED' });
  }
}

/** The stream as consumers read it: all its shards, each followed by whoever holds it. */
export function consumerSource(stream: KinesisStream): StreamSource {
  return {
    name: stream.name,
    isSparse: true,
    delayMs: stream.delayMs,
    get partitions() {
      return stream.topology.partitions;
    },
    read: (partition, offset, limits) => stream.read(partition, offset, limits),
    ends: (partition) => stream.ends(partition),
    isFinished: (partition) => stream.isFinished(partition),
    offsetAt: (partition, time) => stream.offsetAt(partition, time),
    onAppended: (listener) => stream.listen(listener),
  };
}

/** What Kinesis, and Lambda's filters and event shape, see as the partition key. */
function partitionKeyOf(key: string): string {
  if (key === '') return NO_KEY;
  return key.length <= MAX_PARTITION_KEY ? key : createHash('sha256').update(key).digest('hex');
}

/** Calls `done` when it was called so often, with the first error. */
function whenAll(count: number, done: AppendCallback): AppendCallback {
  let left = count;
  let first: Error | null = null;
  return (error) => {
    first ??= error;
    if (--left === 0) done(first);
  };
}
