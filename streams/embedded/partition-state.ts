/** One partition as its writer sees it: the durable figures, and what waits for the next commit. */
import { FrameWriter, type NewRecord, RECORD_KINDS, RecordKind } from '../record.js';
import { type BlockHeader, HEADER_BYTES } from './block.js';
import type { PartitionIndex } from './segment-index.js';

/** Blocks of a partition share chunks of this size. */
const CHUNK_BYTES = 256 * 1024;

export interface PendingBlock {
  readonly partition: number;
  readonly bytes: Buffer;
  readonly count: number;
  readonly kinds: readonly number[];
  readonly lastArrival: number;
}

export class PartitionState {
  readonly partition: number;
  readonly writer = new FrameWriter(CHUNK_BYTES, HEADER_BYTES);
  end = 0;
  acknowledged = 0;
  received = 0;
  tick = 0;
  lastArrival = 0;
  #kinds = new Array<number>(RECORD_KINDS).fill(0);
  #pendingArrival = 0;

  constructor(partition: number) {
    this.partition = partition;
  }

  /** Takes the running figures from a segment that mentions the partition. */
  restore(index: PartitionIndex): void {
    this.end = index.end;
    this.acknowledged = index.acknowledged;
    this.received = index.received;
    this.tick = index.tick;
    this.lastArrival = index.lastArrival;
  }

  /** Takes over the running figures of a block that has become durable. */
  advance(header: BlockHeader): void {
    this.end = header.baseOffset + header.count;
    this.acknowledged = header.acknowledged;
    this.received = header.received;
    this.tick = header.tick;
    this.lastArrival = header.lastArrival;
  }

  /** Steps over offsets whose records are lost. */
  skipTo(end: number): void {
    // Their kinds are lost with them. Most records were acknowledged, and none of these may look like a surplus.
    this.acknowledged += end - this.end;
    this.end = end;
  }

  add(record: NewRecord): void {
    this.writer.write(record);
    this.#kinds[record.kind]!++;
    if (record.arrivalTime > this.#pendingArrival) this.#pendingArrival = record.arrivalTime;
  }

  take(): PendingBlock {
    const count = this.writer.count;
    const block = {
      partition: this.partition,
      bytes: this.writer.take(),
      count,
      kinds: this.#kinds,
      lastArrival: Math.max(this.#pendingArrival, this.lastArrival),
    };
    this.#kinds = new Array<number>(RECORD_KINDS).fill(0);
    this.#pendingArrival = 0;
    return block;
  }
}

/** The header that a block gets at this place: the partition's figures, and the block's own on top of them. */
export function headerOf(
  state: PartitionState,
  block: PendingBlock | undefined,
  byteLength: number,
  position: number,
  segment: number,
): BlockHeader {
  return {
    partition: state.partition,
    framesLength: byteLength - HEADER_BYTES,
    count: block?.count ?? 0,
    position,
    segment,
    baseOffset: state.end,
    acknowledged: state.acknowledged + (block?.kinds[RecordKind.acknowledged] ?? 0),
    received: state.received + (block?.kinds[RecordKind.received] ?? 0),
    tick: state.tick + (block?.kinds[RecordKind.tick] ?? 0),
    lastArrival: block?.lastArrival ?? state.lastArrival,
  };
}
