/** Rollups and their change feeds in SQLite. */
import type { MetricFigures } from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Period, RollupRow, RollupStore } from '../rollups.js';
import { openSqlite, transact } from './database.js';
import { asText } from './rows.js';

const MIGRATIONS = [
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
];

interface Row {
  readonly device_id: string;
  readonly period: Period;
  readonly start: number;
  readonly events: number;
  readonly metrics: string;
}

export function openRollupStore(path: string): RollupStore {
  const database = openSqlite(path, MIGRATIONS);
  const readPeriod = database.prepare(
    `SELECT ${asText('cursor')}, ${asText('change')}, n FROM periods WHERE period = ?`,
  );
  const writePeriod = database.prepare('UPDATE periods SET cursor = ?, change = ? WHERE period = ?');
  const put = database.prepare(
    `INSERT INTO rollups (device_id, period, start, events, metrics, change) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (device_id, period, start) DO UPDATE SET events = excluded.events, metrics = excluded.metrics,
       change = excluded.change`,
  );
  const range = database.prepare(
    `SELECT device_id, period, start, events, metrics FROM rollups
     WHERE device_id = ? AND period = ? AND start >= ? AND start < ? ORDER BY start LIMIT ?`,
  );
  const changed = database.prepare(
    `SELECT ${asText('change')}, device_id, start FROM rollups WHERE period = ? AND rollups.change > ?
     ORDER BY rollups.change LIMIT ?`,
  );
  const remove = database.prepare('DELETE FROM rollups WHERE device_id = ? AND period = ? AND start < ?');
  const stateOf = (period: Period) =>
    (readPeriod.all(period) as { cursor: string; change: string; n: number }[])[0]!;

  return {
    async cursor(period) {
      return BigInt(stateOf(period).cursor);
    },
    async commit(period, rows, cursor) {
      transact(database, path, () => {
        let change = BigInt(stateOf(period).change);
        for (const { deviceId, start, events, metrics } of rows) {
          put.run(deviceId, period, start, events, JSON.stringify(metrics), ++change);
        }
        writePeriod.run(cursor, change, period);
      });
    },
    async rollups(deviceId, period, { from, to }, page) {
      const first =
        page.cursor === null
          ? from
          : Math.max(from, (decodeCursor(page.cursor, ['number'])[0] as number) + 1);
      const rows = range.all(deviceId, period, first, to, page.limit + 1) as Row[];
      return pageOf(rows.map(rollupOf), page.limit, (row) => [row.start]);
    },
    async changedSince(period, change, limit) {
      const rows = changed.all(period, change, limit) as {
        change: string;
        device_id: string;
        start: number;
      }[];
      return rows.map((row) => ({ change: BigInt(row.change), deviceId: row.device_id, start: row.start }));
    },
    async rowCount(period) {
      return stateOf(period).n;
    },
    async trim(deviceId, period, time) {
      return transact(database, path, () => remove.run(deviceId, period, time).changes);
    },
    async close() {
      database.close();
    },
  };
}

function rollupOf(row: Row): RollupRow {
  return {
    deviceId: row.device_id,
    period: row.period,
    start: row.start,
    events: row.events,
    metrics: JSON.parse(row.metrics) as Record<string, MetricFigures>,
  };
}
