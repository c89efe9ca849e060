/**
 * The state of tumbling windows, in SQLite: a row per lane. A commit is not waited for to reach the disk, just as a
 * checkpoint is not: kill -9 loses nothing, and an older row, which a loss of power may bring back, is still one of a
 * state with its own position.
 */
import type { WindowStates } from '../window-states.js';
import { openSqlite, transact } from './database.js';
import { asText } from './rows.js';

const MIGRATIONS = [
  `CREATE TABLE window_state (
     consumer TEXT NOT NULL,
     partition INTEGER NOT NULL,
     next INTEGER NOT NULL,
     window_start INTEGER,
     window_end INTEGER,
     state TEXT,
     PRIMARY KEY (consumer, partition)
   ) WITHOUT ROWID;`,
];

interface Row {
  readonly next: string;
  readonly window_start: number | null;
  readonly window_end: number | null;
  readonly state: string | null;
}

export function openWindowStates(path: string): WindowStates {
  const database = openSqlite(path, MIGRATIONS, 'kill -9');
  const read = database.prepare(
    `SELECT ${asText('next')}, window_start, window_end, state FROM window_state WHERE consumer = ? AND partition = ?`,
  );
  const write = database.prepare('REPLACE INTO window_state VALUES (?, ?, ?, ?, ?, ?)');
  return {
    async load(group, partition) {
      const row = (read.all(group, partition) as Row[])[0];
      if (row === undefined) return undefined;
      const { window_start: start, window_end: end, state } = row;
      const window = start === null || end === null || state === null ? null : { start, end, state };
      return { next: BigInt(row.next), window };
    },
    async save(group, partition, { next, window }) {
      const columns = [window?.start ?? null, window?.end ?? null, window?.state ?? null];
      transact(database, path, () => write.run(group, partition, next, ...columns));
    },
    async close() {
      database.close();
    },
  };
}
