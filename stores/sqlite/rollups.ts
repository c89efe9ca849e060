/** Rollups and their change feeds in SQLite. */
import { decodeCursor, pageOf } from '../cursor.js';
import { measuredOf, type StoredFigures, statesText } from '../measured.js';
import type { Period, RollupRow, RollupStore } from '../rollups.js';
import { original, stored } from '../text.js';
import { openSqlite, transact } from './database.js';
import { asText } from './rows.js';

/** The tables of rollup. */
export const MIGRATIONS = [
  `CREATE TABLE rollups (
     device_id TEXT NOT NULL,
     period TEXT NOT NULL,
     start INTEGER NOT NULL,
     events INTEGER NOT NULL,
     metrics TEXT NOT NULL,
     change INTEGER NOT NULL,
     PRIMARY KEY (device_id, period, start)
   ) WITHOUT ROWID;
   CREATE UNIQUE INDEX rollups_changed ON rollups (period, change);

   CREATE TABLE periods (
     period TEXT PRIMARY KEY,
     cursor INTEGER NOT NULL,
     change INTEGER NOT NULL,
     n INTEGER NOT NULL
   ) WITHOUT ROWID;
   INSERT INTO periods VALUES ('1m', 0, 0, 0), ('1h', 0, 0, 0), ('1d', 0, 0, 0);
   CREATE TRIGGER rollups_inserted AFTER INSERT ON rollups BEGIN
     UPDATE periods SET n = n + 1 WHERE period = NEW.period;
   END;
   CREATE TRIGGER rollups_deleted AFTER DELETE ON rollups BEGIN
     UPDATE periods SET n = n - 1 WHERE period = OLD.period;
   END;`,

  // Rollups of before are those of the definition `device`; their periods were those of the same length everywhere.
  `INSERT INTO periods VALUES ('day', 0, 0, 0), ('week', 0, 0, 0);
   DROP TRIGGER rollups_inserted;
   DROP TRIGGER rollups_deleted;
   ALTER TABLE rollups RENAME TO rollups_before;
   DROP INDEX rollups_changed;
   CREATE TABLE rollups (
     definition TEXT NOT NULL,
     key TEXT NOT NULL,
     period TEXT NOT NULL,
     start INTEGER NOT NULL,
     until INTEGER NOT NULL,
     events INTEGER NOT NULL,
     metrics TEXT NOT NULL,
     states TEXT,
     change INTEGER NOT NULL,
     PRIMARY KEY (definition, key, period, start)
   );
   INSERT INTO rollups
     SELECT 'device', replace(device_id, char(1), char(1, 2)), period, start,
       start + CASE period WHEN '1m' THEN 60000 WHEN '1h' THEN 3600000 ELSE 86400000 END,
       events, metrics, NULL, change FROM rollups_before;
   DROP TABLE rollups_before;
   CREATE UNIQUE INDEX rollups_changed ON rollups (period, change);
   CREATE TRIGGER rollups_inserted AFTER INSERT ON rollups BEGIN
     UPDATE periods SET n = n + 1 WHERE period = NEW.period;
   END;
   CREATE TRIGGER rollups_deleted AFTER DELETE ON rollups BEGIN
     UPDATE periods SET n = n - 1 WHERE period = OLD.period;
   END;`,
];

interface StoredRollup extends StoredFigures {
  readonly definition: string;
  readonly key: string;
  readonly period: Period;
  readonly start: number;
  readonly until: number;
}

export function openRollupStore(path: string): RollupStore {
  const database = openSqlite(path, MIGRATIONS);
  const readPeriod = database.prepare(
    `SELECT ${asText('cursor')}, ${asText('change')}, n FROM periods WHERE period = ?`,
  );
  const writePeriod = database.prepare('UPDATE periods SET cursor = ?, change = ? WHERE period = ?');
  const put = database.prepare(
    `INSERT INTO rollups (definition, key, period, start, until, events, metrics, states, change)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (definition, key, period, start) DO UPDATE SET until = excluded.until, events = excluded.events,
       metrics = excluded.metrics, states = excluded.states, change = excluded.change`,
  );
  const range = database.prepare(
    `SELECT definition, key, period, start, until, events, metrics, states FROM rollups
     WHERE definition = ? AND key = ? AND period = ? AND start >= ? AND start < ? ORDER BY start LIMIT ?`,
  );
  const changed = database.prepare(
    `SELECT ${asText('change')}, definition, key, start FROM rollups WHERE period = ? AND rollups.change > ?
     ORDER BY rollups.change LIMIT ?`,
  );
  const remove = database.prepare(
    'DELETE FROM rollups WHERE definition = ? AND key = ? AND period = ? AND start < ?',
  );
  const stateOf = (period: Period) =>
    (readPeriod.all(period) as { cursor: string; change: string; n: number }[])[0]!;

  return {
    async cursor(period) {
      return BigInt(stateOf(period).cursor);
    },
    async commit(period, rows, cursor) {
      transact(database, path, () => {
        let change = BigInt(stateOf(period).change);
        for (const row of rows) {
          put.run(
            stored(row.definition),
            stored(row.key),
            period,
            row.start,
            row.end,
            row.events,
            JSON.stringify(row.metrics),
            statesText(row),
            ++change,
          );
        }
        writePeriod.run(cursor, change, period);
      });
    },
    async rollups({ definition, key }, period, { from, to }, page) {
      const first =
        page.cursor === null
          ? from
          : Math.max(from, (decodeCursor(page.cursor, ['number'])[0] as number) + 1);
      const series = [stored(definition), stored(key)];
      const rows = range.all(...series, period, first, to, page.limit + 1) as StoredRollup[];
      return pageOf(rows.map(rollupOf), page.limit, (row) => [row.start]);
    },
    async changedSince(period, change, limit) {
      const rows = changed.all(period, change, limit) as {
        change: string;
        definition: string;
        key: string;
        start: number;
      }[];
      return rows.map((row) => ({
        change: BigInt(row.change),
        definition: original(row.definition),
        key: original(row.key),
        start: row.start,
      }));
    },
    async rowCount(period) {
      return stateOf(period).n;
    },
    async trim({ definition, key }, period, time) {
      const series = [stored(definition), stored(key)];
      return transact(database, path, () => remove.run(...series, period, time).changes);
    },
    async close() {
      database.close();
    },
  };
}

function rollupOf(row: StoredRollup): RollupRow {
  return {
    definition: original(row.definition),
    key: original(row.key),
    period: row.period,
    start: row.start,
    end: row.until,
    ...measuredOf(row),
  };
}
