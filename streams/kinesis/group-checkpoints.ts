/**
 * A group's checkpoints as its consumer sees them: saved only for partitions that this process holds, and watched, since
 * a closed shard is finished for the group when every checkpoint in it is at its end.
 */
import { MillraceError } from '../../common/errors.js';
import type { Checkpoints } from '../checkpoints.js';

export class GroupCheckpoints implements Checkpoints {
  readonly #inner: Checkpoints;
  readonly #group: string;
  /** Partition held -> checkpoint by (sub)group, as far as they were saved since. */
  readonly #held = new Map<number, Map<string, bigint>>();
  /** Partitions in which the group has been at work, now or earlier. */
  readonly #worked = new Set<number>();
  /** Something was saved. */
  onSave: (partition: number) => void = () => undefined;

  constructor(inner: Checkpoints, group: string) {
    this.#inner = inner;
    this.#group = group;
  }

  /** From now on checkpoints of the partition can be saved. */
  take(partition: number): void {
    this.#held.set(partition, new Map());
    if (this.#inner.load(this.#group, partition) !== undefined) this.#worked.add(partition);
  }

  /** The partition is another process's. */
  leave(partition: number): void {
    this.#held.delete(partition);
  }

  /** Whether every reader of the group is at `end` or further. */
  areAt(partition: number, end: bigint): boolean {
    const saved = [...(this.#held.get(partition)?.values() ?? [])];
    if (saved.length > 0) return saved.every((next) => next >= end);
    return (this.#inner.load(this.#group, partition) ?? -1n) >= end;
  }

  /** Whether the group has read any of it, rather than begun behind it. */
  hasWorkedOn(partition: number): boolean {
    return this.#worked.has(partition);
  }

  /** Where a group begins that has not begun there. */
  seed(partition: number, next: bigint): void {
    if (this.#inner.load(this.#group, partition) === undefined)
      this.#inner.save(this.#group, partition, next);
  }

  load(group: string, partition: number): bigint | undefined {
    return this.#inner.load(group, partition);
  }

  save(group: string, partition: number, nextOffset: bigint): void {
    const saved = this.#held.get(partition);
    if (saved === undefined) {
      throw new MillraceError(`partition ${partition} of ${this.#group} is another process's now`, {
        code: 'PARTITION_LOST',
      });
    }
    this.#inner.save(group, partition, nextOffset);
    if (saved.has(group)) this.#worked.add(partition);
    saved.set(group, nextOffset);
    this.onSave(partition);
  }

  /** They are whoever made them's to close. */
  close(): void {}
}
