/**
 * Windows in PostgreSQL. A window's figures are JSON texts: they are read and written together, and only ever by series
 * and time.
 */
import type { AggregationStore, WindowRow } from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { measuredOf, type StoredFigures } from '../measured.js';
import { original, stored } from '../text.js';
import { changes } from './changes.js';
import type { Tables } from './database.js';

const COLUMNS = `definition, key, start, size, until, partition, "offset", closed, revision, events::float8, metrics,
  states`;
const WINDOW = `SELECT ${COLUMNS} FROM windows`;
/**
 * So many open windows are read by one statement, so that neither they nor making rows of them takes long. (Until the
 * server has its first statistics of the table, it sorts all that are left for each: 2 s for 100,000 instead of 0.9.)
 */
const OPEN_AT_ONCE = 2_000;

interface StoredWindow extends StoredFigures {
  readonly definition: string;
  readonly key: string;
  readonly start: number;
  readonly size: number;
  readonly until: number;
  readonly partition: number;
  readonly offset: string;
  readonly closed: boolean;
  readonly revision: number;
}

/** What of the store is about windows, commits apart. */
export type Windows = Pick<
  AggregationStore,
  | 'openWindows'
  | 'windows'
  | 'keys'
  | 'recentWindows'
  | 'windowsSince'
  | 'changedSince'
  | 'lastChange'
  | 'trimWindows'
>;

export function windowsIn(tables: Tables): Windows {
  const feed = changes(tables, 'aggregation_changes');
  return {
    async openWindows(partition, lasting = []) {
      const windows: WindowRow[] = [];
      let after: readonly (string | number)[] = ['', '', 0, 0];
      for (;;) {
        const rows = await tables.all<StoredWindow>(
          `${WINDOW} WHERE NOT closed AND partition = $1 AND (definition, key, start, size) > ($2, $3, $4, $5)
             AND NOT (size = 0 AND start = 0 AND definition = ANY($6))
           ORDER BY definition, key, start, size LIMIT $7`,
          [partition, ...after, lasting.map(stored), OPEN_AT_ONCE],
        );
        for (const row of rows) windows.push(windowOf(row));
        const last = rows.at(-1);
        if (last === undefined || rows.length < OPEN_AT_ONCE) return windows;
        after = [last.definition, last.key, last.start, last.size];
      }
    },
    async windows({ definition, key }, { from, to }, { limit, cursor }) {
      const after = cursor === null ? [from, -1, -1] : decodeCursor(cursor, ['number', 'number', 'number']);
      const rows = await tables.all<StoredWindow>(
        `${WINDOW} WHERE definition = $1 AND key = $2 AND start >= $3 AND start < $4
           AND (start, size, partition) > ($5, $6, $7)
         ORDER BY start, size, partition LIMIT $8`,
        [stored(definition), stored(key), from, to, ...after, limit + 1],
      );
      return pageOf(rows.map(windowOf), limit, (row) => [row.start, row.size, row.partition]);
    },
    async keys(definition, { limit, cursor }) {
      const after = cursor === null ? null : stored(decodeCursor(cursor, ['string'])[0] as string);
      // One look into the index per key, however many windows each has.
      const rows = await tables.all<{ key: string }>(
        `WITH RECURSIVE found (key) AS (
           (SELECT key FROM windows WHERE definition = $1 AND ($2::text IS NULL OR key > $2) ORDER BY key LIMIT 1)
           UNION ALL
           SELECT (SELECT key FROM windows WHERE definition = $1 AND key > found.key ORDER BY key LIMIT 1)
           FROM found WHERE found.key IS NOT NULL
         ) SELECT key FROM found WHERE key IS NOT NULL LIMIT $3`,
        [stored(definition), after, limit + 1],
      );
      return pageOf(
        rows.map(({ key }) => original(key)),
        limit,
        (key) => [key],
      );
    },
    recentWindows: async (limit) =>
      (await tables.all<StoredWindow>(`${WINDOW} ORDER BY change DESC LIMIT $1`, [limit])).map(windowOf),
    windowsSince: async (change, limit) => {
      const rows = await tables.all<StoredWindow & { change: string }>(
        `SELECT ${COLUMNS}, change FROM windows WHERE change > $1 AND change <= $2 ORDER BY change LIMIT $3`,
        [change, await feed.settled(), limit],
      );
      return rows.map((row) => ({ ...windowOf(row), change: BigInt(row.change) }));
    },
    changedSince: async (change, limit) => {
      const rows = await tables.all<{ change: string; definition: string; key: string; start: number }>(
        `SELECT change, definition, key, start FROM windows WHERE change > $1 AND change <= $2
         ORDER BY change LIMIT $3`,
        [change, await feed.settled(), limit],
      );
      return rows.map((row) => ({
        change: BigInt(row.change),
        definition: original(row.definition),
        key: original(row.key),
        start: row.start,
      }));
    },
    lastChange: () => feed.settled(),
    trimWindows: ({ definition, key }, time) =>
      tables.run('DELETE FROM windows WHERE definition = $1 AND key = $2 AND closed AND until <= $3', [
        stored(definition),
        stored(key),
        time,
      ]),
  };
}

function windowOf(row: StoredWindow): WindowRow {
  return {
    definition: original(row.definition),
    key: original(row.key),
    start: row.start,
    size: row.size,
    end: row.until,
    partition: row.partition,
    offset: BigInt(row.offset),
    closed: row.closed,
    revision: row.revision,
    ...measuredOf(row),
  };
}
