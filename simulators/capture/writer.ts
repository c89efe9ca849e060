/**
 * Writes the lines of a capture so that whatever ends it, the file can be read: whole lines at a time, on disk after
 * `sync`. When there is no room, what was written of the last piece is cut off again and the error says so.
 *
 * A packed file (gzip) is one member per piece, which `gunzip` reads as one: so every piece is complete in itself.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';

export type CaptureFile = Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>;

/** When so much waits to be written, callers should wait for `flush`. */
const MAX_WAITING_BYTES = 1 << 20;
const LINE_FEED = 0x0a;
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const pack = promisify(gzip);

/** A new file, packed when its name ends in `.gz`. Throws `RECORD_EXISTS` unless `force`, `RECORD_FILE`. */
export async function createCapture(file: string, force: boolean): Promise<CaptureWriter> {
  try {
    return new CaptureWriter(file, await open(file, force ? 'w' : 'wx'), file.endsWith('.gz'));
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') {
      throw new MillraceError(`${file} is there already`, {
        code: 'RECORD_EXISTS',
        hint: 'Name another file, or --force to write over it.',
        cause,
      });
    }
    throw new MillraceError(`${file} cannot be written: ${messageOf(cause)}`, { code: 'RECORD_FILE', cause });
  }
}

export class CaptureWriter {
  readonly #name: string;
  readonly #file: CaptureFile;
  readonly #isPacked: boolean;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #size = 0;
  /** The last write: the next one goes after it. */
  #work: Promise<void> = Promise.resolve();

  constructor(name: string, file: CaptureFile, isPacked: boolean) {
    this.#name = name;
    this.#file = file;
    this.#isPacked = isPacked;
  }

  /** Bytes in the file. */
  get size(): number {
    return this.#size;
  }

  get isBehind(): boolean {
    return this.#waitingBytes >= MAX_WAITING_BYTES;
  }

  /** Whether the file stays within so many bytes with this line; of a packed one only what is written is known. */
  fits(line: string, bytes: number): boolean {
    if (this.#isPacked) return this.#size < bytes;
    return this.#size + this.#waitingBytes + Buffer.byteLength(line) <= bytes;
  }

  /** Takes a line, with its line feed, for the next `flush`. */
  add(line: string): void {
    this.#waiting.push(line);
    this.#waitingBytes += Buffer.byteLength(line);
  }

  /** Writes what was added. Throws `RECORD_NO_ROOM`, `RECORD_FILE`; then and ever after. */
  flush(): Promise<void> {
    this.#work = this.#work.then(() => this.#write());
    return this.#work;
  }

  /** Resolves when what was added so far is on disk. Throws as `flush` does. */
  sync(): Promise<void> {
    this.#work = this.#work
      .then(() => this.#write())
      .then(() => this.#file.datasync())
      .catch((cause: unknown) => {
        throw this.#failure(cause);
      });
    return this.#work;
  }

  /** Lets go of the file; call `sync` before. */
  async close(): Promise<void> {
    await this.#work.catch(() => undefined); // Whoever flushed was told.
    await this.#file.close();
  }

  async #write(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const lines = Buffer.from(this.#waiting.join(''), 'utf8');
    this.#waiting = [];
    this.#waitingBytes = 0;
    const piece = this.#isPacked ? await pack(lines) : lines;
    let written = 0;
    try {
      while (written < piece.length) {
        const left = piece.length - written;
        const { bytesWritten } = await this.#file.write(piece, written, left, this.#size + written);
        written += bytesWritten;
      }
    } catch (cause) {
      await this.#cutBack(piece, written);
      throw this.#failure(cause);
    }
    this.#size += piece.length;
  }

  /** Leaves whole lines, or whole members. */
  async #cutBack(piece: Buffer, written: number): Promise<void> {
    const whole = this.#isPacked || written === 0 ? 0 : piece.subarray(0, written).lastIndexOf(LINE_FEED) + 1;
    this.#size += whole;
    try {
      await this.#file.truncate(this.#size);
    } catch {
      // Readers tolerate a torn last line; the error to tell is that of the write.
    }
  }

  #failure(cause: unknown): MillraceError {
    if (cause instanceof MillraceError) return cause;
    const isFull = NO_ROOM.has(codeOf(cause) ?? '');
    return new MillraceError(
      isFull
        ? `there is no room for more in ${this.#name}: it ends after ${this.#size} bytes and can be replayed`
        : `${this.#name} cannot be written: ${messageOf(cause)}`,
      {
        code: isFull ? 'RECORD_NO_ROOM' : 'RECORD_FILE',
        hint: isFull
          ? 'Make room, or bound the recording with --size; a name ending in .gz packs it.'
          : 'What was written before can be replayed.',
        cause,
      },
    );
  }
}
