/** Firings in PostgreSQL: one row per rule, one statement per claim, so that two processes cannot both win. */
import { MillraceError } from '../../common/errors.js';
import { CLOCK_TOLERANCE_MS, type Firings } from '../firings.js';
import { stored } from '../text.js';
import type { Postgres } from './database.js';
import { numeric } from './values.js';

const MIGRATIONS = [
  `CREATE TABLE firing (
     rule text COLLATE "C" PRIMARY KEY,
     expression text NOT NULL,
     created double precision NOT NULL,
     due double precision,
     finished boolean NOT NULL DEFAULT true,
     lease double precision NOT NULL DEFAULT 0
   );`,
];

const REGISTER = `
  INSERT INTO firing AS f (rule, expression, created) VALUES ($1, $2, $3)
  ON CONFLICT (rule) DO UPDATE SET expression = excluded.expression,
    created = CASE WHEN f.expression = excluded.expression THEN f.created ELSE excluded.created END
  RETURNING created`;

/** A lease that ends later than any could that began now was given by a clock that has been set back since. */
const LEASE_OVER = `(lease <= $3 OR lease > $3 + $4 + ${CLOCK_TOLERANCE_MS})`;

const CLAIM = `
  UPDATE firing SET due = $2::float8, finished = false, lease = $3::float8 + $4::float8
  WHERE rule = $1 AND (
    due IS NULL
    OR (due < $2 AND (finished OR $5 OR ${LEASE_OVER}))
    OR (due = $2 AND NOT finished AND ${LEASE_OVER})
    -- Served in a future that is none any more: the clock was set back, and the job must not wait for that time.
    OR due > $3 + ${CLOCK_TOLERANCE_MS}
  )`;

interface Row {
  readonly due: number | null;
  readonly finished: boolean;
  readonly lease: number;
}

export function openFirings(database: Postgres): Firings {
  const tables = database.tables('firings', MIGRATIONS);
  const rowOf = async (rule: string): Promise<Row> => {
    const rows = await tables.all<Row>('SELECT due, finished, lease FROM firing WHERE rule = $1', [
      stored(rule),
    ]);
    if (rows[0] !== undefined) return rows[0];
    throw new MillraceError(`schedule '${rule}' was never registered`, { code: 'RULE_NOT_REGISTERED' });
  };
  return {
    async register(rule, expression, now) {
      const parameters = [stored(rule), stored(expression), numeric(now)];
      return (await tables.all<{ created: number }>(REGISTER, parameters))[0]?.created ?? now;
    },
    async claim({ rule, due, now, leaseMs, overlap }) {
      if ((await tables.run(CLAIM, [stored(rule), due, now, leaseMs, overlap])) === 1) return { kind: 'won' };
      const row = await rowOf(rule);
      const served = row.due === null || row.due > due || (row.due === due && row.finished);
      return served ? { kind: 'served' } : { kind: 'busy', until: row.lease };
    },
    async renew(rule, due, until) {
      const sql = 'UPDATE firing SET lease = $3 WHERE rule = $1 AND due = $2 AND NOT finished';
      return (await tables.run(sql, [stored(rule), due, until])) === 1;
    },
    async finish(rule, due) {
      await tables.run('UPDATE firing SET finished = true WHERE rule = $1 AND due = $2', [stored(rule), due]);
    },
    async last(rule) {
      const { due, finished } = await rowOf(rule);
      return due === null ? undefined : { due, finished };
    },
    async releaseAll() {
      await tables.run('UPDATE firing SET lease = 0 WHERE NOT finished');
    },
    close: async () => undefined,
  };
}
