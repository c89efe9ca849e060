/**
 * Walks the blocks of a segment from some position on, whatever state the bytes are in.
 *
 * A damaged stretch is reported as such and the walk goes on at the next block whose header proves that it belongs
 * there; what cannot be the beginning of a block up to the end is the tail.
 */
import { type BlockHeader, framesAreIntact, HEADER_BYTES, MAGIC, readHeader } from './block.js';

/** Bytes of a segment from `position` on: at least one unless the end is reached, at most `length`. */
export type ReadAt = (position: number, length: number) => Promise<Buffer>;

export type Scanned =
  /** `frames` is a view on a buffer that nobody writes to; undefined when the partition was not wanted. */
  | { readonly type: 'block'; readonly header: BlockHeader; readonly frames: Buffer | undefined }
  /** Bytes that are no block, or (with `header`) a block whose frames are not what was written. */
  | {
      readonly type: 'damage';
      readonly position: number;
      readonly bytes: number;
      readonly header?: BlockHeader;
    }
  /** Nothing that begins in these last bytes is a whole block. */
  | { readonly type: 'tail'; readonly position: number; readonly bytes: number; readonly reason: string };

export interface ScanOptions {
  readonly segment: number;
  readonly from: number;
  /** Where the durable bytes end. */
  readonly to: number;
  /** The only partition whose frames are wanted (and checked); all of them when undefined. */
  readonly partition?: number;
  readonly chunkBytes?: number;
}

export class BlockScanner {
  /** Where the next block is expected. */
  position: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart: number;
  readonly #readAt: ReadAt;
  readonly #options: ScanOptions;
  readonly #chunk: number;

  constructor(readAt: ReadAt, options: ScanOptions) {
    this.#readAt = readAt;
    this.#options = options;
    this.#chunk = options.chunkBytes ?? 1 << 20;
    this.position = options.from;
    this.#windowStart = options.from;
  }

  /** The next finding, or undefined at the end. */
  async next(): Promise<Scanned | undefined> {
    const { to, segment, partition } = this.#options;
    const position = this.position;
    if (position >= to) return undefined;
    if (to - position < HEADER_BYTES) return this.#tail('the last block has no whole header');
    if (!(await this.#hold(position, HEADER_BYTES))) return this.#tail('the file ends early');
    const header = readHeader(this.#window, position - this.#windowStart, position, segment);
    if (header === undefined) return this.#resynchronise();
    const bytes = HEADER_BYTES + header.framesLength;
    if (position + bytes > to) return this.#tail('the last block is cut short');
    if (partition !== undefined && partition !== header.partition) {
      this.position += bytes;
      return { type: 'block', header, frames: undefined };
    }
    if (!(await this.#hold(position, bytes))) return this.#tail('the file ends early');
    this.position += bytes;
    const at = position - this.#windowStart;
    if (!framesAreIntact(this.#window, at, header.framesLength)) {
      return { type: 'damage', position, bytes, header };
    }
    return { type: 'block', header, frames: this.#window.subarray(at + HEADER_BYTES, at + bytes) };
  }

  #tail(reason: string): Scanned {
    const position = this.position;
    this.position = this.#options.to;
    return { type: 'tail', position, bytes: this.#options.to - position, reason };
  }

  /** Looks for the next header behind a place where one should have been. */
  async #resynchronise(): Promise<Scanned> {
    const { to, segment } = this.#options;
    const start = this.position;
    let at = start + 1;
    while (at + HEADER_BYTES <= to) {
      if (!(await this.#hold(at, HEADER_BYTES))) break;
      const found = this.#window.indexOf(MAGIC, at - this.#windowStart);
      // Without a find, the last three bytes may still begin one.
      at =
        found < 0 ? Math.max(at + 1, this.#windowStart + this.#window.length - 3) : this.#windowStart + found;
      if (found < 0) continue;
      if (at + HEADER_BYTES > to || !(await this.#hold(at, HEADER_BYTES))) break;
      if (readHeader(this.#window, at - this.#windowStart, at, segment) !== undefined) {
        this.position = at;
        return { type: 'damage', position: start, bytes: at - start };
      }
      at++;
    }
    return this.#tail('the bytes at the end are not a block');
  }

  /** Makes the window hold `length` bytes from `position` on; false when the file has fewer. */
  async #hold(position: number, length: number): Promise<boolean> {
    const has = () => this.#windowStart + this.#window.length - position;
    if (position >= this.#windowStart && has() >= length) return true;
    const kept =
      position >= this.#windowStart && has() > 0
        ? this.#window.subarray(position - this.#windowStart)
        : Buffer.alloc(0);
    const parts = [kept];
    let held = kept.length;
    while (held < length) {
      const from = position + held;
      const wanted = Math.min(this.#options.to - from, Math.max(this.#chunk, length - held));
      const part = wanted <= 0 ? undefined : await this.#readAt(from, wanted);
      if (part === undefined || part.length === 0) break;
      parts.push(part);
      held += part.length;
    }
    // A new buffer each time: views on the old window may be in somebody's hands.
    this.#window = parts.length === 2 && kept.length === 0 ? parts[1]! : Buffer.concat(parts);
    this.#windowStart = position;
    return held >= length;
  }
}
