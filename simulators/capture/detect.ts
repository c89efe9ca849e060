/** Which kind of recording a file is, by its first line. */
import { MillraceError } from '../../common/errors.js';
import type { RecordingFormat } from '../recording.js';
import { CAPTURE_FORMAT } from './format.js';
import { readLines } from './input.js';
import { parseEntry } from './parse.js';

/** Longer than any header of a capture; the first line of JSON events may well be longer. */
const MAX_HEADER_BYTES = 1 << 20;
const HEADER = new RegExp(`^\\s*\\{[^{}]*"format"\\s*:\\s*"${CAPTURE_FORMAT}"`);

/** Throws `REPLAY_FILE`; `CAPTURE_FORMAT` for a capture with a header that cannot be read. */
export async function formatOf(file: string): Promise<RecordingFormat> {
  for await (const { text } of readLines(file, MAX_HEADER_BYTES)) {
    if (text === null) return 'events';
    if (text.trim() === '') continue;
    if (!text.trimStart().startsWith('{')) return 'csv';
    if (!HEADER.test(text)) return 'events';
    const entry = parseEntry(text);
    if (typeof entry === 'string') {
      throw new MillraceError(`${file} is a capture that cannot be read: ${entry}`, {
        code: 'CAPTURE_FORMAT',
      });
    }
    return 'capture';
  }
  return 'csv';
}
