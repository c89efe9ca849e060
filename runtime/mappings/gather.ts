/**
 * Gathers the batch of a lane that does not get every record of its partition: those of its keys that pass the filter,
 * of one tumbling window. It looks at each record once: what was read beyond the end of a batch waits for the next one.
 *
 * It serves as well where a batch has to be looked at while it waits to fill up, because its size is not known.
 */

import type { OpenWindow } from '../../stores/window-states.js';
import { type Batch, hasLost, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { StreamSource } from '../../streams/stream.js';
import { type Fetched, nothingHandedOut } from './fetched.js';
import type { RecordFilter } from './filters/filter.js';
import { laneOf } from './lanes.js';
import { MAX_PAYLOAD_BYTES, type PayloadSizes } from './payload-size.js';
import { createScratch } from './scratch.js';
import { belongs, windowAt } from './tumbling.js';

export interface Selection {
  readonly stream: StreamSource;
  readonly partition: number;
  readonly lane: number;
  readonly factor: number;
  readonly filter: RecordFilter | null;
  readonly batchSize: number;
  /** 0: none. */
  readonly tumblingWindowMs: number;
  readonly sizes: PayloadSizes;
  /** Records between the two offsets are gone. */
  readonly onGap: (from: bigint, to: bigint) => void;
}

/** Read at a time. */
const CHUNK = { maxRecords: 1_000, maxBytes: 1024 * 1024 };
/** Other work gets a turn after so many chunks that nothing was selected from. */
const CHUNKS_PER_TURN = 8;

export class Gatherer {
  /** Selected so far. */
  count = 0;
  filtered = 0;
  /** Offset behind the last record looked at: all before it is in the batch or passed over. */
  end = 0n;
  /** Nothing more goes in. */
  isClosed = false;
  /** The only record is too large for any event. */
  isTooLarge = false;
  /** The next record is of a later window than the one that was open. */
  sawLater = false;
  /** arrivalTime of the first selected record, and of the last one looked at; epoch ms. */
  firstArrival = 0;
  lastArrival = 0;
  readonly #selection: Selection;
  readonly #chunkMemory = createScratch();
  #chunk: Batch | null = null;
  #cursor = new FrameCursor(Buffer.alloc(0));
  /** Index of the chunk's next record. */
  #index = 0;
  /** The cursor stands on a record that has not been dealt with. */
  #isHeld = false;
  #memory = Buffer.alloc(0);
  #used = 0;
  #offsets: bigint[] = [];
  #payload = 0;
  #window: OpenWindow | null = null;

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  /** End of the window that the batch belongs to, epoch ms; null without windows. */
  get windowEnd(): number | null {
    return this.#window?.end ?? null;
  }

  /** Begins the next batch at `next`, in the window that is open. */
  begin(next: bigint, window: OpenWindow | null): void {
    if (next !== this.end) this.#chunk = null;
    this.end = next;
    this.#window = window;
    this.#payload = this.#selection.sizes.base + (window === null ? 0 : Buffer.byteLength(window.state));
    this.count = 0;
    this.filtered = 0;
    this.#used = 0;
    this.#offsets = [];
    this.isClosed = false;
    this.isTooLarge = false;
    this.sawLater = false;
  }

  /** Takes what is at hand. Rejects when the stream cannot be read; then it may be called again. */
  async fill(): Promise<void> {
    const { stream, partition } = this.#selection;
    for (let chunks = 1; !this.isClosed; chunks++) {
      this.#takeFromChunk();
      if (this.isClosed || this.end >= stream.ends(partition).end) return;
      await this.#read();
      if (chunks % CHUNKS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** The batch; its bytes are valid until the next `begin`. */
  take(): Fetched {
    const offsets = this.#offsets;
    const base = offsets[0]!;
    const hasGaps = offsets.at(-1)! - base + 1n !== BigInt(offsets.length);
    const { stream, partition } = this.#selection;
    const batch: Batch = {
      stream: stream.name,
      partition,
      baseOffset: base,
      ...(hasGaps ? { offsets } : {}),
      count: this.count,
      frames: this.#memory.subarray(0, this.#used),
    };
    return {
      batch,
      end: this.end,
      filtered: this.filtered,
      isTooLarge: this.isTooLarge,
      bytes: this.#payload,
    };
  }

  async #read(): Promise<void> {
    const { stream, partition, onGap } = this.#selection;
    this.#chunk = null;
    const chunk = await stream.read(partition, this.end, { ...CHUNK, allocate: this.#chunkMemory.allocate });
    if (hasLost(chunk, this.end)) {
      onGap(this.end, chunk.baseOffset);
      this.end = chunk.baseOffset;
    }
    // Unreadable to its end, which is a gap like any other; or nothing at hand although the stream has more.
    if (chunk.count === 0) {
      if (this.end < stream.ends(partition).end) throw nothingHandedOut(stream, partition, this.end);
      return;
    }
    this.#chunk = chunk;
    this.#cursor = new FrameCursor(chunk.frames);
    this.#index = 0;
    this.#isHeld = false;
  }

  #takeFromChunk(): void {
    const chunk = this.#chunk;
    if (chunk === null) return;
    const cursor = this.#cursor;
    while (this.#isHeld || cursor.next()) {
      this.#isHeld = true;
      const offset = offsetAt(chunk, this.#index);
      if (this.#isSelected(offset) && !this.#add(offset)) return;
      this.lastArrival = cursor.arrivalTime;
      this.end = offset + 1n;
      this.#index++;
      this.#isHeld = false;
      if (this.count >= this.#selection.batchSize) this.isClosed = true;
      if (this.isClosed) return;
    }
    this.#chunk = null;
  }

  #isSelected(offset: bigint): boolean {
    const { partition, lane, factor, filter, stream, tumblingWindowMs } = this.#selection;
    const cursor = this.#cursor;
    // Time reaches every lane; to tumbling windows it is no record: a window of nothing but ticks is none.
    if (cursor.kind === RecordKind.tick) return tumblingWindowMs === 0;
    if (factor > 1 && laneOf(cursor.bytes.subarray(cursor.keyStart, cursor.keyEnd), factor) !== lane) {
      return false;
    }
    if (filter === null) return true;
    const headers = cursor.headers();
    const passes = filter.matches({
      stream: stream.name,
      partition,
      offset,
      kind: cursor.kind,
      key: cursor.key(),
      arrivalTime: cursor.arrivalTime,
      value: cursor.value(),
      ...(headers === undefined ? {} : { headers }),
    });
    if (!passes) this.filtered++;
    return passes;
  }

  /** False: the batch is closed before this record. */
  #add(offset: bigint): boolean {
    const { sizes, tumblingWindowMs } = this.#selection;
    const cursor = this.#cursor;
    const window = this.#window;
    if (tumblingWindowMs > 0) {
      if (window === null) this.#window = windowAt(cursor.arrivalTime, tumblingWindowMs);
      else if (!belongs(cursor.arrivalTime, window)) {
        this.sawLater = true;
        this.isClosed = true;
        return false;
      }
    }
    const size = sizes.record(cursor);
    if (this.#payload + size > MAX_PAYLOAD_BYTES) {
      this.isClosed = true;
      if (this.count > 0) return false;
      this.isTooLarge = true;
    }
    this.#payload += size;
    if (this.count === 0) this.firstArrival = cursor.arrivalTime;
    this.count++;
    this.#offsets.push(offset);
    this.#copy(cursor.bytes, cursor.frameStart, cursor.frameEnd);
    return true;
  }

  #copy(bytes: Buffer, start: number, end: number): void {
    const needed = this.#used + end - start;
    if (needed > this.#memory.length) {
      const larger = Buffer.allocUnsafeSlow(needed * 2);
      this.#memory.copy(larger, 0, 0, this.#used);
      this.#memory = larger;
    }
    this.#used += bytes.copy(this.#memory, this.#used, start, end);
  }
}
