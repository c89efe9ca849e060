/**
 * One lane of an event source mapping: fetches a batch, has it processed (see `attempts.ts`), saves its checkpoint,
 * fetches the next. One batch is in flight at a time, and the next one is fetched only when the checkpoint of the last
 * was saved: order holds, and a crash repeats at most what was in flight.
 *
 * A batch is closed by its number of records, by the size of its event or by the end of its window. Kinesis' window
 * begins when the lane's last invocation ended, that of the others with the first record waiting.
 */
import { messageOf } from '../../common/errors.js';
import { hasLost, lastOffset } from '../../streams/batch.js';
import { Attempts } from './attempts.js';
import { type Fetched, nothingHandedOut, part } from './fetched.js';
import { Gatherer } from './gather.js';
import type { LaneContext } from './lane-context.js';
import type { LaneStatus } from './mapping.js';
import { fitting, MAX_PAYLOAD_BYTES } from './payload-size.js';
import { Position } from './position.js';
import { createScratch } from './scratch.js';
import { isOver, isTooLarge } from './tumbling.js';
import { Waiting } from './waiting.js';

const READ_AGAIN_MS = 1_000;

export class Lane {
  readonly partition: number;
  readonly lane: number;
  readonly #context: LaneContext;
  readonly #position: Position;
  readonly #attempts: Attempts;
  readonly #waiting: Waiting;
  readonly #gatherer: Gatherer;
  readonly #scratch = createScratch();
  /** Every record of the partition is this lane's, and none needs to be looked at. */
  readonly #takesAll: boolean;
  /** So many records waiting are a batch: batchSize, or fewer when they are large; undefined until some were seen. */
  #enough: number | undefined;
  /** When the batch window began, ms on the timers' clock. */
  #windowBegan = 0;
  #firstSeen: number | undefined;
  /** Why the stream cannot be read. */
  #unreadable: string | null = null;
  #running: Promise<void> | undefined;

  constructor(context: LaneContext) {
    const { trigger, filter, stream, partition, lane } = context;
    this.#context = context;
    this.partition = partition;
    this.lane = lane;
    // Where offsets have gaps, only looking tells whether a window's batch is full.
    const isCountable = stream.isSparse !== true || trigger.batchWindowMs === 0;
    this.#takesAll =
      isCountable && filter === null && trigger.parallelizationFactor === 1 && trigger.tumblingWindowMs === 0;
    this.#enough = trigger.batchWindowMs === 0 ? trigger.batchSize : undefined;
    this.#waiting = new Waiting(context.timers, context.alarm);
    this.#position = new Position(context, this.#waiting);
    this.#attempts = new Attempts(context, this.#position, this.#waiting);
    this.#gatherer = new Gatherer({
      stream,
      partition,
      lane,
      factor: trigger.parallelizationFactor,
      filter,
      batchSize: trigger.batchSize,
      tumblingWindowMs: trigger.tumblingWindowMs,
      sizes: context.sizes,
      onGap: (from, to) => this.#trimmed(from, to),
    });
  }

  start(): void {
    this.#windowBegan = this.#context.timers.now();
    this.#running = this.#run();
  }

  /** Records were appended to the lane's partition. */
  wake(): void {
    this.#waiting.wake();
  }

  drain(): void {
    this.#waiting.drain();
  }

  async stop(): Promise<void> {
    this.#waiting.stop();
    await this.#running;
  }

  get next(): bigint {
    return this.#position.next;
  }

  /** A tumbling window has begun and is not over; or it is not known yet whether one has. */
  get hasOpenWindow(): boolean {
    return this.#context.windowStates !== undefined && !this.#position.isWithoutWindow;
  }

  get failing(): string | null {
    return this.#attempts.failing ?? this.#position.failing ?? this.#unreadable;
  }

  status(): LaneStatus {
    const { partition, lane, next, failing } = this;
    const { attempts, oldest } = this.#attempts;
    const iteratorAgeMs = oldest === null ? 0 : Math.max(0, this.#context.time() - oldest);
    return { partition, lane, next, attempts, failing, iteratorAgeMs };
  }

  async #run(): Promise<void> {
    while (!this.#waiting.stopping) {
      try {
        await this.#position.begin();
        const fetched = await this.#fetch();
        this.#unreadable = null;
        if (fetched === null) continue;
        await this.#attempts.finish(fetched);
        this.#windowBegan = this.#context.timers.now();
      } catch (error) {
        // Nothing was fetched, so nothing is lost by waiting.
        const { log, functionName } = this.#context;
        this.#unreadable = messageOf(error);
        log.error(
          { functionName, partition: this.partition, err: error },
          'cannot read the stream; trying again',
        );
        await this.#waiting.sleep(READ_AGAIN_MS);
      }
    }
  }

  /** Null: look again. */
  async #fetch(): Promise<Fetched | null> {
    const isPlain = this.#takesAll && this.#enough !== undefined;
    const fetched = await (isPlain ? this.#fetchAll(this.#enough!) : this.#gather());
    if (fetched !== null) {
      this.#firstSeen = undefined;
      this.#learnSize(fetched);
    }
    return fetched;
  }

  /** The straight path: waits until enough records are there, reads them once, looks at none. */
  async #fetchAll(enough: number): Promise<Fetched | null> {
    const { stream, trigger, timers, sizes } = this.#context;
    const { partition } = this;
    const next = this.#position.next;
    const backlog = () => Number(stream.ends(partition).end - next);
    const waiting = backlog();
    if (waiting <= 0) {
      await this.#waiting.forRecords(() => backlog() > 0);
      return null;
    }
    if (waiting < enough && !this.#waiting.draining) {
      const due = this.#windowEnd();
      if (timers.now() < due) {
        await this.#waiting.forRecords(() => backlog() >= enough, due);
        return null;
      }
    }
    const batch = await stream.read(partition, next, {
      maxRecords: trigger.batchSize,
      maxBytes: MAX_PAYLOAD_BYTES,
      allocate: this.#scratch.allocate,
    });
    if (hasLost(batch, next)) this.#trimmed(next, batch.baseOffset);
    if (batch.count === 0) {
      if (batch.baseOffset === next) throw nothingHandedOut(stream, partition, next);
      await this.#position.advance(batch.baseOffset);
      return null;
    }
    const { count, bytes } = fitting(batch, sizes);
    const taken = part(batch, 0, Math.max(1, count));
    return { batch: taken, end: lastOffset(taken) + 1n, filtered: 0, isTooLarge: count === 0, bytes };
  }

  async #gather(): Promise<Fetched | null> {
    const { stream, timers, stats, time } = this.#context;
    const isFinished = () => stream.isFinished?.(this.partition) === true;
    const gatherer = this.#gatherer;
    const position = this.#position;
    gatherer.begin(position.next, position.window);
    for (;;) {
      await gatherer.fill();
      if (this.#waiting.stopping) return null;
      const hasMore = () => stream.ends(this.partition).end > gatherer.end;
      if (gatherer.count === 0) {
        stats.filtered += gatherer.filtered;
        await position.advance(gatherer.end);
        const { window } = position;
        const now = Math.max(time(), gatherer.lastArrival);
        // Lambda ends a window with its shard: what follows begins its own, with no state.
        const isLast = gatherer.sawLater || (isFinished() && !hasMore());
        if (window !== null && (isLast || isOver(window, now) || isTooLarge(window))) {
          await this.#attempts.finishWindow(isTooLarge(window) && !isLast && !isOver(window, now));
        } else if (!hasMore()) {
          await this.#waiting.forRecords(
            () => hasMore() || isFinished(),
            window === null ? undefined : timers.now() + Math.max(1, window.end - time()),
          );
        }
        return null;
      }
      if (gatherer.isClosed || this.#waiting.draining) break;
      const due = Math.min(this.#windowEnd(), this.#tumblingEnd());
      if (timers.now() >= due || (isFinished() && !hasMore())) break;
      if (!hasMore()) await this.#waiting.forRecords(() => hasMore() || isFinished(), due);
      if (this.#waiting.stopping) return null;
    }
    return gatherer.take();
  }

  #windowEnd(): number {
    const { trigger, timers } = this.#context;
    if (trigger.source !== 'kinesis') this.#firstSeen ??= timers.now();
    return (this.#firstSeen ?? this.#windowBegan) + trigger.batchWindowMs;
  }

  /** When the tumbling window of the gathered records is over, ms on the timers' clock. */
  #tumblingEnd(): number {
    const end = this.#gatherer.windowEnd;
    const { timers, time } = this.#context;
    return end === null ? Number.POSITIVE_INFINITY : timers.now() + Math.max(0, end - time());
  }

  /** Large records fill an event before there are batchSize of them: the window need not be waited for then. */
  #learnSize({ batch, bytes }: Fetched): void {
    const { batchSize, batchWindowMs } = this.#context.trigger;
    if (batchWindowMs === 0) return;
    const fit = Math.floor((MAX_PAYLOAD_BYTES * batch.count) / Math.max(1, bytes));
    this.#enough = Math.max(1, Math.min(batchSize, fit));
  }

  #trimmed(from: bigint, to: bigint): void {
    const { functionName, log, stats, stream } = this.#context;
    // Where offsets have gaps nobody knows how many they were.
    stats.trimmed += stream.isSparse === true ? 1 : Number(to - from);
    log.error(
      { functionName, partition: this.partition, from, to },
      'records were trimmed before they were read',
    );
  }
}
