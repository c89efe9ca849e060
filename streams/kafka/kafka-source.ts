/**
 * The reading side of a consumer: fetches ahead for the partitions that are this process's, one request per broker at
 * a time, into bounded buffers. A partition whose buffer is full is left out of the requests until it has been read.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '../batch.js';
import type { PartitionEnds, ReadLimits, StreamSource } from '../stream.js';
import { backoffMs, type KafkaClient, type Node, nodeKey } from './client.js';
import { decodeRecords } from './decode.js';
import { learnEnds, outOfRange, readDirectly } from './direct-read.js';
import { KafkaCode, kafkaError } from './errors.js';
import { offsetAtTime } from './kafka-stream.js';
import type { KafkaLog } from './options.js';
import { emptyBatch, PartitionBuffer } from './partition-buffer.js';
import { KnownEnds } from './partition-ends.js';
import { type FetchedPartition, fetchRecords } from './wire.js';

export interface KafkaSourceOptions {
  readonly topic: string;
  readonly partitions: number;
  readonly group: string;
  readonly bufferBytes: number;
  readonly fetchWaitMs: number;
  /** What the stream shows; kept up to date by what is fetched. */
  readonly ends: KnownEnds;
  readonly log: KafkaLog;
}

const FETCH_BYTES = 8 << 20;
const PARTITION_BYTES = 1 << 20;
/** While a full buffer may be read empty at any time, brokers are not left waiting for long. */
const SHORT_WAIT_MS = 10;
/** A read waits so long for what the next fetch should bring. */
const READ_WAIT_MS = 10_000;

export class KafkaSource implements StreamSource {
  readonly name: string;
  readonly partitions: number;
  readonly known: KnownEnds;
  readonly #client: KafkaClient;
  readonly #options: KafkaSourceOptions;
  readonly #buffers = new Map<number, PartitionBuffer>();
  readonly #fetching = new Set<string>();
  /** Called when something was fetched, or when what to fetch has changed. */
  #waiting: (() => void)[] = [];
  #isClosed = false;
  #failures = 0;

  constructor(client: KafkaClient, options: KafkaSourceOptions) {
    this.name = options.topic;
    this.partitions = options.partitions;
    this.known = new KnownEnds(options.partitions, options.ends);
    this.#client = client;
    this.#options = options;
  }

  /** The partition is this process's: fetches from `offset` on. */
  activate(partition: number, offset: bigint): void {
    this.#buffers.set(
      partition,
      new PartitionBuffer(this.name, partition, offset, this.#options.bufferBytes),
    );
    this.#changed();
  }

  deactivate(partitions: readonly number[]): void {
    for (const partition of partitions) this.#buffers.delete(partition);
    this.#changed();
  }

  close(): void {
    this.#isClosed = true;
    this.#buffers.clear();
    this.known.forgetListeners();
    this.#changed();
  }

  ends(partition: number): PartitionEnds {
    return this.known.of(partition);
  }

  onAppended(listener: (partition: number) => void): () => void {
    return this.known.onAppended(listener);
  }

  offsetAt(partition: number, time: number): Promise<bigint> {
    return offsetAtTime(this.#client, this.name, partition, time, this.known);
  }

  async read(partition: number, offset: bigint, limits: ReadLimits): Promise<Batch> {
    const deadline = performance.now() + READ_WAIT_MS;
    for (;;) {
      const buffer = this.#buffers.get(partition);
      const batch = buffer?.take(offset, limits);
      if (batch !== undefined) {
        if (buffer!.isWanting) this.#fetchSoon();
        return batch;
      }
      const { end } = this.known.of(partition);
      if (offset > end) throw outOfRange(this.name, partition, offset, this.known);
      if (offset === end) return emptyBatch(this.name, partition, offset, limits);
      const isLagging = buffer !== undefined && offset < buffer.end && !buffer.isAhead(offset);
      if (buffer === undefined || isLagging || performance.now() > deadline) {
        const purpose = `read ${this.#options.group}`;
        return readDirectly(
          { client: this.#client, topic: this.name, ends: this.known, purpose },
          partition,
          offset,
          limits,
        );
      }
      if (offset !== buffer.end) {
        buffer.reset(offset);
        this.#changed();
      }
      await this.#change(deadline);
    }
  }

  #changed(): void {
    for (const wake of this.#waiting.splice(0)) wake();
    this.#fetchSoon();
  }

  /** Resolves at the next change, and at the deadline. */
  #change(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, deadline - performance.now()));
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Has every broker asked that leads something wanted, and is not being asked already. */
  #fetchSoon(): void {
    if (this.#isClosed) return;
    const nodes = new Map<string, Node | undefined>();
    for (const [partition, buffer] of this.#buffers) {
      if (!buffer.isWanting) continue;
      const node = this.#client.leaderOf(this.name, partition);
      nodes.set(node === undefined ? NO_LEADER : nodeKey(node), node);
    }
    for (const [key, node] of nodes) {
      if (!this.#fetching.has(key)) void this.#fetchOnce(key, node);
    }
  }

  /** Never rejects. Once it is through, whatever is wanted then is asked for. */
  async #fetchOnce(key: string, node: Node | undefined): Promise<void> {
    this.#fetching.add(key);
    try {
      if (node === undefined) throw new Error('partitions have no leader');
      await this.#fetchFrom(node);
    } catch (error) {
      await this.#failed(error);
    }
    this.#fetching.delete(key);
    this.#fetchSoon();
  }

  async #fetchFrom(node: Node): Promise<void> {
    const wanted = new Map<number, { buffer: PartitionBuffer; offset: bigint }>();
    let isAnyFull = false;
    for (const [partition, buffer] of this.#buffers) {
      const leader = this.#client.leaderOf(this.name, partition);
      if (leader === undefined || nodeKey(leader) !== nodeKey(node)) continue;
      if (buffer.isWanting) wanted.set(partition, { buffer, offset: buffer.end });
      else isAnyFull = true;
    }
    const partitions = [...wanted].map(([partition, { offset }]) => ({
      partition,
      offset,
      maxBytes: PARTITION_BYTES,
    }));
    if (partitions.length === 0) return;
    const limits = {
      maxWaitMs: isAnyFull ? SHORT_WAIT_MS : this.#options.fetchWaitMs,
      maxBytes: FETCH_BYTES,
    };
    const purpose = `fetch ${this.#options.group}`;
    const fetched = await this.#client.request(purpose, node, fetchRecords, this.name, partitions, limits);
    if (fetched.errorCode !== KafkaCode.none) throw brokerError(fetched.errorCode);
    let failed = 0;
    for (const answer of fetched.partitions) {
      const { buffer, offset } = wanted.get(answer.partition)!;
      // Given back, or sent elsewhere, while the request was under way.
      if (this.#buffers.get(answer.partition) !== buffer || buffer.end !== offset) continue;
      if (answer.errorCode === KafkaCode.none) this.#keep(answer, buffer);
      else if (answer.errorCode === KafkaCode.offsetOutOfRange)
        await this.#moveIntoRange(answer.partition, buffer);
      else failed = answer.errorCode;
    }
    if (failed !== 0) throw brokerError(failed);
    this.#failures = 0;
  }

  #keep(answer: FetchedPartition, buffer: PartitionBuffer): void {
    const { partition, records, aborted, start, end } = answer;
    if (records !== null && records.length > 0) buffer.push(decodeRecords(records, buffer.end, aborted));
    this.known.learn(partition, start, end);
    if (start > buffer.trimmedTo && start <= buffer.start) buffer.trimmedTo = start;
    if (records === null || records.length === 0) return;
    for (const wake of this.#waiting.splice(0)) wake();
    this.known.tell(partition);
  }

  /** Retention has overtaken the reader: it goes on with the oldest there is. */
  async #moveIntoRange(partition: number, buffer: PartitionBuffer): Promise<void> {
    await learnEnds(this.#client, this.name, [partition], this.known);
    const { start, end } = this.known.of(partition);
    if (buffer.end < start) {
      buffer.reset(start);
      buffer.trimmedTo = start;
    } else {
      const { group, log } = this.#options;
      log.error(
        { topic: this.name, partition, group, offset: buffer.end, end },
        'the topic ends before this offset',
      );
      buffer.reset(end);
    }
    for (const wake of this.#waiting.splice(0)) wake();
    this.known.tell(partition);
  }

  async #failed(error: unknown): Promise<void> {
    if (this.#isClosed) return;
    if (this.#failures++ === 0) {
      const { group, log } = this.#options;
      const err = kafkaError(error, `cannot fetch from topic ${this.name}`);
      log.warn({ topic: this.name, group, err }, 'trying again');
    }
    await sleep(backoffMs(this.#failures));
    try {
      await this.#client.refresh(this.name);
    } catch {
      // The next fetch fails as well, and says why.
    }
  }
}

const NO_LEADER = 'no leader';

function brokerError(code: number): Error {
  return Object.assign(new Error(`error ${code}`), { apiCode: code });
}
