/** Small helpers that the SQLite stores share. */
import type { Page, PageRequest } from '../validation.js';

/** A list as one parameter: `… IN (SELECT value FROM json_each(?))`. */
export function listParameter(values: readonly string[]): string {
  return JSON.stringify(values);
}

/**
 * Offsets and change numbers are read as text: a JavaScript number would be rounded beyond 2^53, and libsql's
 * `safeIntegers` would turn every other integer of the row into a bigint too.
 */
export function asText(column: string): string {
  return `CAST(${column} AS TEXT) AS ${column.replace(/^.*\./, '').replaceAll('"', '')}`;
}

/** Makes a page of what was asked for with one row too many. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  { limit }: PageRequest,
  itemOf: (row: Row) => T,
  cursorOf: (row: Row) => string,
): Page<T> {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return { items: items.map(itemOf), next: last === undefined ? null : cursorOf(last) };
}
