/**
 * A group's checkpoints as its consumer sees them: loaded with a partition's lease, kept here while the partition is this
 * process's, and stored in the background, all that have moved in one statement. The store takes them as long as the
 * lease is this process's; when it is not, what was saved here is nothing to anybody.
 *
 * They are watched as well, since a closed shard is finished for the group when every checkpoint in it is at its end.
 */
import type { Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { Checkpoints } from '../checkpoints.js';
import { backoffMs } from './backoff.js';
import type { LeaseCheckpoint, LeaseStore } from './lease-store.js';

export interface GroupCheckpointsOptions {
  readonly group: string;
  /** Tells this process from all others. */
  readonly me: string;
  readonly leases: LeaseStore;
  readonly timers: Timers;
  /** So long after a checkpoint was saved it is on its way to the store, with all that were saved meanwhile (ms). */
  readonly storeAfterMs: number;
  /** Arrival time of the record in front of `next`, epoch ms; null: not known. */
  readonly arrivalTimeBefore: (partition: number, next: bigint) => number | null;
  readonly onFailure: (error: unknown) => void;
}

interface Held {
  /** Next offset by reader. */
  readonly next: Map<string, bigint>;
  /** Readers that saved anything since the partition was taken. */
  readonly active: Set<string>;
  /** Readers whose checkpoint is not stored yet. */
  readonly unstored: Set<string>;
  isWorkedOn: boolean;
}

const LONGEST_WAIT_MS = 5_000;

export class GroupCheckpoints implements Checkpoints {
  readonly #options: GroupCheckpointsOptions;
  readonly #held = new Map<number, Held>();
  #storing: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #failures = 0;
  /** Something was saved. */
  onSave: (partition: number) => void = () => undefined;
  /** The store says that the partition is another process's. */
  onLost: (partition: number) => void = () => undefined;

  constructor(options: GroupCheckpointsOptions) {
    this.#options = options;
  }

  /** From now on checkpoints of the partition can be saved. @param rows what is stored for it */
  take(partition: number, rows: readonly LeaseCheckpoint[]): void {
    this.#held.set(partition, {
      next: new Map(rows.map(({ reader, next }) => [reader, next])),
      active: new Set(),
      unstored: new Set(),
      isWorkedOn: rows.length > 0,
    });
  }

  /** The partition is another process's: what was not stored never will be. */
  leave(partition: number): void {
    this.#held.delete(partition);
  }

  /** Whether every reader of the group is at `end` or further. */
  areAt(partition: number, end: bigint): boolean {
    const held = this.#held.get(partition);
    if (held === undefined) return false;
    if (held.active.size === 0) return (held.next.get(this.#options.group) ?? -1n) >= end;
    return [...held.active].every((reader) => held.next.get(reader)! >= end);
  }

  /** Whether the group has read any of it, rather than begun behind it. */
  hasWorkedOn(partition: number): boolean {
    return this.#held.get(partition)?.isWorkedOn === true;
  }

  /** Where a group begins that has not begun there. */
  seed(partition: number, next: bigint): void {
    const held = this.#held.get(partition);
    if (held?.next.size === 0) this.#put(held, this.#options.group, next);
  }

  load(reader: string, partition: number): bigint | undefined {
    return this.#held.get(partition)?.next.get(reader);
  }

  save(reader: string, partition: number, nextOffset: bigint): void {
    const held = this.#held.get(partition);
    if (held === undefined) {
      throw new MillraceError(`partition ${partition} of ${this.#options.group} is another process's now`, {
        code: 'PARTITION_LOST',
      });
    }
    if (held.active.has(reader)) held.isWorkedOn = true;
    held.active.add(reader);
    this.#put(held, reader, nextOffset);
    this.onSave(partition);
  }

  /** Stores everything that was saved. Rejects when the store cannot be asked; then it is tried again by itself. */
  store(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    const storing = this.#storing.then(() => this.#store());
    this.#storing = storing.catch(() => undefined);
    return storing;
  }

  /** Stored by whoever ends the group's work. */
  close(): void {
    this.#cancel?.();
    this.#held.clear();
  }

  #put(held: Held, reader: string, next: bigint): void {
    if (held.next.get(reader) === next) return;
    held.next.set(reader, next);
    held.unstored.add(reader);
    this.#soon(this.#options.storeAfterMs);
  }

  #soon(ms: number): void {
    this.#cancel ??= this.#options.timers.after(ms, () => {
      this.store().catch((error: unknown) => {
        if (this.#failures === 1) this.#options.onFailure(error);
      });
    });
  }

  async #store(): Promise<void> {
    const { group, me, leases, arrivalTimeBefore } = this.#options;
    const rows: LeaseCheckpoint[] = [];
    const taken: [Held, string[]][] = [];
    for (const [partition, held] of this.#held) {
      if (held.unstored.size === 0) continue;
      taken.push([held, [...held.unstored]]);
      for (const reader of held.unstored) {
        const next = held.next.get(reader)!;
        rows.push({ partition, reader, next, arrivalTime: arrivalTimeBefore(partition, next) });
      }
      held.unstored.clear();
    }
    if (rows.length === 0) return;
    try {
      const stored = await leases.saveCheckpoints(group, me, rows);
      this.#failures = 0;
      for (const { partition } of rows) {
        if (!stored.has(partition) && this.#held.has(partition)) this.onLost(partition);
      }
    } catch (error) {
      for (const [held, readers] of taken) for (const reader of readers) held.unstored.add(reader);
      const backoff = { firstMs: this.#options.storeAfterMs, mostMs: LONGEST_WAIT_MS };
      this.#soon(backoffMs(backoff, ++this.#failures, () => 1));
      throw error;
    }
  }
}
