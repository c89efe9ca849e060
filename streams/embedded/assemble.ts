/**
 * Cuts a batch out of stored blocks: from an offset on, within the reader's limits, as a copy of its own.
 */
import type { Batch } from '../batch.js';
import { FrameCursor } from '../record.js';
import type { ReadLimits } from '../stream.js';

/** Frames of consecutive records of one partition. */
export interface Frames {
  readonly baseOffset: number;
  readonly count: number;
  readonly frames: Buffer;
}

/** Gathers blocks for one batch until a limit or a gap ends it. */
export class Assembler {
  readonly #limits: ReadLimits;
  readonly #pieces: Buffer[] = [];
  #first = -1;
  #next: number;
  #bytes = 0;
  #records = 0;

  /** @param offset where to start; blocks before it are passed over */
  constructor(offset: number, limits: ReadLimits) {
    this.#next = offset;
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#records === 0;
  }

  get byteLength(): number {
    return this.#bytes;
  }

  /** Offset behind the last record taken. */
  get next(): number {
    return this.#next;
  }

  /** Gives up on the records before `offset`. Only before anything was taken. */
  skipTo(offset: number): void {
    this.#next = Math.max(this.#next, offset);
  }

  /** Takes what it can of the block; false when the batch is complete and the block, or its rest, is for later. */
  add(block: Frames): boolean {
    const end = block.baseOffset + block.count;
    if (end <= this.#next) return true;
    if (block.baseOffset > this.#next) {
      // A gap. In front of the batch it is stepped over; within, it ends the batch.
      if (!this.isEmpty) return false;
      this.#next = block.baseOffset;
    }
    if (this.#first < 0) this.#first = this.#next;
    const { maxRecords, maxBytes } = this.#limits;
    const whole = this.#next === block.baseOffset;
    if (whole && this.#records + block.count <= maxRecords && this.#bytes + block.frames.length <= maxBytes) {
      this.#take(block.frames, block.count);
      return this.#records < maxRecords && this.#bytes < maxBytes;
    }
    return this.#addPart(block);
  }

  #addPart(block: Frames): boolean {
    const { maxRecords, maxBytes } = this.#limits;
    const cursor = new FrameCursor(block.frames);
    for (let skip = this.#next - block.baseOffset; skip > 0; skip--) cursor.next();
    const start = cursor.frameEnd;
    let end = start;
    let count = 0;
    let complete = false;
    while (cursor.next()) {
      const total = this.#records + count;
      if (total > 0 && (total >= maxRecords || this.#bytes + cursor.frameEnd - start > maxBytes)) {
        complete = true;
        break;
      }
      end = cursor.frameEnd;
      count++;
    }
    if (count > 0) this.#take(block.frames.subarray(start, end), count);
    return !complete && this.#records < maxRecords && this.#bytes < maxBytes;
  }

  #take(frames: Buffer, count: number): void {
    this.#pieces.push(frames);
    this.#bytes += frames.length;
    this.#records += count;
    this.#next += count;
  }

  batch(stream: string, partition: number): Batch {
    const { allocate = Buffer.allocUnsafe } = this.#limits;
    const frames = allocate(this.#bytes);
    let at = 0;
    for (const piece of this.#pieces) {
      frames.set(piece, at);
      at += piece.length;
    }
    return {
      stream,
      partition,
      baseOffset: BigInt(this.#first < 0 ? this.#next : this.#first),
      count: this.#records,
      frames,
    };
  }
}
