/**
 * Appends to a topic as an idempotent producer that waits for all replicas.
 *
 * Each partition has one batch on its way at a time, and each broker one request; what arrives meanwhile makes up the
 * next one. So order holds through every failure, batches grow with the load, and a batch that has to be sent again
 * is the same bytes with the same sequence numbers: the broker writes it once. Whatever time can cure is tried again
 * without end, and `trouble` says what it is.
 */
import { initProducerIdV4 } from '@platformatic/kafka';
import { MillraceError } from '../../common/errors.js';
import type { NewRecord } from '../record.js';
import type { AppendCallback } from '../stream.js';
import { AppendQueue, type PendingBatch, type ProducerSession } from './append-queue.js';
import { backoffMs, type KafkaClient, type Node, nodeKey } from './client.js';
import { isFatalCode, KafkaCode, kafkaError } from './errors.js';
import type { KafkaLog } from './options.js';
import type { OpenedTopic } from './topic.js';
import { type ProducedPartition, produce } from './wire.js';

export interface ProducerOptions {
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly maxPendingBytes: number;
  /** A request's batches together have at most so many bytes. */
  readonly requestBytes: number;
  readonly requestTimeoutMs: number;
  readonly log: KafkaLog;
  /** Records of the partition are durable: `end` is the offset behind them. */
  readonly onAppended: (partition: number, start: bigint, end: bigint) => void;
}

/** The broker does not know the producer as it was: its numbering begins anew. */
const LOST_SESSION: ReadonlySet<number> = new Set([
  KafkaCode.outOfOrderSequence,
  KafkaCode.invalidProducerEpoch,
  KafkaCode.invalidProducerIdMapping,
  KafkaCode.unknownProducerId,
]);
const PURPOSE = 'produce';

export class Producer {
  /** Why appends wait, or null. */
  trouble: MillraceError | null = null;
  readonly #client: KafkaClient;
  readonly #topic: OpenedTopic;
  readonly #options: ProducerOptions;
  readonly #queues: readonly AppendQueue[];
  readonly #busy = new Set<string>();
  #session: Promise<ProducerSession> | null = null;
  #pendingBytes = 0;
  #timer: NodeJS.Timeout | NodeJS.Immediate | null = null;
  #isTimerLong = false;
  #retryTimer: NodeJS.Timeout | null = null;
  #failures = 0;
  #idle: (() => void)[] = [];
  #isAbandoned = false;

  constructor(client: KafkaClient, topic: OpenedTopic, partitions: number, options: ProducerOptions) {
    this.#client = client;
    this.#topic = topic;
    this.#options = options;
    this.#queues = Array.from(
      { length: partitions },
      (_, partition) => new AppendQueue(partition, options.batchBytes, topic.maxMessageBytes),
    );
  }

  /** Whether appends are refused until some of what waits is gone. */
  get isFull(): boolean {
    return this.#pendingBytes >= this.#options.maxPendingBytes;
  }

  append(partition: number, record: NewRecord, done: AppendCallback): void {
    const queue = this.#queues[partition]!;
    if (this.isFull) queue.refuse(bufferFull(this.#pendingBytes), done);
    else {
      const bytes = queue.add(record, done);
      if (bytes === undefined) queue.refuse(this.#tooLarge(record), done);
      else this.#pendingBytes += bytes;
    }
    if (!queue.isInFlight && !queue.isWaiting) this.#sendSoon(queue.isFull ? 0 : this.#options.lingerMs);
  }

  /** Resolves when everything was called back; after `withinMs` what is left is, with an error. */
  async close(withinMs: number): Promise<void> {
    if (this.#isIdle()) return;
    this.#sendSoon(0);
    const abandon = setTimeout(() => this.#abandon(), withinMs);
    await new Promise<void>((resolve) => this.#idle.push(resolve));
    clearTimeout(abandon);
  }

  #sendSoon(waitMs: number): void {
    const isLong = waitMs > 0;
    if (this.#timer !== null) {
      if (isLong || !this.#isTimerLong) return;
      clearTimeout(this.#timer as NodeJS.Timeout);
    }
    const send = () => {
      this.#timer = null;
      this.#send();
    };
    this.#isTimerLong = isLong;
    this.#timer = isLong ? setTimeout(send, waitMs) : setImmediate(send);
  }

  /** One request to each broker that is not at work on one. */
  #send(): void {
    if (this.#isAbandoned) return;
    const byNode = new Map<string, { node: Node; queues: AppendQueue[]; bytes: number }>();
    for (const queue of this.#queues) {
      if (queue.isInFlight || queue.isWaiting) continue;
      this.#answerRefused(queue);
      const batch = queue.batches[0];
      if (batch === undefined) continue;
      const node = this.#client.leaderOf(this.#topic.name, queue.partition);
      if (node === undefined) {
        this.#retry(noLeader(this.#topic.name, queue.partition), [queue]);
        continue;
      }
      const key = nodeKey(node);
      if (this.#busy.has(key)) continue;
      const request = byNode.get(key) ?? { node, queues: [], bytes: 0 };
      byNode.set(key, request);
      const bytes = batch.records.byteLength;
      if (request.queues.length > 0 && request.bytes + bytes > this.#options.requestBytes) continue;
      request.queues.push(queue);
      request.bytes += bytes;
      batch.wasSent = true;
      queue.isInFlight = true;
    }
    for (const [key, { node, queues }] of byNode) {
      this.#busy.add(key);
      this.#request(node, queues).then(
        () => this.#after(key, queues),
        (error: unknown) => {
          this.#retry(error, queues);
          this.#after(key, queues);
        },
      );
    }
  }

  async #request(node: Node, queues: readonly AppendQueue[]): Promise<void> {
    const session = await this.#openSession();
    const partitions = queues.map((queue) => {
      if (queue.session === null) {
        queue.session = session;
        queue.sequence = 0;
      }
      const { producerId, epoch } = queue.session;
      return {
        partition: queue.partition,
        records: queue.batches[0]!.records.seal(producerId, epoch, queue.sequence),
      };
    });
    const { requestTimeoutMs } = this.#options;
    const args = [this.#topic.name, partitions, requestTimeoutMs] as const;
    const answers = await this.#client.request(PURPOSE, node, produce, ...args);
    const byPartition = new Map(answers.map((answer) => [answer.partition, answer]));
    if (this.#isAbandoned) return;
    let isWhole = true;
    for (const queue of queues) {
      const answer = byPartition.get(queue.partition);
      if (answer !== undefined && this.#settle(queue, answer)) continue;
      isWhole = false;
      this.#retry(failedPartition(this.#what(), queue.partition, answer), [queue]);
    }
    if (!isWhole) return;
    this.#failures = 0;
    this.trouble = null;
  }

  /** Answers false when the batch has to be sent again after a while. */
  #settle(queue: AppendQueue, answer: ProducedPartition): boolean {
    const { errorCode } = answer;
    const batch = queue.batches[0]!;
    if (errorCode === KafkaCode.none || errorCode === KafkaCode.duplicateSequence) {
      // Sequences wrap around after the largest 32-bit number.
      queue.sequence = (queue.sequence + batch.records.count) % 2 ** 31;
      if (errorCode === KafkaCode.none) {
        const end = answer.baseOffset + BigInt(batch.records.count);
        this.#options.onAppended(queue.partition, answer.logStart, end);
      }
      this.#finish(queue, null);
      return true;
    }
    if (LOST_SESSION.has(errorCode)) {
      this.#options.log.warn(
        { topic: this.#topic.name, partition: queue.partition, errorCode },
        'new producer id',
      );
      this.#session = null;
      queue.session = null;
      return false;
    }
    if (!isFatalCode(errorCode)) return false;
    const isTooLarge = errorCode === KafkaCode.messageTooLarge || errorCode === KafkaCode.recordListTooLarge;
    if (isTooLarge && this.#split(queue)) return true;
    this.#fail(queue, failedPartition(this.#what(), queue.partition, answer));
    return true;
  }

  /** The batch will not be there. An earlier attempt may have been written all the same, so its numbers are void. */
  #fail(queue: AppendQueue, error: Error): void {
    queue.session = null;
    this.#session = null;
    this.#finish(queue, error);
  }

  #split(queue: AppendQueue): boolean {
    const before = queue.batches[0]!.records.byteLength;
    if (!queue.splitFirst()) return false;
    const added = queue.batches[0]!.records.byteLength + queue.batches[1]!.records.byteLength - before;
    queue.bytes += added;
    this.#pendingBytes += added;
    return true;
  }

  #finish(queue: AppendQueue, error: Error | null): void {
    const batch = queue.batches.shift()!;
    const bytes = batch.records.count === 0 ? 0 : batch.records.byteLength;
    queue.bytes -= bytes;
    this.#pendingBytes -= bytes;
    call(batch, error);
  }

  /** Batches that hold nothing but refusals. */
  #answerRefused(queue: AppendQueue): void {
    while (queue.batches[0]?.records.count === 0) this.#finish(queue, null);
    if (this.#isIdle()) this.#becomeIdle();
  }

  #after(key: string, queues: readonly AppendQueue[]): void {
    this.#busy.delete(key);
    for (const queue of queues) queue.isInFlight = false;
    if (this.#isIdle()) this.#becomeIdle();
    else this.#sendSoon(0);
  }

  #retry(error: unknown, queues: readonly AppendQueue[]): void {
    if (this.#isAbandoned) return;
    for (const queue of queues) queue.isWaiting = true;
    if (this.trouble === null)
      this.#options.log.warn({ topic: this.#topic.name, err: error }, 'appends wait');
    this.trouble = kafkaError(error, this.#what());
    this.#retryTimer ??= setTimeout(() => this.#tryAgain(), backoffMs(++this.#failures));
  }

  #tryAgain(): void {
    const again = () => {
      this.#retryTimer = null;
      for (const queue of this.#queues) queue.isWaiting = false;
      this.#send();
    };
    // Where the leaders cannot be learnt, the requests fail and say why.
    this.#client.refresh(this.#topic.name).then(again, again);
  }

  #openSession(): Promise<ProducerSession> {
    this.#session ??= this.#client.requestAny(initProducerIdV4.api, null, 0, -1n, -1).then(
      ({ producerId, producerEpoch }) => ({ producerId, epoch: producerEpoch }),
      (error: unknown) => {
        this.#session = null;
        throw error;
      },
    );
    return this.#session;
  }

  #isIdle(): boolean {
    return this.#queues.every((queue) => queue.batches.length === 0);
  }

  #becomeIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #abandon(): void {
    this.#isAbandoned = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    const error = this.trouble ?? kafkaError(new Error('no answer in time'), this.#what());
    for (const queue of this.#queues) while (queue.batches.length > 0) this.#finish(queue, error);
    this.#becomeIdle();
  }

  #what(): string {
    return `cannot append to topic ${this.#topic.name}`;
  }

  #tooLarge({ value }: NewRecord): MillraceError {
    const { name, maxMessageBytes } = this.#topic;
    return new MillraceError(
      `a record with a value of ${value.byteLength} bytes does not fit topic ${name}, which takes ${maxMessageBytes} bytes`,
      { code: 'MESSAGE_TOO_LARGE', hint: 'Send less at a time, or raise max.message.bytes of the topic.' },
    );
  }
}

function call({ callbacks }: PendingBatch, error: Error | null): void {
  for (const done of callbacks) done(error);
}

function failedPartition(
  what: string,
  partition: number,
  answer: ProducedPartition | undefined,
): MillraceError {
  const { errorCode, message = null } = answer ?? {};
  const text = message ?? (errorCode === undefined ? 'no answer' : `error ${errorCode}`);
  const cause = Object.assign(new Error(text), { apiCode: errorCode });
  return kafkaError(cause, `${what}, partition ${partition}`);
}

function noLeader(topic: string, partition: number): MillraceError {
  return new MillraceError(`partition ${partition} of ${topic} has no leader`, {
    code: 'NO_LEADER',
    canRetry: true,
  });
}

function bufferFull(bytes: number): MillraceError {
  return new MillraceError(`${bytes} bytes wait for Kafka already`, {
    code: 'STREAM_BUFFER_FULL',
    canRetry: true,
  });
}
