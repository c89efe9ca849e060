/**
 * The reading side of one partition: a shard's ends as they are known here, its records, and the poller that moves on
 * at its tip while anybody follows it.
 *
 * `end` is one more than the highest sequence number that is known to be in the shard: found when it was opened, read
 * since, or appended from here. Records that others append are known when they were polled, so a reader who is at `end`
 * is told about them by `onAdvance`; one that is behind it is not at the tip yet, whatever lies there.
 * `start` is where the shard began: that retention has removed something shows only in what a read returns.
 */
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../batch.js';
import type { PartitionEnds, ReadLimits } from '../stream.js';
import type { Shard } from './api.js';
import { locateTip } from './locate.js';
import { Poller, type PollingOptions } from './poller.js';
import { arrivalTimeOf, Run } from './run.js';
import { ShardClient, type ShardClientOptions } from './shard-client.js';

export interface ShardReaderOptions extends ShardClientOptions {
  readonly retentionMs: number;
  /** Records kept for who reads again what was read a moment ago (bytes). */
  readonly cacheBytes: number;
  /** Epoch ms. */
  readonly time: () => number;
  /** The gateway's clock may be ahead of Kinesis' by so much (ms). */
  readonly clockSkewMs: number;
  readonly polling: PollingOptions;
  /** `end` has advanced, or the shard turned out to be finished. */
  readonly onAdvance: () => void;
  readonly onPollFailure: (error: unknown) => void;
}

/** Reads at the tip in a row that may miss a record that was appended. */
const MAX_MISSES = 5;
/** A tip that was not looked at for so long is searched for again. */
const STALE_MS = 10_000;

export class ShardReader {
  readonly shard: Shard;
  readonly #options: ShardReaderOptions;
  readonly #client: ShardClient;
  readonly #poller: Poller;
  #runs: Run[] = [];
  /** The run at the tip, which the poller moves on. */
  #tail: Run;
  #end: bigint;
  #lastArrivalTime = 0;
  /** When Kinesis took the last record that is known, epoch ms. */
  #lastTaken = 0;
  #uses = 0;
  #followers = 0;
  /** When the tail was last at the tip, ms on the timers' clock. */
  #seenAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: ShardReaderOptions) {
    this.shard = options.shard;
    this.#options = options;
    this.#client = new ShardClient(options);
    this.#end = options.shard.start;
    this.#tail = new Run(options.shard.start, { type: 'TRIM_HORIZON' });
    this.#runs = [this.#tail];
    this.#poller = new Poller({
      ...options.polling,
      timers: options.timers,
      random: options.random,
      poll: () => this.#poll(),
      onFailure: options.onPollFailure,
    });
  }

  /** Finds the shard's tip. */
  async open(): Promise<void> {
    await this.#locate();
  }

  ends(): PartitionEnds {
    return { start: this.shard.start, end: this.#end };
  }

  /** Epoch ms; 0 without records. */
  get lastArrivalTime(): number {
    return this.#lastArrivalTime;
  }

  /** The shard is closed, and `end` is final. */
  get isFinished(): boolean {
    return this.#tail.isOver;
  }

  /** Reads up to the tip, so that `end` is what is in the shard now. */
  async lookAtTip(): Promise<void> {
    while (!this.isFinished && !this.#isClosed) {
      await this.#poll();
      if (this.#tail.isAtTip) return;
    }
  }

  /** Arrival time of the record at `offset`, epoch ms; null when it is not at hand. */
  arrivalTimeOf(offset: bigint): number | null {
    const run = this.#runs.find((one) => one.holds(offset));
    const entry = run?.entries[run.indexOf(offset)];
    return entry?.offset === offset ? arrivalTimeOf(entry.frame) : null;
  }

  /**
   * How far whoever has finished everything before `next` is behind the last record, by their arrival times (ms). 0: he
   * is not; null: nobody knows, as nothing was finished yet.
   */
  behindMs(done: { readonly next: bigint; readonly arrivalTime: number | null } | undefined): number | null {
    if ((done?.next ?? this.shard.start) >= this.#end) return 0;
    const arrivalTime = done?.arrivalTime ?? null;
    return arrivalTime === null ? null : Math.max(1, this.#lastArrivalTime - arrivalTime);
  }

  /** A record of ours is in the shard. */
  stored(sequence: bigint): void {
    this.#lastTaken = this.#options.time();
    if (sequence >= this.#end) this.#end = sequence + 1n;
    this.#poller.hurry();
  }

  /** Polls the shard's tip from now on. Returns how to stop that. */
  follow(): () => void {
    if (this.#followers++ === 0) this.#poller.start();
    let isFollowing = true;
    return () => {
      if (isFollowing && --this.#followers === 0) this.#poller.stop();
      isFollowing = false;
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#poller.stop();
    this.#runs = [];
  }

  /** See `StreamSource`. */
  async read(offset: bigint, limits: ReadLimits): Promise<Batch> {
    if (offset > this.#end || (offset === this.#end && this.#followers === 0)) await this.#poll();
    if (offset > this.#end) {
      const { start, end } = this.ends();
      throw new MillraceError(
        `offset ${offset} of ${this.#options.stream}/${this.shard.number} is outside ${start}..${end}`,
        { code: 'OFFSET_OUT_OF_RANGE', hint: 'Start from one of the partition’s ends.' },
      );
    }
    for (let misses = 0; offset < this.#end; ) {
      const run = await this.#runFor(offset);
      if (run.holds(offset)) return this.#batch(run, offset, limits);
      const added = await this.#advance(run);
      if (run.holds(offset)) return this.#batch(run, offset, limits);
      if (run.isOver) break;
      if (added > 0 || !run.isAtTip) continue;
      if (this.#areAllGone()) break;
      if (++misses === MAX_MISSES) {
        throw new MillraceError(
          `Kinesis shows no record of ${this.shard.id} from ${offset} on, though it has some`,
          {
            code: 'STREAM_UNREADABLE',
            canRetry: true,
          },
        );
      }
    }
    // Nothing from here to the end: there is nothing yet, or retention has removed it all.
    return this.#emptyAt(this.#end);
  }

  /** First offset whose arrivalTime is at or after `time`, or `end`. */
  async offsetAt(time: number): Promise<bigint> {
    await this.#poll();
    const { time: now, clockSkewMs } = this.#options;
    // Kinesis takes a record after the gateway stamped it, so what it took before `time` was stamped before it.
    return this.#scan(Math.min(time, now()) - clockSkewMs, time);
  }

  /** @param from epoch ms by Kinesis' clock, where looking begins */
  async #scan(from: number, time: number): Promise<bigint> {
    const run = new Run(
      this.shard.start,
      from <= 0 ? { type: 'TRIM_HORIZON' } : { type: 'AT_TIMESTAMP', time: from },
    );
    for (;;) {
      await this.#client.readOn(run);
      const found = run.entries.find(({ frame }) => arrivalTimeOf(frame) >= time);
      if (found !== undefined) {
        run.from = run.entries[0]!.offset;
        this.#keep(run);
        return found.offset;
      }
      if (run.isAtTip) return this.#end;
      run.shrink(0);
    }
  }

  async #runFor(offset: bigint): Promise<Run> {
    const found =
      this.#runs.find((run) => run.holds(offset)) ?? this.#runs.find((run) => run.leadsTo(offset));
    if (found !== undefined) return found;
    // Appended from here and not read yet: the poller's next answer has it.
    if (offset > this.#tail.to && this.#tail.isAtTip) return this.#tail;
    const run = await this.#client.runAt(offset);
    this.#keep(run);
    return run;
  }

  /** Reads on in the run; resolves with how many records came. */
  async #advance(run: Run): Promise<number> {
    if (this.#isClosed)
      throw new MillraceError(`stream ${this.#options.stream} is closed`, { code: 'STREAM_CLOSED' });
    run.usedAt = ++this.#uses;
    run.shrink(this.#options.cacheBytes / 2);
    const added = await this.#client.readOn(run);
    this.#learn(run);
    this.#makeRoom(run);
    return added;
  }

  #learn(run: Run): void {
    this.#lastArrivalTime = Math.max(this.#lastArrivalTime, run.lastArrivalTime);
    this.#lastTaken = Math.max(this.#lastTaken, run.lastArrival);
    if (run.isAtTip) {
      this.#seenAt = this.#options.timers.now();
      if (run !== this.#tail && run.to >= this.#tail.to) this.#tail = run;
    }
    const hasAdvanced = run.to > this.#end;
    if (hasAdvanced) this.#end = run.to;
    if (hasAdvanced || (run === this.#tail && run.isOver)) this.#options.onAdvance();
  }

  /** Resolves with whether there was anything. */
  async #poll(): Promise<boolean> {
    const { timers } = this.#options;
    if (!this.#tail.isOver && timers.now() - this.#seenAt > STALE_MS) await this.#locate();
    const before = this.#tail.to;
    if (!this.#tail.isOver) await this.#advance(this.#tail);
    return this.#tail.to > before;
  }

  async #locate(): Promise<void> {
    const { shard, retentionMs, time } = this.#options;
    const run = await locateTip({ client: this.#client, shard, retentionMs, now: time() });
    this.#keep(run);
    this.#learn(run);
    this.#makeRoom(run);
  }

  #keep(run: Run): void {
    run.usedAt = ++this.#uses;
    this.#runs.push(run);
  }

  /** What was not used for longest goes; of the tail, its oldest records. */
  #makeRoom(inUse: Run): void {
    const { cacheBytes } = this.#options;
    const others = this.#runs.filter((run) => run !== inUse && run !== this.#tail);
    others.sort((a, b) => a.usedAt - b.usedAt);
    let bytes = this.#runs.reduce((sum, run) => sum + run.bytes, 0);
    const dropped = new Set<Run>();
    for (const run of others) {
      if (bytes <= cacheBytes && this.#runs.length - dropped.size <= MAX_RUNS) break;
      bytes -= run.bytes;
      dropped.add(run);
    }
    if (dropped.size > 0) this.#runs = this.#runs.filter((run) => !dropped.has(run));
    if (inUse !== this.#tail && bytes > cacheBytes) this.#tail.shrink(cacheBytes / 2);
  }

  /** Everything up to `end` is older than what Kinesis keeps. */
  #areAllGone(): boolean {
    const { time, retentionMs } = this.#options;
    return this.#lastTaken + retentionMs < time();
  }

  #batch(run: Run, offset: bigint, limits: ReadLimits): Batch {
    run.usedAt = ++this.#uses;
    const from = run.indexOf(offset);
    let bytes = 0;
    let to = from;
    while (to < run.entries.length && to - from < limits.maxRecords) {
      const { length } = run.entries[to]!.frame;
      if (to > from && bytes + length > limits.maxBytes) break;
      bytes += length;
      to++;
    }
    const { allocate = Buffer.allocUnsafe } = limits;
    const frames = allocate(bytes);
    const taken = run.entries.slice(from, to);
    let at = 0;
    for (const { frame } of taken) at += frame.copy(frames, at);
    return {
      stream: this.#options.stream,
      partition: this.shard.number,
      baseOffset: taken[0]!.offset,
      offsets: taken.map((entry) => entry.offset),
      count: taken.length,
      frames,
    };
  }

  #emptyAt(offset: bigint): Batch {
    const { stream } = this.#options;
    return {
      stream,
      partition: this.shard.number,
      baseOffset: offset,
      offsets: [],
      count: 0,
      frames: Buffer.alloc(0),
    };
  }
}

/** Readers at different places of a shard: as many functions as are behind. */
const MAX_RUNS = 16;
