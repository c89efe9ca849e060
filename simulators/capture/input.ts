/**
 * A file's bytes and lines, unpacked when it is compressed with gzip (told by its content, not by its name).
 *
 * Lines end at line feeds alone: `readline` also ends them at U+2028 and U+2029, which JSON strings may hold as they
 * are. Packed files that break off are read as far as they go.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its line feed; null when it is longer than the limit. */
  readonly text: string | null;
  /** The file ends without a line feed: writing may have broken off here. */
  readonly isLast: boolean;
}

const LINE_FEED = 0x0a;

export function unreadable(file: string, cause: unknown): MillraceError {
  if (cause instanceof MillraceError) return cause;
  const reason = codeOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause);
  return new MillraceError(`${file} cannot be read: ${reason}`, { code: 'REPLAY_FILE', cause });
}

/** Destroying the stream closes the file. Throws `REPLAY_FILE`; errors while reading are the stream's. */
export async function openInput(file: string): Promise<Readable> {
  const isPacked = await startsWithGzip(file);
  const source = createReadStream(file, { highWaterMark: 256 << 10 });
  if (!isPacked) return source;
  // By default a file that breaks off is an error, and the last block is lost with it.
  const unpacked = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH, chunkSize: 256 << 10 });
  source.on('error', (error) => unpacked.destroy(error));
  unpacked.on('close', () => source.destroy());
  return source.pipe(unpacked);
}

async function startsWithGzip(file: string): Promise<boolean> {
  try {
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** @param maxBytes of a line; longer ones are passed over. Throws `REPLAY_FILE`. */
export async function* readLines(file: string, maxBytes: number): AsyncGenerator<Line> {
  const source = await openInput(file);
  let number = 0;
  let parts: Buffer[] = [];
  let length = 0;
  const add = (part: Buffer) => {
    length += part.length;
    if (length <= maxBytes) parts.push(part);
    else parts = [];
  };
  const take = (isLast: boolean): Line => {
    number++;
    const text = length > maxBytes ? null : parts.length === 1 ? `${parts[0]!}` : `${Buffer.concat(parts)}`;
    parts = [];
    length = 0;
    return { number, text: number === 1 && text?.startsWith('\uFEFF') ? text.slice(1) : text, isLast };
  };
  try {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
        add(chunk.subarray(start, end));
        start = end + 1;
        yield take(false);
      }
      if (start < chunk.length) add(chunk.subarray(start));
    }
    if (length > 0) yield take(true);
  } catch (cause) {
    throw unreadable(file, cause);
  } finally {
    source.destroy();
  }
}
