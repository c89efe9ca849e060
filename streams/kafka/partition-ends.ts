/** Where each partition of a topic begins and ends, as far as it is known here. Neither ever goes back. */
import type { PartitionEnds } from '../stream.js';

export class KnownEnds {
  readonly #starts: bigint[];
  readonly #ends: bigint[];
  readonly #listeners = new Set<(partition: number) => void>();

  readonly #stream: KnownEnds | undefined;

  /** @param stream the ends that its stream shows: is told what is learnt here, and tells its own listeners */
  constructor(partitions: number, stream?: KnownEnds) {
    this.#stream = stream;
    this.#starts = Array.from({ length: partitions }, () => 0n);
    this.#ends = Array.from({ length: partitions }, () => 0n);
  }

  of(partition: number): PartitionEnds {
    const start = this.#starts[partition]!;
    const end = this.#ends[partition]!;
    if (end < start) return { start, end: start };
    return { start, end };
  }

  /** Answers below 0 mean unknown. Listeners are told by `tell`, when the records can be read. */
  learn(partition: number, start: bigint, end: bigint): boolean {
    if (this.#stream?.learn(partition, start, end)) this.#stream.tell(partition);
    if (start > this.#starts[partition]!) this.#starts[partition] = start;
    if (end <= this.#ends[partition]!) return false;
    this.#ends[partition] = end;
    return true;
  }

  onAppended(listener: (partition: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(partition: number): void {
    for (const listener of this.#listeners) listener(partition);
  }

  forgetListeners(): void {
    this.#listeners.clear();
  }
}
