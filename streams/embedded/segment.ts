/**
 * A segment file as readers see it: opened when first read, closed when nobody needs it any more. Deleting the
 * file does not disturb a read under way.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadAt } from './block-scanner.js';
import type { SegmentIndex } from './segment-index.js';

const DIGITS = 20;

export function segmentPath(directory: string, sequence: number): string {
  return join(directory, `${String(sequence).padStart(DIGITS, '0')}.log`);
}

export function indexPath(directory: string, sequence: number): string {
  return join(directory, `${String(sequence).padStart(DIGITS, '0')}.idx`);
}

/** The sequence in a segment's file name, or undefined for other files. */
export function sequenceOf(fileName: string): number | undefined {
  const match = /^(\d{20})\.log$/.exec(fileName);
  return match === null ? undefined : Number(match[1]);
}

export class Segment {
  readonly sequence: number;
  readonly path: string;
  readonly index: SegmentIndex;
  /** Durable bytes. */
  length: number;
  #handle: Promise<FileHandle> | undefined;
  #readers = 0;
  #retired = false;

  constructor(directory: string, sequence: number, index: SegmentIndex, length: number) {
    this.sequence = sequence;
    this.path = segmentPath(directory, sequence);
    this.index = index;
    this.length = length;
  }

  /** Runs `work` with a way to read the file. Rejects with the system's error when it cannot be opened. */
  async read<T>(work: (readAt: ReadAt) => Promise<T>): Promise<T> {
    this.#readers++;
    try {
      this.#handle ??= open(this.path, 'r');
      const opening = this.#handle;
      const handle = await opening.catch((error: unknown) => {
        // The next read tries again: it may have been a passing lack of descriptors.
        if (this.#handle === opening) this.#handle = undefined;
        throw error;
      });
      return await work(async (position, length) => {
        const buffer = Buffer.allocUnsafeSlow(length);
        const { bytesRead } = await handle.read(buffer, 0, length, position);
        return buffer.subarray(0, bytesRead);
      });
    } finally {
      this.#readers--;
      if (this.#retired) await this.#closeWhenUnused();
    }
  }

  /** Lets go of the file as soon as the reads under way are done. */
  async retire(): Promise<void> {
    this.#retired = true;
    await this.#closeWhenUnused();
  }

  async #closeWhenUnused(): Promise<void> {
    if (this.#readers > 0 || this.#handle === undefined) return;
    const handle = this.#handle;
    this.#handle = undefined;
    await (await handle).close();
  }
}
