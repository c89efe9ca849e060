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

export function numbers<T>(rows: readonly T[], of: (row: T) => number): number[] {
  return rows.map((row) => numeric(of(row)));
}

export function offsets<T>(rows: readonly T[], of: (row: T) => bigint): string[] {
  return rows.map((row) => of(row).toString());
}

export function texts<T>(rows: readonly T[], of: (row: T) => string): string[] {
  return rows.map((row) => stored(of(row)));
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
