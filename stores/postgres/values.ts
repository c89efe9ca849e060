/** JavaScript's values as parameters, and lists of rows as columns: one array per column, for `unnest`. */
import { MillraceError } from '../../common/errors.js';
import { stored } from '../text.js';

/**
 * Times are `double precision`, which holds every number that JavaScript has. As in SQLite, NaN is refused and -0 is 0.
 * Throws `STORE_VALUE`.
 */
export function numeric(value: number): number {
  if (Number.isNaN(value)) throw new MillraceError('NaN cannot be stored', { code: 'STORE_VALUE' });
  return value + 0;
}

// A column is the text of an array: the client would write the same, value by value, in three times the time.

export function numbers<T>(rows: readonly T[], of: (row: T) => number): string {
  return `{${rows.map((row) => numeric(of(row))).join()}}`;
}

export function nullableNumbers<T>(rows: readonly T[], of: (row: T) => number | null): string {
  const values = rows.map(of);
  return `{${values.map((value) => (value === null ? 'NULL' : numeric(value))).join()}}`;
}

export function offsets<T>(rows: readonly T[], of: (row: T) => bigint): string {
  return `{${rows.map(of).join()}}`;
}

export function texts<T>(rows: readonly T[], of: (row: T) => string): string {
  return `{${rows.map((row) => quoted(stored(of(row)))).join()}}`;
}

export function booleans<T>(rows: readonly T[], of: (row: T) => boolean): string {
  return `{${rows.map(of).join()}}`;
}

function quoted(text: string): string {
  return `"${/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text}"`;
}

/** No stored text has it: U+0001 is followed by itself or by U+0002 there. */
const END = '\u0001\u0003';

/**
 * Texts as one parameter, for `split`: JSON as the elements of an array parameter would have each of its quotes escaped
 * and unescaped again, which takes longer than everything else.
 */
export function documents<T>(rows: readonly T[], of: (row: T) => string): string {
  return rows.map((row) => stored(of(row)) + END).join('');
}

/** Like `documents`, null as no text at all: for `split` and then `nullIfEmpty`. Nothing where all are null. */
export function nullableDocuments<T>(rows: readonly T[], of: (row: T) => string | null): string {
  return rows.some((row) => of(row) !== null) ? documents(rows, (row) => of(row) ?? '') : '';
}

/** @param text an expression: an element of what `nullableDocuments` gave; null when the array was shorter */
export function nullIfEmpty(text: string): string {
  return `nullif(${text}, '')`;
}

/** The array again. @param count an expression: how many there are */
export function split(parameter: string, count: string): string {
  return `(string_to_array(${parameter}, E'\\x01\\x03'))[1:${count}]`;
}

export function nullableTexts<T>(rows: readonly T[], of: (row: T) => string | null): (string | null)[] {
  return rows.map((row) => {
    const text = of(row);
    return text === null ? null : stored(text);
  });
}

/**
 * The rows that are left when each is written over the one before it with the same key: a statement may write a row
 * only once.
 * @param isLater whether `row` takes the place of `before`
 */
export function onePerKey<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  isLater: (row: T, before: T) => boolean = () => true,
): readonly T[] {
  const byKey = new Map<string, T>();
  for (const row of rows) {
    const key = keyOf(row);
    const before = byKey.get(key);
    if (before !== undefined && !isLater(row, before)) continue;
    // Its place is that of the last write.
    byKey.delete(key);
    byKey.set(key, row);
  }
  return byKey.size === rows.length ? rows : [...byKey.values()];
}
