/**
 * Reads on one shard, with what every read has to put up with: the budget, refusals, iterators that expired (after five
 * minutes), and sequence numbers that are not quite one.
 */
import type { Timers } from '../../common/clock.js';
import { codeOf, type MillraceError } from '../../common/errors.js';
import { type IteratorPosition, type KinesisApi, MAX_RECORDS, type Shard } from './api.js';
import { type Backoff, backoffMs } from './backoff.js';
import type { ReadBudget } from './read-budget.js';
import { Run } from './run.js';

export interface ShardClientOptions {
  readonly api: KinesisApi;
  readonly stream: string;
  readonly shard: Shard;
  readonly budget: ReadBudget;
  readonly timers: Timers;
  readonly random: () => number;
  readonly backoff: Backoff;
}

/** Of one read, in a row, before its reader hears of it. */
const MAX_FAILURES = 6;
/** The low four bits of today's sequence numbers. What ends otherwise was probably made by adding one. */
const SEQUENCE_VERSION = 2n;

export class ShardClient {
  readonly #options: ShardClientOptions;

  constructor(options: ShardClientOptions) {
    this.#options = options;
  }

  /**
   * A run that begins at `offset`, with nothing read yet.
   *
   * An offset is where the shard begins, a record's sequence number (as `offsetAt` finds it), or one more than the last
   * record's that was finished, which is no sequence number. Kinesis refuses what is none: then the other way is tried.
   */
  async runAt(offset: bigint): Promise<Run> {
    if (offset <= this.#options.shard.start) return new Run(offset, { type: 'TRIM_HORIZON' });
    const at: IteratorPosition = { type: 'AT_SEQUENCE_NUMBER', sequence: offset };
    const after: IteratorPosition = { type: 'AFTER_SEQUENCE_NUMBER', sequence: offset - 1n };
    const [first, second] = (offset & 15n) === SEQUENCE_VERSION ? [at, after] : [after, at];
    const run = new Run(offset, first);
    try {
      run.iterator = await this.#retried(() => this.#iterator(first));
    } catch (error) {
      if (codeOf(error) !== 'STREAM_ARGUMENT') throw error;
      run.position = second;
      run.iterator = await this.#retried(() => this.#iterator(second));
    }
    return run;
  }

  /** Reads on; resolves with how many records came. Readers of one run share one read. */
  readOn(run: Run): Promise<number> {
    run.reading ??= this.#readOn(run).finally(() => {
      run.reading = undefined;
    });
    return run.reading;
  }

  async #readOn(run: Run): Promise<number> {
    if (run.isOver) return 0;
    const answer = await this.#retried(async () => {
      run.iterator ??= await this.#iterator(run.position);
      await this.#options.budget.take();
      try {
        return await this.#options.api.records(run.iterator, MAX_RECORDS);
      } catch (error) {
        // It is valid for five minutes; a position is for ever.
        if (codeOf(error) === 'ITERATOR_EXPIRED') run.iterator = undefined;
        throw error;
      }
    });
    return run.add(answer);
  }

  #iterator(position: IteratorPosition): Promise<string> {
    const { api, stream, shard } = this.#options;
    return api.iterator(stream, shard.id, position);
  }

  async #retried<T>(call: () => Promise<T>): Promise<T> {
    const { budget, backoff, random, timers } = this.#options;
    for (let failures = 1; ; failures++) {
      try {
        return await call();
      } catch (error) {
        const { canRetry, code } = error as MillraceError;
        if (canRetry !== true || failures === MAX_FAILURES) throw error;
        if (code === 'ITERATOR_EXPIRED' && failures === 1) continue;
        const waitMs = backoffMs(backoff, failures, random);
        if (code === 'STREAM_THROTTLED') budget.pause(waitMs);
        await new Promise<void>((resolve) => {
          timers.after(waitMs, resolve);
        });
      }
    }
  }
}
