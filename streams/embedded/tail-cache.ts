/**
 * The most recent blocks of a stream, in memory: whoever keeps up never reads the disk. Bounded in bytes over all
 * partitions; the oldest block goes first. (Blocks share the writers' chunks, so up to a chunk per partition more
 * is kept alive.)
 */
import type { Assembler, Frames } from './assemble.js';

interface Entry extends Frames {
  readonly partition: number;
}

export class TailCache {
  readonly #maxBytes: number;
  readonly #byPartition: Queue<Entry>[] = [];
  readonly #all = new Queue<Entry>();
  #bytes = 0;

  constructor(partitions: number, maxBytes: number) {
    this.#maxBytes = maxBytes;
    for (let p = 0; p < partitions; p++) this.#byPartition.push(new Queue());
  }

  add(partition: number, baseOffset: number, count: number, frames: Buffer): void {
    const entry = { partition, baseOffset, count, frames };
    this.#byPartition[partition]!.push(entry);
    this.#all.push(entry);
    this.#bytes += frames.length;
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#all.shift();
      if (oldest === undefined) break;
      this.#byPartition[oldest.partition]!.shift();
      this.#bytes -= oldest.frames.length;
    }
  }

  /** Gives the assembler the blocks from `offset` on; false when `offset` is older than what is held. */
  read(partition: number, offset: number, assembler: Assembler): boolean {
    const queue = this.#byPartition[partition]!;
    if (queue.length === 0 || queue.at(0).baseOffset > offset) return false;
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (queue.at(middle).baseOffset <= offset) low = middle + 1;
      else high = middle;
    }
    for (let i = low - 1; i < queue.length; i++) if (!assembler.add(queue.at(i))) break;
    return true;
  }

  clear(): void {
    this.#bytes = 0;
    this.#all.clear();
    for (const queue of this.#byPartition) queue.clear();
  }
}

/** First in, first out, with random access; shifting is amortised constant time. */
class Queue<T> {
  #items: T[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  at(index: number): T {
    return this.#items[this.#head + index]!;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined;
    const item = this.#items[this.#head]!;
    // Let go of it now; the array itself is cut when half of it is empty.
    this.#items[this.#head++] = undefined as T;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
