/**
 * Firings in SQLite: one row per rule, one statement per claim, so that two processes cannot both win.
 */
import { MillraceError } from '../../common/errors.js';
import { CLOCK_TOLERANCE_MS, type Firings } from '../firings.js';
import { attempt, openSqlite, transact } from './database.js';

const MIGRATIONS = [
  `CREATE TABLE firing (
     rule TEXT PRIMARY KEY,
     expression TEXT NOT NULL,
     created INTEGER NOT NULL,
     due INTEGER,
     finished INTEGER NOT NULL DEFAULT 1,
     lease INTEGER NOT NULL DEFAULT 0
   ) WITHOUT ROWID;`,
];

/** A lease that ends later than any could that began now was given by a clock that has been set back since. */
const LEASE_OVER = `(lease <= ?3 OR lease > ?3 + ?4 + ${CLOCK_TOLERANCE_MS})`;

const CLAIM = `
  UPDATE firing SET due = ?2, finished = 0, lease = ?3 + ?4
  WHERE rule = ?1 AND (
    due IS NULL
    OR (due < ?2 AND (finished OR ?5 OR ${LEASE_OVER}))
    OR (due = ?2 AND NOT finished AND ${LEASE_OVER})
    -- Served in a future that is none any more: the clock was set back, and the job must not wait for that time.
    OR due > ?3 + ${CLOCK_TOLERANCE_MS}
  )`;

interface Row {
  readonly created: number;
  readonly due: number | null;
  readonly finished: number;
  readonly lease: number;
}

export function openFirings(path: string): Firings {
  // What a loss of power takes back is run again: no commit has to wait for the disk.
  const database = openSqlite(path, MIGRATIONS, 'kill -9');
  const add = database.prepare(
    `INSERT INTO firing (rule, expression, created) VALUES (?1, ?2, ?3)
     ON CONFLICT (rule) DO UPDATE SET expression = excluded.expression, created = excluded.created
     WHERE expression <> excluded.expression`,
  );
  const read = database.prepare('SELECT created, due, finished, lease FROM firing WHERE rule = ?');
  const claim = database.prepare(CLAIM);
  const renew = database.prepare(
    'UPDATE firing SET lease = ?3 WHERE rule = ?1 AND due = ?2 AND NOT finished',
  );
  const finish = database.prepare('UPDATE firing SET finished = 1 WHERE rule = ? AND due = ?');
  const release = database.prepare('UPDATE firing SET lease = 0 WHERE NOT finished');
  const rowOf = (rule: string): Row => {
    const row = (read.all(rule) as Row[])[0];
    if (row !== undefined) return row;
    throw new MillraceError(`schedule '${rule}' was never registered`, { code: 'RULE_NOT_REGISTERED' });
  };
  return {
    register: async (rule, expression, now) =>
      transact(database, path, () => {
        add.run(rule, expression, now);
        return rowOf(rule).created;
      }),
    async claim({ rule, due, now, leaseMs, overlap }) {
      const { changes } = attempt(path, () => claim.run(rule, due, now, leaseMs, overlap ? 1 : 0));
      if (changes === 1) return { kind: 'won' };
      const row = rowOf(rule);
      const served = row.due === null || row.due > due || (row.due === due && row.finished === 1);
      return served ? { kind: 'served' } : { kind: 'busy', until: row.lease };
    },
    renew: async (rule, due, until) => attempt(path, () => renew.run(rule, due, until)).changes === 1,
    finish: async (rule, due) => {
      attempt(path, () => finish.run(rule, due));
    },
    async last(rule) {
      const row = rowOf(rule);
      return row.due === null ? undefined : { due: row.due, finished: row.finished === 1 };
    },
    releaseAll: async () => {
      attempt(path, () => release.run());
    },
    close: async () => {
      database.close();
    },
  };
}
