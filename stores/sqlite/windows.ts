/**
 * Windows in SQLite. A window's figures are JSON texts: they are read and written together, and only ever by series and
 * time.
 *
 * `change` numbers every write of a window row, from one counter that the writing transaction holds: a reader that has
 * seen change n has seen every write before it.
 */
import { setImmediate as others } from 'node:timers/promises';
import type { AggregationStore, Changed, WindowKey, WindowRow } from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { measuredOf, type StoredFigures, statesText } from '../measured.js';
import { original, stored } from '../text.js';
import { type Sqlite, transact } from './database.js';
import { asText, listParameter } from './rows.js';

const COLUMNS = `definition, key, start, size, until, partition, ${asText('offset')}, closed, revision, events, metrics,
  states`;
const WINDOW = `SELECT ${COLUMNS} FROM windows`;
const KEY = ['definition', 'key', 'start', 'size', 'partition'];
const VALUES = ['until', 'offset', 'closed', 'revision', 'events', 'change', 'metrics', 'states'];
/** So many open windows are read at a time (a few ms); others of the environment have their turn in between. */
const OPEN_AT_ONCE = 1_000;

interface StoredWindow extends StoredFigures {
  readonly definition: string;
  readonly key: string;
  readonly start: number;
  readonly size: number;
  readonly until: number;
  readonly partition: number;
  readonly offset: string;
  readonly closed: number;
  readonly revision: number;
}

type StoredChange<Row> = Row & { readonly change: string };

/** What of the store is about windows; `write` is part of a commit's transaction. */
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
> & { write(windows: readonly WindowRow[], removed: readonly WindowKey[]): void };

export function windowsIn(database: Sqlite, path: string): Windows {
  const sql = {
    put: database.prepare(
      `INSERT INTO windows (${[...KEY, ...VALUES].join(', ')}) VALUES (${[...KEY, ...VALUES].map(() => '?').join(', ')})
       ON CONFLICT (${KEY.join(', ')}) DO UPDATE SET ${VALUES.map((name) => `${name} = excluded.${name}`).join(', ')}`,
    ),
    remove: database.prepare(`DELETE FROM windows WHERE ${KEY.map((name) => `${name} = ?`).join(' AND ')}`),
    lastChange: database.prepare('SELECT CAST(last AS TEXT) FROM changes').raw(),
    putChange: database.prepare('UPDATE changes SET last = ?'),
    open: database.prepare(
      `${WINDOW} WHERE closed = 0 AND partition = ? AND (definition, key, start, size) > (?, ?, ?, ?)
         AND NOT (size = 0 AND start = 0 AND definition IN (SELECT value FROM json_each(?)))
       ORDER BY definition, key, start, size LIMIT ?`,
    ),
    windows: database.prepare(
      `${WINDOW} WHERE definition = ? AND key = ? AND start >= ? AND start < ? AND (start, size, partition) > (?, ?, ?)
       ORDER BY start, size, partition LIMIT ?`,
    ),
    // One look into the index per key, however many windows each has.
    keys: database
      .prepare(
        `WITH RECURSIVE found (key) AS (
           SELECT min(key) FROM windows WHERE definition = ?1 AND (?2 IS NULL OR key > ?2)
           UNION ALL
           SELECT (SELECT min(key) FROM windows WHERE definition = ?1 AND key > found.key) FROM found
           WHERE found.key IS NOT NULL LIMIT ?3
         ) SELECT key FROM found WHERE key IS NOT NULL`,
      )
      .raw(),
    recent: database.prepare(`${WINDOW} ORDER BY change DESC LIMIT ?`),
    since: database.prepare(
      `SELECT ${COLUMNS}, ${asText('change')} FROM windows WHERE windows.change > ? ORDER BY windows.change LIMIT ?`,
    ),
    changed: database.prepare(
      `SELECT ${asText('change')}, definition, key, start FROM windows WHERE windows.change > ?
       ORDER BY windows.change LIMIT ?`,
    ),
    trim: database.prepare(
      'DELETE FROM windows WHERE definition = ? AND key = ? AND closed = 1 AND until <= ?',
    ),
  };
  const lastChange = () => BigInt((sql.lastChange.all()[0] as [string])[0]);

  return {
    write(windows, removed) {
      for (const { definition, key, start, size, partition } of removed) {
        sql.remove.run(stored(definition), stored(key), start, size, partition);
      }
      if (windows.length === 0) return;
      let change = lastChange();
      for (const row of windows) {
        sql.put.run(
          stored(row.definition),
          stored(row.key),
          row.start,
          row.size,
          row.partition,
          row.end,
          row.offset,
          row.closed ? 1 : 0,
          row.revision,
          row.events,
          ++change,
          JSON.stringify(row.metrics),
          statesText(row),
        );
      }
      sql.putChange.run(change);
    },
    async openWindows(partition, lasting = []) {
      const windows: WindowRow[] = [];
      const names = listParameter(lasting.map(stored));
      let after: readonly (string | number)[] = ['', '', 0, 0];
      for (;;) {
        const rows = sql.open.all(partition, ...after, names, OPEN_AT_ONCE) as StoredWindow[];
        for (const row of rows) windows.push(windowOf(row));
        const last = rows.at(-1);
        if (last === undefined || rows.length < OPEN_AT_ONCE) return windows;
        after = [last.definition, last.key, last.start, last.size];
        await others();
      }
    },
    async windows({ definition, key }, { from, to }, { limit, cursor }) {
      const after = cursor === null ? [from, -1, -1] : decodeCursor(cursor, ['number', 'number', 'number']);
      const series = [stored(definition), stored(key)];
      const rows = sql.windows.all(...series, from, to, ...after, limit + 1) as StoredWindow[];
      return pageOf(rows.map(windowOf), limit, (row) => [row.start, row.size, row.partition]);
    },
    async keys(definition, { limit, cursor }) {
      const after = cursor === null ? null : stored(decodeCursor(cursor, ['string'])[0] as string);
      const rows = sql.keys.all(stored(definition), after, limit + 1) as [string][];
      return pageOf(
        rows.map(([key]) => original(key)),
        limit,
        (key) => [key],
      );
    },
    recentWindows: async (limit) => (sql.recent.all(limit) as StoredWindow[]).map(windowOf),
    windowsSince: async (change, limit) =>
      (sql.since.all(change, limit) as StoredChange<StoredWindow>[]).map((row) => ({
        ...windowOf(row),
        change: BigInt(row.change),
      })),
    changedSince: async (change, limit) =>
      (sql.changed.all(change, limit) as StoredChange<Omit<Changed, 'change'>>[]).map((row) => ({
        change: BigInt(row.change),
        definition: original(row.definition),
        key: original(row.key),
        start: row.start,
      })),
    lastChange: async () => lastChange(),
    trimWindows: async ({ definition, key }, time) =>
      transact(database, path, () => sql.trim.run(stored(definition), stored(key), time).changes),
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
    closed: row.closed === 1,
    revision: row.revision,
    ...measuredOf(row),
  };
}
