/** Reads a group's partitions as a mapping does: one batch after the other, a checkpoint after each. */
import { lastOffset, recordsOf } from '../../streams/batch.js';
import type { Consumer } from '../../streams/engine.js';
import type { StreamRecord } from '../../streams/record.js';

const LIMITS = { maxRecords: 50, maxBytes: 1 << 20 };

export class GroupReader {
  /** In the order in which they were read. */
  readonly seen: StreamRecord[] = [];
  readonly errors: unknown[] = [];
  readonly #consumer: Consumer;
  readonly #group: string;
  readonly #lanes = new Map<number, { isStopping: boolean; wake: () => void; ended: Promise<void> }>();

  constructor(consumer: Consumer, group: string) {
    this.#consumer = consumer;
    this.#group = group;
  }

  /** Those that are its own now, ascending. */
  get partitions(): number[] {
    return [...this.#lanes.keys()].sort((a, b) => a - b);
  }

  start(): void {
    const { source, share } = this.#consumer;
    source.onAppended((partition) => this.#lanes.get(partition)?.wake());
    share!.start({
      assigned: (partitions) => {
        for (const partition of partitions) this.#begin(partition);
      },
      revoked: async (partitions) => {
        for (const partition of partitions) {
          const lane = this.#lanes.get(partition);
          if (lane === undefined) continue;
          lane.isStopping = true;
          lane.wake();
          await lane.ended;
          this.#lanes.delete(partition);
        }
      },
    });
  }

  #begin(partition: number): void {
    if (this.#lanes.has(partition)) throw new Error(`partition ${partition} was assigned twice`);
    const lane = { isStopping: false, wake: () => undefined as undefined, ended: Promise.resolve() };
    this.#lanes.set(partition, lane);
    lane.ended = this.#run(partition, lane).catch((error: unknown) => {
      this.errors.push(error);
    });
  }

  async #run(partition: number, lane: { isStopping: boolean; wake: () => void }): Promise<void> {
    const { source, checkpoints } = this.#consumer;
    let next = checkpoints.load(this.#group, partition) ?? source.ends(partition).start;
    checkpoints.save(this.#group, partition, next);
    while (!lane.isStopping) {
      if (source.ends(partition).end <= next) {
        await new Promise<void>((resolve) => {
          lane.wake = resolve;
        });
        continue;
      }
      const batch = await source.read(partition, next, LIMITS);
      this.seen.push(...recordsOf(batch));
      next = lastOffset(batch) + 1n;
      checkpoints.save(this.#group, partition, next);
    }
  }
}
