/**
 * Paging cursors: the last row's key, as text that nobody should read anything into.
 */
import { MillraceError } from '../common/errors.js';
import type { Page } from './validation.js';

/** Kind of each part of a key. Offsets are `offset`: decimal strings, exact beyond 2^53. */
export type KeyPart = 'number' | 'string' | 'offset';

export function encodeCursor(key: readonly (number | string | bigint)[]): string {
  const parts = key.map((part) => (typeof part === 'bigint' ? part.toString() : part));
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** The key in a cursor, its parts of these kinds. Throws `CURSOR_INVALID`. */
export function decodeCursor(cursor: string, kinds: readonly KeyPart[]): (number | string | bigint)[] {
  const parts = parse(cursor);
  if (!Array.isArray(parts) || parts.length !== kinds.length) throw invalid(cursor);
  return kinds.map((kind, index) => {
    const part: unknown = parts[index];
    if (kind === 'offset') {
      if (typeof part !== 'string' || !/^-?\d{1,60}$/.test(part)) throw invalid(cursor);
      return BigInt(part);
    }
    if (typeof part !== kind) throw invalid(cursor);
    return part as number | string;
  });
}

/**
 * A page from rows that were read one beyond the limit: the one too many tells that there is a next page.
 */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  keyOf: (row: T) => readonly (number | string | bigint)[],
): Page<T> {
  if (rows.length <= limit) return { items: rows, next: null };
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last === undefined ? null : encodeCursor(keyOf(last)) };
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch (error) {
    throw invalid(cursor, error);
  }
}

function invalid(cursor: string, cause?: unknown): MillraceError {
  return new MillraceError(`not a cursor of this list: ${JSON.stringify(cursor.slice(0, 80))}`, {
    code: 'CURSOR_INVALID',
    hint: 'Pass the `next` of the page before, unchanged, or no cursor for the first page.',
    ...(cause === undefined ? {} : { cause }),
  });
}
