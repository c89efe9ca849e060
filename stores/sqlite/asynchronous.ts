/** The queue of asynchronous invocations in SQLite: one row per event, from its arrival until its id is forgotten. */
import type { AsynchronousStore, PendingReport, WaitingEvent } from '../asynchronous.js';
import { attempt, openSqlite, transact } from './database.js';
import { createWalSync } from './wal-sync.js';

/** A row with a payload is waiting; one with a document has a report to deliver; `settled` is when it was settled. */
const MIGRATIONS = [
  `CREATE TABLE event (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     function TEXT NOT NULL,
     id TEXT NOT NULL,
     enqueued INTEGER NOT NULL,
     due INTEGER NOT NULL,
     attempts INTEGER NOT NULL DEFAULT 0,
     throttles INTEGER NOT NULL DEFAULT 0,
     payload BLOB,
     settled INTEGER,
     destination TEXT,
     document TEXT,
     UNIQUE (function, id)
   );
   CREATE INDEX event_waiting ON event (function, due, sequence) WHERE payload IS NOT NULL;
   CREATE INDEX event_reports ON event (destination, sequence) WHERE document IS NOT NULL;
   CREATE INDEX event_settled ON event (settled) WHERE settled IS NOT NULL;`,
];

const WAITING = 'function = ?1 AND payload IS NOT NULL';

export function openAsynchronousStore(path: string): AsynchronousStore {
  const database = openSqlite(path, MIGRATIONS, 'kill -9');
  const wal = createWalSync(path);
  const add = database.prepare(
    `INSERT INTO event (function, id, enqueued, due, payload) VALUES (?1, ?2, ?3, ?3, ?4)
     ON CONFLICT (function, id) DO NOTHING`,
  );
  const due = database.prepare(
    `SELECT sequence, id, payload, enqueued, attempts, throttles FROM event
     WHERE ${WAITING} AND due <= ?2 AND sequence NOT IN (SELECT value FROM json_each(?3))
     ORDER BY due, sequence LIMIT ?4`,
  );
  const nextDue = database.prepare(
    `SELECT due FROM event WHERE ${WAITING} AND sequence NOT IN (SELECT value FROM json_each(?2))
     ORDER BY due LIMIT 1`,
  );
  const postpone = database.prepare(
    'UPDATE event SET due = ?2, attempts = ?3, throttles = ?4 WHERE sequence = ?1',
  );
  const settle = database.prepare(
    `UPDATE event SET payload = NULL, settled = ?2, destination = ?3, document = ?4
     WHERE sequence = ?1 AND payload IS NOT NULL`,
  );
  const reports = database.prepare(
    `SELECT sequence, document FROM event WHERE destination = ? AND document IS NOT NULL
     ORDER BY sequence LIMIT ?`,
  );
  const destinations = database
    .prepare('SELECT DISTINCT destination FROM event WHERE document IS NOT NULL')
    .pluck();
  const delivered = database.prepare(
    'UPDATE event SET document = NULL, destination = NULL WHERE sequence = ?',
  );
  const trim = database.prepare(
    `DELETE FROM event WHERE sequence IN
       (SELECT sequence FROM event WHERE settled < ?1 AND settled IS NOT NULL AND document IS NULL LIMIT ?2)`,
  );
  const counts = database.prepare(
    'SELECT count(payload) AS waiting, count(document) AS reports FROM event WHERE function = ?',
  );
  return {
    async enqueue(events, now) {
      const added = transact(database, path, () => {
        let rows = 0;
        for (const { functionName, id, payload } of events) {
          rows += add.run(functionName, id, now, bytesOf(payload)).changes;
        }
        return rows;
      });
      // Also when none was added: the rows seen may not be on the disk yet.
      await wal.synced();
      return added;
    },
    due: (functionName, now, limit, except) => {
      const rows = due.all(functionName, now, JSON.stringify(except), limit) as (Omit<
        WaitingEvent,
        'payload'
      > & { payload: ArrayBuffer })[];
      return rows.map((row) => ({ ...row, payload: new Uint8Array(row.payload) }));
    },
    nextDue: (functionName, except) =>
      (nextDue.all(functionName, JSON.stringify(except)) as { due: number }[])[0]?.due,
    postpone: (sequence, at, attempts, throttles) => {
      attempt(path, () => postpone.run(sequence, at, attempts, throttles));
    },
    settle: (sequence, now, report) => {
      attempt(path, () => settle.run(sequence, now, report?.destination ?? null, report?.document ?? null));
    },
    reports: (destination, limit) => reports.all(destination, limit) as PendingReport[],
    destinations: () => destinations.all() as string[],
    delivered: (sequence) => {
      attempt(path, () => delivered.run(sequence));
    },
    trim: (time, limit) => attempt(path, () => trim.run(time, limit).changes),
    counts: (functionName) => {
      const [row] = counts.all(functionName) as { waiting: number; reports: number }[];
      return { waiting: row?.waiting ?? 0, reports: row?.reports ?? 0 };
    },
    async close() {
      await wal.close();
      database.close();
    },
  };
}

/** libsql takes Buffers for blobs, not every view. */
function bytesOf(payload: Uint8Array): Buffer {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
}
