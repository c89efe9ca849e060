/**
 * Group commit: gathers the appends of all partitions and writes them in one durable write at a time.
 *
 * At a trickle an append is committed at the end of the event loop's turn. Under load a commit waits for more (see
 * `linger.ts`), less when much is waiting: commits, and the wake-ups that follow them, are what costs.
 * Appends during a commit go into the next one.
 *
 * A commit that fails, or would exceed the hard limit, is kept and tried again until it succeeds; nobody is called
 * back meanwhile, which holds the publishers and so bounds what gathers here.
 */
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';
import type { NewRecord } from '../record.js';
import type { AppendCallback, StreamHealth } from '../stream.js';
import { type BlockHeader, HEADER_BYTES, writeHeader } from './block.js';
import type { Journal } from './journal.js';
import type { Linger } from './linger.js';
import type { StreamLog } from './options.js';
import { headerOf, type PartitionState, type PendingBlock } from './partition-state.js';
import type { Timers } from './timers.js';

export interface GroupCommitOptions {
  readonly linger: Linger;
  readonly commitBytes: number;
  readonly commitRecords: number;
  readonly retryMs: number;
  readonly segmentBytes: number;
  readonly hardLimitBytes: number;
  readonly log: StreamLog;
  readonly timers: Timers;
  /** Told of every block that has become durable, before its callbacks are called. */
  readonly onBlock: (header: BlockHeader, frames: Buffer) => void;
  /** Told, after the callbacks, of the partitions that have advanced. */
  readonly onCommitted: (partitions: readonly number[]) => void;
}

interface Group {
  readonly blocks: readonly PendingBlock[];
  readonly callbacks: readonly AppendCallback[];
  readonly bytes: number;
}

const HEALTHY: StreamHealth = { writable: true };
const FULL = new Set(['ENOSPC', 'EDQUOT']);

export class GroupCommit {
  readonly #journal: Journal;
  readonly #partitions: readonly PartitionState[];
  readonly #options: GroupCommitOptions;
  /** idle: nothing under way, perhaps something armed. held: a group waits for room. */
  #state: 'idle' | 'working' | 'held' = 'idle';
  #callbacks: AppendCallback[] = [];
  #pendingBytes = 0;
  #firstPendingAt = 0;
  /** Non-zero while a commit is due; a wake-up with another number has been overtaken. */
  #armed = 0;
  #wakeUps = 0;
  #cancelTimer: (() => void) | undefined;
  #group: Group | undefined;
  /** A write failed: what it may have left behind the durable bytes has to go first. */
  #torn = false;
  #health = HEALTHY;
  #waiting: (() => void)[] = [];
  #closed: (() => void) | undefined;

  constructor(journal: Journal, partitions: readonly PartitionState[], options: GroupCommitOptions) {
    this.#journal = journal;
    this.#partitions = partitions;
    this.#options = options;
  }

  get health(): StreamHealth {
    return this.#health;
  }

  append(partition: PartitionState, record: NewRecord, done: AppendCallback): void {
    const before = partition.writer.byteLength;
    partition.add(record);
    this.#pendingBytes += partition.writer.byteLength - before;
    if (this.#callbacks.push(done) === 1) this.#firstPendingAt = this.#options.timers.now();
    if (this.#state === 'idle') this.#schedule();
  }

  /** Runs `work` while no commit is under way; a held one gets another chance afterwards. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    while (this.#state === 'working') await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#disarm();
    this.#state = 'working';
    try {
      return await work();
    } finally {
      if (this.#group === undefined) this.#settle();
      else this.#attempt();
    }
  }

  /** Commits what is there. What cannot be committed at the first attempt fails with `STREAM_CLOSED`. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve;
      if (this.#state === 'idle') this.#settle();
      else if (this.#state === 'held') this.#attempt();
    });
  }

  #schedule(): void {
    const { commitBytes, commitRecords, linger, timers } = this.#options;
    if (this.#pendingBytes >= commitBytes || this.#callbacks.length >= commitRecords) {
      this.#commit();
      return;
    }
    if (this.#armed !== 0) return;
    this.#armed = ++this.#wakeUps;
    const wakeUp = this.#armed;
    const now = timers.now();
    const wait = linger.wait(now) - (now - this.#firstPendingAt);
    if (wait <= 0) {
      timers.soon(() => {
        if (this.#armed === wakeUp) this.#commit();
      });
    } else {
      this.#cancelTimer = timers.after(wait, () => this.#commit());
    }
  }

  #disarm(): void {
    this.#armed = 0;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  #commit(): void {
    const blocks: PendingBlock[] = [];
    for (const partition of this.#partitions) if (partition.writer.count > 0) blocks.push(partition.take());
    const headers = (blocks.length + this.#partitions.length) * HEADER_BYTES;
    this.#group = { blocks, callbacks: this.#callbacks, bytes: this.#pendingBytes + headers };
    this.#callbacks = [];
    this.#pendingBytes = 0;
    this.#attempt();
  }

  #attempt(): void {
    this.#disarm();
    this.#state = 'working';
    const group = this.#group!;
    const journal = this.#journal;
    const { hardLimitBytes, segmentBytes } = this.#options;
    if (this.#torn) {
      journal.file.truncate(journal.active.length).then(
        () => {
          this.#torn = false;
          this.#attempt();
        },
        (error: unknown) => this.#fail(error),
      );
    } else if (journal.byteLength + group.bytes > hardLimitBytes) {
      this.#hold('HARD_LIMIT', `the stream has reached its hard limit of ${hardLimitBytes} bytes`);
    } else if (journal.active.length >= segmentBytes) {
      journal.roll().then(
        () => this.#attempt(),
        (error: unknown) => this.#fail(error),
      );
    } else {
      this.#write(group);
    }
  }

  #write(group: Group): void {
    this.#store(group.blocks, (error) => {
      if (error !== null) {
        this.#fail(error);
        return;
      }
      this.#group = undefined;
      this.#health = HEALTHY;
      this.#options.linger.committed(this.#options.timers.now(), group.callbacks.length);
      this.#callBack(group.callbacks, null);
      this.#options.onCommitted(group.blocks.map((block) => block.partition));
      this.#settle();
    });
  }

  /**
   * Makes an empty active segment open with every partition's figures, so that the segments before it can be
   * removed. Only within `exclusively`. Rejects when it cannot be written.
   */
  async openSegment(): Promise<void> {
    if (this.#journal.active.length > 0) return;
    await new Promise<void>((resolve, reject) => {
      this.#store([], (error) => (error === null ? resolve() : reject(error)));
    });
  }

  /** One durable write of the blocks, in front of them what opens a segment. */
  #store(blocks: readonly PendingBlock[], done: (error: Error | null) => void): void {
    const { active, file } = this.#journal;
    const headers: BlockHeader[] = [];
    const buffers: Buffer[] = [];
    let position = active.length;
    const place = (state: PartitionState, bytes: Buffer, block: PendingBlock | undefined) => {
      const header = headerOf(state, block, bytes.length, position, active.sequence);
      writeHeader(bytes, header);
      headers.push(header);
      buffers.push(bytes);
      position += bytes.length;
    };
    if (position === 0) {
      for (const state of this.#partitions) place(state, Buffer.alloc(HEADER_BYTES), undefined);
    }
    for (const block of blocks) place(this.#partitions[block.partition]!, block.bytes, block);
    this.#writeAll(file, buffers, active.length, position, (error) => {
      if (error !== null) {
        this.#torn = true;
        done(error);
        return;
      }
      active.length = position;
      headers.forEach((header, i) => {
        active.index.note(header);
        this.#partitions[header.partition]!.advance(header);
        if (header.count > 0) this.#options.onBlock(header, buffers[i]!.subarray(HEADER_BYTES));
      });
      done(null);
    });
  }

  /** Goes on after a short write: the next attempt says why it was short. */
  #writeAll(
    file: Journal['file'],
    buffers: readonly Buffer[],
    from: number,
    to: number,
    done: (error: Error | null) => void,
  ): void {
    file.write(buffers, from, (error, written) => {
      if (error !== null) done(error);
      else if (from + written === to) done(null);
      else if (written === 0) done(new MillraceError('the disk took nothing', { code: 'ENOSPC' }));
      else {
        const rest = Buffer.concat(buffers).subarray(written);
        this.#writeAll(file, [rest], from + written, to, done);
      }
    });
  }

  #callBack(callbacks: readonly AppendCallback[], error: Error | null): void {
    for (let i = 0; i < callbacks.length; i++) {
      try {
        callbacks[i]!(error);
      } catch (thrown) {
        this.#options.log.error({ error: thrown }, 'a callback of append threw');
      }
    }
  }

  #fail(error: unknown): void {
    const code = codeOf(error);
    if (code !== undefined && FULL.has(code)) {
      this.#hold('DISK_FULL', `the disk is full: ${messageOf(error)}`);
    } else {
      this.#hold('WRITE_FAILED', `the stream cannot be written: ${messageOf(error)}`);
    }
  }

  #hold(code: string, reason: string): void {
    const { log, retryMs, timers } = this.#options;
    if (this.#health.code !== code) log.error({ code, reason }, 'appends are held back');
    this.#health = { writable: false, code, reason };
    this.#state = 'held';
    if (this.#closed !== undefined) {
      this.#abandon(reason);
      return;
    }
    this.#cancelTimer = timers.after(retryMs, () => this.#attempt());
    this.#release();
  }

  /** What is left when the stream closes and cannot be written: its publishers will send it again. */
  #abandon(reason: string): void {
    const callbacks = [...(this.#group?.callbacks ?? []), ...this.#callbacks];
    this.#group = undefined;
    this.#callbacks = [];
    const error = new MillraceError(`the stream was closed before the record was durable: ${reason}`, {
      code: 'STREAM_CLOSED',
      canRetry: true,
      hint: 'Send the record again once the stream is open.',
    });
    this.#callBack(callbacks, error);
    this.#settle();
  }

  /** Nothing is under way any more: what comes next? */
  #settle(): void {
    this.#state = 'idle';
    if (this.#waiting.length > 0) this.#release();
    else if (this.#callbacks.length > 0) {
      if (this.#closed !== undefined) this.#commit();
      else this.#schedule();
    } else this.#closed?.();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
