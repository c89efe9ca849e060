/** Rollups and their change feeds in PostgreSQL. One row per period is written by every commit, so they take turns. */
import { decodeCursor, pageOf } from '../cursor.js';
import { measuredOf, type StoredFigures, statesText } from '../measured.js';
import type { RollupRow, RollupStore } from '../rollups.js';
import { original, stored } from '../text.js';
import type { Postgres } from './database.js';
import { documents, nullableDocuments, nullIfEmpty, numbers, onePerKey, split, texts } from './values.js';

/** The tables of rollup. */
export const MIGRATIONS = [
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
   INSERT INTO rollup_periods VALUES ('1m', 0, 0), ('1h', 0, 0), ('1d', 0, 0);
   CREATE TABLE rollup_counts (period text PRIMARY KEY, n bigint NOT NULL);
   INSERT INTO rollup_counts VALUES ('1m', 0), ('1h', 0), ('1d', 0);
   CREATE FUNCTION rollups_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     UPDATE rollup_counts c SET n = c.n + CASE TG_OP WHEN 'INSERT' THEN g.n ELSE -g.n END
     FROM (SELECT period, count(*) AS n FROM affected GROUP BY period) g WHERE c.period = g.period;
     RETURN NULL;
   END $$;
   CREATE TRIGGER rollups_inserted AFTER INSERT ON rollups REFERENCING NEW TABLE AS affected
     FOR EACH STATEMENT EXECUTE FUNCTION rollups_counted();
   CREATE TRIGGER rollups_deleted AFTER DELETE ON rollups REFERENCING OLD TABLE AS affected
     FOR EACH STATEMENT EXECUTE FUNCTION rollups_counted();`,

  // Rollups of before are those of the definition `device`; their periods were those of the same length everywhere.
  `INSERT INTO rollup_periods VALUES ('day', 0, 0), ('week', 0, 0);
   INSERT INTO rollup_counts VALUES ('day', 0), ('week', 0);
   ALTER TABLE rollups DROP CONSTRAINT rollups_pkey;
   ALTER TABLE rollups RENAME COLUMN device_id TO key;
   ALTER TABLE rollups
     ADD COLUMN definition text COLLATE "C" NOT NULL DEFAULT 'device',
     ADD COLUMN until double precision NOT NULL DEFAULT 0,
     ADD COLUMN states text;
   ALTER TABLE rollups
     ALTER COLUMN definition DROP DEFAULT,
     ALTER COLUMN until DROP DEFAULT,
     ALTER COLUMN until TYPE double precision USING
       start + CASE period WHEN '1m' THEN 60000 WHEN '1h' THEN 3600000 ELSE 86400000 END;
   ALTER TABLE rollups ADD PRIMARY KEY (definition, key, period, start);`,
];

const COMMIT = `
  WITH turn AS (
    UPDATE rollup_periods SET cursor = $2, change = change + cardinality($3::text[]) WHERE period = $1
    RETURNING change - cardinality($3::text[]) AS before
  )
  INSERT INTO rollups (definition, key, period, start, until, events, metrics, states, change)
  SELECT given.definition, given.key, $1, given.start, given.until, given.events, given.metrics,
    ${nullIfEmpty('given.states')}, turn.before + given.n
  FROM turn, unnest($3::text[], $4::text[], $5::float8[], $6::float8[], $7::bigint[],
      ${split('$8', 'cardinality($3)')}, ${split('$9', 'cardinality($3)')})
    WITH ORDINALITY AS given (definition, key, start, until, events, metrics, states, n)
  ON CONFLICT (definition, key, period, start) DO UPDATE SET until = excluded.until, events = excluded.events,
    metrics = excluded.metrics, states = excluded.states, change = excluded.change`;

interface StoredRollup extends StoredFigures {
  readonly definition: string;
  readonly key: string;
  readonly period: RollupRow['period'];
  readonly start: number;
  readonly until: number;
}

export function openRollupStore(database: Postgres): RollupStore {
  const tables = database.tables('rollups', MIGRATIONS);
  return {
    async cursor(period) {
      const sql = 'SELECT cursor FROM rollup_periods WHERE period = $1';
      return BigInt((await tables.all<{ cursor: string }>(sql, [period]))[0]?.cursor ?? 0);
    },
    async commit(period, rows, cursor) {
      const given = onePerKey(rows, ({ definition, key, start }) => `${start} ${definition} ${key}`);
      await tables.run(COMMIT, [
        period,
        cursor,
        texts(given, (row) => row.definition),
        texts(given, (row) => row.key),
        numbers(given, (row) => row.start),
        numbers(given, (row) => row.end),
        numbers(given, (row) => row.events),
        documents(given, (row) => JSON.stringify(row.metrics)),
        nullableDocuments(given, statesText),
      ]);
    },
    async rollups({ definition, key }, period, { from, to }, { limit, cursor }) {
      const after = cursor === null ? null : (decodeCursor(cursor, ['number'])[0] as number);
      const rows = await tables.all<StoredRollup>(
        `SELECT definition, key, period, start, until, events::float8, metrics, states FROM rollups
         WHERE definition = $1 AND key = $2 AND period = $3 AND start >= $4 AND start < $5
           AND ($6::float8 IS NULL OR start > $6)
         ORDER BY start LIMIT $7`,
        [stored(definition), stored(key), period, from, to, after, limit + 1],
      );
      return pageOf(rows.map(rollupOf), limit, (row) => [row.start]);
    },
    async changedSince(period, change, limit) {
      const rows = await tables.all<{ change: string; definition: string; key: string; start: number }>(
        `SELECT change, definition, key, start FROM rollups WHERE period = $1 AND change > $2
         ORDER BY change LIMIT $3`,
        [period, change, limit],
      );
      return rows.map((row) => ({
        change: BigInt(row.change),
        definition: original(row.definition),
        key: original(row.key),
        start: row.start,
      }));
    },
    async rowCount(period) {
      const sql = 'SELECT n::float8 FROM rollup_counts WHERE period = $1';
      return (await tables.all<{ n: number }>(sql, [period]))[0]?.n ?? 0;
    },
    trim: ({ definition, key }, period, time) =>
      tables.run('DELETE FROM rollups WHERE definition = $1 AND key = $2 AND period = $3 AND start < $4', [
        stored(definition),
        stored(key),
        period,
        time,
      ]),
    close: async () => undefined,
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
