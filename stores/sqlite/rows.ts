/** Small helpers that the SQLite stores share. */

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
