/**
 * A stream's shards as they come and go, and a reader for each. New ones show up when a shard is split or merged: they
 * are looked for at intervals, when a shard turns out to be finished, and when a record lands in one nobody knows.
 */
import type { Timers } from '../../common/clock.js';
import type { KinesisApi, Shard } from './api.js';
import { shardNumber } from './api.js';
import type { ShardReader } from './shard-reader.js';

export interface TopologyOptions {
  readonly api: KinesisApi;
  readonly stream: string;
  readonly timers: Timers;
  readonly intervalMs: number;
  readonly readerOf: (shard: Shard) => ShardReader;
  /** There are shards that were not there before; their readers are open. */
  readonly onChange: () => void;
  readonly onFailure: (error: unknown) => void;
}

/** Between two looks that were hinted at (ms). */
const HINT_MS = 1_000;
/** Shards whose tips are searched for at a time. */
const OPENED_AT_A_TIME = 16;

export class Topology {
  readonly #options: TopologyOptions;
  readonly #readers = new Map<number, ShardReader>();
  #shards: readonly Shard[] = [];
  #refreshing: Promise<void> | undefined;
  #cancel: (() => void) | undefined;
  #isHinted = false;
  #isClosed = false;

  constructor(options: TopologyOptions) {
    this.#options = options;
  }

  /** Those that can be read, by number. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  /** One more than the highest partition there has been. */
  get partitions(): number {
    let partitions = 0;
    for (const number of this.#readers.keys()) partitions = Math.max(partitions, number + 1);
    return partitions;
  }

  /** Undefined: no such shard, or none any more. */
  reader(partition: number): ShardReader | undefined {
    return this.#readers.get(partition);
  }

  readers(): IterableIterator<ShardReader> {
    return this.#readers.values();
  }

  readerById(shardId: string): ShardReader | undefined {
    const number = shardNumber(shardId);
    return number === undefined ? undefined : this.#readers.get(number);
  }

  async open(): Promise<void> {
    await this.refresh();
    this.#schedule(this.#options.intervalMs);
  }

  /** Looks at the shards now, or shares the look under way. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /** Something has changed, it seems: looks soon. */
  hint(): void {
    if (this.#isHinted || this.#isClosed) return;
    this.#isHinted = true;
    this.#schedule(HINT_MS);
  }

  /** Learns what others have appended to shards that nobody follows here. */
  async lookAtTips(): Promise<void> {
    await Promise.all([...this.#readers.values()].map((reader) => reader.lookAtTip()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel?.();
    await this.#refreshing?.catch(() => undefined);
    for (const reader of this.#readers.values()) reader.close();
  }

  async #refresh(): Promise<void> {
    const { api, stream, readerOf, onChange } = this.#options;
    const shards = await api.shards(stream);
    const fresh = shards.filter(({ number }) => !this.#readers.has(number)).map(readerOf);
    for (let at = 0; at < fresh.length; at += OPENED_AT_A_TIME) {
      await Promise.all(fresh.slice(at, at + OPENED_AT_A_TIME).map((reader) => reader.open()));
    }
    if (this.#isClosed) return;
    for (const reader of fresh) this.#readers.set(reader.shard.number, reader);
    this.#shards = shards;
    if (fresh.length > 0) onChange();
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.timers.after(ms, () => {
      this.#isHinted = false;
      this.refresh()
        .catch(this.#options.onFailure)
        .finally(() => {
          if (!this.#isClosed && !this.#isHinted) this.#schedule(this.#options.intervalMs);
        });
    });
  }
}
