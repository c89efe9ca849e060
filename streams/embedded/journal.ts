/**
 * The segment files of one stream: the sealed ones, oldest first, and the active one at the end, which is written.
 */
import type { LogFiles, SegmentFile } from './files.js';
import type { StreamLog } from './options.js';
import { indexPath, Segment, segmentPath } from './segment.js';
import { encodeIndex, SegmentIndex } from './segment-index.js';

export class Journal {
  /** Never empty once open. */
  readonly segments: Segment[];
  readonly #directory: string;
  readonly #partitions: number;
  readonly #files: LogFiles;
  readonly #log: StreamLog;
  #file: SegmentFile | undefined;
  /** Sealing goes on in the background; `close` waits for it. */
  #sealing: Promise<void> = Promise.resolve();

  constructor(directory: string, partitions: number, segments: Segment[], files: LogFiles, log: StreamLog) {
    this.#directory = directory;
    this.#partitions = partitions;
    this.segments = segments;
    this.#files = files;
    this.#log = log;
  }

  /** Opens the last segment for writing, or a new one behind it. */
  async open(continues: boolean): Promise<void> {
    if (!continues) return this.roll();
    this.#file = await this.#files.openSegment(this.active.path);
  }

  get active(): Segment {
    return this.segments.at(-1)!;
  }

  get file(): SegmentFile {
    return this.#file!;
  }

  get byteLength(): number {
    let bytes = 0;
    for (const segment of this.segments) bytes += segment.length;
    return bytes;
  }

  /** Seals the active segment and begins the next. Rejects, with nothing changed, when it cannot be made. */
  async roll(): Promise<void> {
    const sealed = this.segments.at(-1);
    const sequence = (sealed?.sequence ?? 0) + 1;
    const file = await this.#files.openSegment(segmentPath(this.#directory, sequence));
    // A file left over from an attempt that failed half-way would not begin where its index says.
    try {
      await file.truncate(0);
    } catch (error) {
      await file.close();
      throw error;
    }
    const previous = this.#file;
    this.#file = file;
    const index = new SegmentIndex(this.#partitions);
    index.continueFrom(sealed?.index);
    this.segments.push(new Segment(this.#directory, sequence, index, 0));
    if (sealed !== undefined) {
      this.#sealing = this.#sealing.then(() => this.#seal(sealed, previous));
    }
  }

  async #seal(segment: Segment, file: SegmentFile | undefined): Promise<void> {
    try {
      await file?.close();
      // Retention may have been quicker.
      if (!this.segments.includes(segment)) return;
      const path = indexPath(this.#directory, segment.sequence);
      await this.#files.replace(path, encodeIndex(segment.index, segment.length));
    } catch (error) {
      this.#log.warn(
        { error, segment: segment.path },
        'cannot write the index of a segment; the next start will make it',
      );
    }
  }

  /** Removes the oldest `count` segments. Returns bytes freed. */
  async removeOldest(count: number): Promise<number> {
    const removed = this.segments.splice(0, count);
    await this.#sealing;
    let freed = 0;
    for (const segment of removed) {
      await segment.retire();
      await this.#files.remove(segment.path);
      await this.#files.remove(indexPath(this.#directory, segment.sequence));
      freed += segment.length;
    }
    return freed;
  }

  async close(): Promise<void> {
    await this.#sealing;
    await this.#file?.close();
    for (const segment of this.segments) await segment.retire();
  }
}
