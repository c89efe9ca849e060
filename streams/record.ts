/**
 * A record is an event as stored. Records travel as *frames*: the bytes a gateway packs are the bytes the log
 * stores, an environment receives and a function decodes. Nobody builds an object per record on that way.
 *
 * Frame (little endian):
 *
 *     u32  length of what follows
 *     f64  arrivalTime, epoch ms
 *     u8   kind (RecordKind)
 *     u8   flags (bit 0: headers present)
 *     u16  key length      | key, UTF-8
 *     u16  headers length  | headers, JSON object of strings   (only with flag bit 0)
 *     ...  value
 */

/** What a record stands for. It decides which column of the books the record is counted in. */
export const RecordKind = {
  /** An event whose publisher was, or was about to be, told that it is durable (QoS 1, QoS 2, HTTP). */
  acknowledged: 0,
  /** An event nobody was promised anything about (QoS 0). */
  received: 1,
  /** The time, as a record: `arrivalTime` is the tick's time, key and value are empty. */
  tick: 2,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];
export const RECORD_KINDS = 3;

/** A record to append. Its bytes are copied before `append` returns. */
export interface NewRecord {
  readonly kind: RecordKind;
  /** Epoch ms, stamped by whoever lets the event in; it never goes back within a stream. */
  readonly arrivalTime: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A record, decoded. For tests and whatever is off the hot path; functions walk a `BatchCursor`. */
export interface StreamRecord extends NewRecord {
  readonly partition: number;
  readonly offset: bigint;
}

const FIXED = 12;
const LENGTH = 4;
const HAS_HEADERS = 1;
export const MAX_KEY_BYTES = 0xffff;

/** Room that must be left in a chunk for another block to begin in it. */
const WORTH_BEGINNING = 1024;

/**
 * Packs frames into blocks; each `take` ends one. Blocks share chunks of memory: an allocation per block would make
 * the garbage collector the largest consumer of a stream with many small commits.
 */
export class FrameWriter {
  #chunk: Buffer = Buffer.alloc(0);
  /** The block under way is `#chunk[#start, #end)`, its first `#reserved` bytes left for a header. */
  #start = 0;
  #end = 0;
  #count = 0;
  readonly #chunkBytes: number;
  readonly #reserved: number;

  /** @param reserved bytes left free in front of each block, for the header of whoever stores the frames */
  constructor(chunkBytes = 16 * 1024, reserved = 0) {
    this.#chunkBytes = chunkBytes;
    this.#reserved = reserved;
  }

  get count(): number {
    return this.#count;
  }

  /** Bytes of frames written since the last `take`, without the reserved ones. */
  get byteLength(): number {
    return this.#count === 0 ? 0 : this.#end - this.#start - this.#reserved;
  }

  write(record: NewRecord): void {
    const headers = record.headers === undefined ? undefined : JSON.stringify(record.headers);
    const headerBytes = headers === undefined ? 0 : Buffer.byteLength(headers);
    // A UTF-16 unit takes at most three bytes of UTF-8: enough room to write first and measure after.
    const room = LENGTH + FIXED + record.key.length * 3 + 2 + headerBytes + record.value.byteLength;
    if (this.#count === 0) this.#begin(room);
    else if (this.#end + room > this.#chunk.length) this.#move(room);
    const buffer = this.#chunk;
    const start = this.#end;
    let at = start + LENGTH;
    at = buffer.writeDoubleLE(record.arrivalTime, at);
    buffer[at++] = record.kind;
    buffer[at++] = headers === undefined ? 0 : HAS_HEADERS;
    const keyBytes = buffer.write(record.key, at + 2, 'utf8');
    buffer.writeUInt16LE(keyBytes, at);
    at += 2 + keyBytes;
    if (headers !== undefined) {
      buffer.writeUInt16LE(headerBytes, at);
      buffer.write(headers, at + 2, 'utf8');
      at += 2 + headerBytes;
    }
    buffer.set(record.value, at);
    at += record.value.byteLength;
    buffer.writeUInt32LE(at - start - LENGTH, start);
    this.#end = at;
    this.#count++;
  }

  /** The block written so far (reserved bytes in front), and a fresh start. */
  take(): Buffer {
    if (this.#count === 0) this.#begin(0);
    const taken = this.#chunk.subarray(this.#start, this.#end);
    this.#count = 0;
    return taken;
  }

  /** Starts a block behind the last one, or in a new chunk when there is not enough room. */
  #begin(room: number): void {
    const needed = this.#reserved + Math.max(room, WORTH_BEGINNING);
    if (this.#end + needed > this.#chunk.length) {
      this.#chunk = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, needed));
      this.#end = 0;
    }
    this.#start = this.#end;
    this.#end += this.#reserved;
  }

  /** Takes the block under way to a chunk where it can go on. */
  #move(room: number): void {
    const length = this.#end - this.#start;
    const chunk = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, (length + room) * 2));
    this.#chunk.copy(chunk, 0, this.#start, this.#end);
    this.#chunk = chunk;
    this.#start = 0;
    this.#end = length;
  }
}

/** Walks frames in place. Fields are valid until the next call of `next`. */
export class FrameCursor {
  arrivalTime = 0;
  kind: RecordKind = RecordKind.acknowledged;
  /** Byte ranges of the key and the value within `bytes`; headers, if any, lie between the two. */
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** Where the current frame begins, and where the next one does. */
  frameStart = 0;
  frameEnd: number;
  readonly bytes: Buffer;
  #headersStart = 0;
  readonly #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.frameEnd = start;
    this.#end = end;
  }

  next(): boolean {
    const bytes = this.bytes;
    const start = this.frameEnd;
    if (start >= this.#end) return false;
    this.frameStart = start;
    this.frameEnd = start + LENGTH + bytes.readUInt32LE(start);
    this.arrivalTime = bytes.readDoubleLE(start + 4);
    this.kind = bytes[start + 12] as RecordKind;
    const flags = bytes[start + 13]!;
    this.keyStart = start + 16;
    this.keyEnd = this.keyStart + bytes.readUInt16LE(start + 14);
    if (flags & HAS_HEADERS) {
      this.#headersStart = this.keyEnd + 2;
      this.valueStart = this.#headersStart + bytes.readUInt16LE(this.keyEnd);
    } else {
      this.#headersStart = 0;
      this.valueStart = this.keyEnd;
    }
    this.valueEnd = this.frameEnd;
    return true;
  }

  key(): string {
    return this.bytes.toString('utf8', this.keyStart, this.keyEnd);
  }

  headers(): Record<string, string> | undefined {
    if (this.#headersStart === 0) return undefined;
    return JSON.parse(this.bytes.toString('utf8', this.#headersStart, this.valueStart)) as Record<
      string,
      string
    >;
  }

  /** The value as a view on `bytes`, not a copy. */
  value(): Buffer {
    return this.bytes.subarray(this.valueStart, this.valueEnd);
  }
}
