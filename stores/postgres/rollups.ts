/** Rollups and their change feeds in PostgreSQL. One row per period is written by every commit, so they take turns. */
import type { MetricFigures } from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { PERIODS, type RollupRow, type RollupStore } from '../rollups.js';
import { original, stored } from '../text.js';
import type { Postgres } from './database.js';
import { documents, numbers, onePerKey, split, texts } from './values.js';

const MIGRATIONS = [
  `CREATE TABLE rollups (
     device_id text COLLATE "C" NOT NULL,
     period text NOT NULL,
     start double precision NOT NULL,
     events bigint NOT NULL,
     metrics text NOT NULL,
     change bigint NOT NULL,
     PRIMARY KEY (device_id, period, start)
   );
   CREATE UNIQUE INDEX rollups_changed ON rollups (period, change);
   CREATE TABLE rollup_periods (period text PRIMARY KEY, cursor bigint NOT NULL, change bigint NOT NULL);
   INSERT INTO rollup_periods VALUES ${PERIODS.map((period) => `('${period}', 0, 0)`).join(', ')};
   CREATE TABLE rollup_counts (period text PRIMARY KEY, n bigint NOT NULL);
   INSERT INTO rollup_counts VALUES ${PERIODS.map((period) => `('${period}', 0)`).join(', ')};
   CREATE FUNCTION rollups_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     UPDATE rollup_counts c SET n = c.n + CASE TG_OP WHEN 'INSERT' THEN g.n ELSE -g.n END
     FROM (SELECT period, count(*) AS n FROM affected GROUP BY period) g WHERE c.period = g.period;
     RETURN NULL;
   END $$;
   CREATE TRIGGER rollups_inserted AFTER INSERT ON rollups REFERENCING NEW TABLE AS affected
     FOR EACH STATEMENT EXECUTE FUNCTION rollups_counted();
   CREATE TRIGGER rollups_deleted AFTER DELETE ON rollups REFERENCING OLD TABLE AS affected
     FOR EACH STATEMENT EXECUTE FUNCTION rollups_counted();`,
];

const COMMIT = `
  WITH turn AS (
    UPDATE rollup_periods SET cursor = $2, change = change + cardinality($3::text[]) WHERE period = $1
    RETURNING change - cardinality($3::text[]) AS before
  )
  INSERT INTO rollups
  SELECT given.device_id, $1, given.start, given.events, given.metrics, turn.before + given.n
  FROM turn, unnest($3::text[], $4::float8[], $5::bigint[], ${split('$6', 'cardinality($3)')})
    WITH ORDINALITY AS given (device_id, start, events, metrics, n)
  ON CONFLICT (device_id, period, start) DO UPDATE SET events = excluded.events, metrics = excluded.metrics,
    change = excluded.change`;

type Stored = Omit<RollupRow, 'metrics'> & { metrics: string };

export function openRollupStore(database: Postgres): RollupStore {
  const tables = database.tables('rollups', MIGRATIONS);
  return {
    async cursor(period) {
      const sql = 'SELECT cursor FROM rollup_periods WHERE period = $1';
      return BigInt((await tables.all<{ cursor: string }>(sql, [period]))[0]?.cursor ?? 0);
    },
    async commit(period, rows, cursor) {
      const given = onePerKey(rows, ({ deviceId, start }) => `${start} ${deviceId}`);
      await tables.run(COMMIT, [
        period,
        cursor,
        texts(given, (row) => row.deviceId),
        numbers(given, (row) => row.start),
        numbers(given, (row) => row.events),
        documents(given, (row) => JSON.stringify(row.metrics)),
      ]);
    },
    async rollups(deviceId, period, { from, to }, { limit, cursor }) {
      const after = cursor === null ? null : (decodeCursor(cursor, ['number'])[0] as number);
      const rows = await tables.all<Stored>(
        `SELECT device_id AS "deviceId", period, start, events::float8, metrics FROM rollups
         WHERE device_id = $1 AND period = $2 AND start >= $3 AND start < $4 AND ($5::float8 IS NULL OR start > $5)
         ORDER BY start LIMIT $6`,
        [stored(deviceId), period, from, to, after, limit + 1],
      );
      return pageOf(rows.map(rollupOf), limit, (row) => [row.start]);
    },
    async changedSince(period, change, limit) {
      const rows = await tables.all<{ change: string; deviceId: string; start: number }>(
        `SELECT change, device_id AS "deviceId", start FROM rollups WHERE period = $1 AND change > $2
         ORDER BY change LIMIT $3`,
        [period, change, limit],
      );
      return rows.map((row) => ({
        change: BigInt(row.change),
        deviceId: original(row.deviceId),
        start: row.start,
      }));
    },
    async rowCount(period) {
      const sql = 'SELECT n::float8 FROM rollup_counts WHERE period = $1';
      return (await tables.all<{ n: number }>(sql, [period]))[0]?.n ?? 0;
    },
    trim: (deviceId, period, time) =>
      tables.run('DELETE FROM rollups WHERE device_id = $1 AND period = $2 AND start < $3', [
        stored(deviceId),
        period,
        time,
      ]),
    close: async () => undefined,
  };
}

function rollupOf(row: Stored): RollupRow {
  return {
    ...row,
    deviceId: original(row.deviceId),
    metrics: JSON.parse(original(row.metrics)) as Record<string, MetricFigures>,
  };
}
