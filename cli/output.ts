/**
 * What the command does when nobody reads its output any more (`npm start | head -1`, a closed terminal): it goes on
 * with its work in silence. By default Node ends the process with an unhandled 'error' event.
 */
import { codeOf } from '../common/errors.js';

/** Errors of a write to a pipe or terminal whose other end is gone. */
const NOBODY_READS = new Set(['EPIPE', 'EIO', 'ERR_STREAM_DESTROYED']);

/** @throws (as an unhandled 'error') whatever is not the reader's absence, a full disk behind a redirection say */
export function outliveReaders(streams: readonly NodeJS.WritableStream[]): void {
  for (const stream of streams) {
    stream.on('error', (error: unknown) => {
      if (!NOBODY_READS.has(codeOf(error) ?? '')) throw error;
    });
  }
}
