/**
 * Which notifications were delivered, and the inbox of dispatch, in SQLite. That one was delivered may be forgotten with
 * the power: then it is delivered twice. What is in the inbox may not.
 */
import { alertOf } from '../alert-documents.js';
import type { Dispatched, NotificationStoreWithInbox } from '../inbox.js';
import { original, stored } from '../text.js';
import { openSqlite, transact } from './database.js';
import { asText, listParameter } from './rows.js';
import { createWalSync } from './wal-sync.js';

export const MIGRATIONS = [
  `CREATE TABLE delivered (
     id TEXT PRIMARY KEY,
     "partition" INTEGER NOT NULL,
     "offset" INTEGER NOT NULL,
     time INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX delivered_by_time ON delivered (time);
   CREATE TABLE total (n INTEGER NOT NULL);
   INSERT INTO total VALUES (0);`,

  // Ids are kept as `stores/text.ts` says from here on. Sequences are never given out again, whatever was trimmed.
  `UPDATE delivered SET id = replace(id, char(1), char(1, 2)) WHERE instr(id, char(1)) > 0;
   CREATE TABLE inbox (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     time INTEGER NOT NULL,
     alert TEXT NOT NULL,
     passed INTEGER NOT NULL
   );
   CREATE INDEX inbox_by_time ON inbox (time);`,
] as const;

interface InboxRow {
  readonly sequence: string;
  readonly alert: string;
  readonly passed: number;
}

export function openNotificationStore(path: string, dispatched: Dispatched): NotificationStoreWithInbox {
  const database = openSqlite(path, MIGRATIONS, 'kill -9');
  const wal = createWalSync(path);
  const find = database.prepare(
    `SELECT id, ${asText('"offset"')} FROM delivered WHERE id IN (SELECT value FROM json_each(?))`,
  );
  // The first delivery is the one that counts: a repetition at another offset is what it must be told from.
  const put = database.prepare('INSERT INTO delivered VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING');
  const tell = database.prepare(
    'INSERT INTO inbox (id, time, alert, passed) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING',
  );
  const inbox = database.prepare(
    `SELECT ${asText('sequence')}, alert, passed FROM inbox WHERE inbox.sequence > ?
     ORDER BY inbox.sequence LIMIT ?`,
  );
  const remove = database.prepare(
    'DELETE FROM delivered WHERE id IN (SELECT id FROM delivered WHERE time < ? ORDER BY time LIMIT ?)',
  );
  const isOld = database.prepare('SELECT 1 FROM inbox WHERE time < ? LIMIT 1');
  const removeTold = database.prepare(
    `DELETE FROM inbox WHERE sequence IN
       (SELECT sequence FROM inbox WHERE time < ? AND sequence <= ? ORDER BY time, sequence LIMIT ?)`,
  );
  const add = database.prepare('UPDATE total SET n = n + ?');
  const total = database.prepare('SELECT n FROM total');
  return {
    async delivered(ids) {
      const rows = find.all(listParameter(ids.map(stored))) as { id: string; offset: string }[];
      return new Map(rows.map(({ id, offset }) => [original(id), BigInt(offset)]));
    },
    async commit(partition, sent) {
      transact(database, path, () => {
        let added = 0;
        for (const { id, offset, time, told } of sent) {
          added += put.run(stored(id), partition, offset, time).changes;
          if (told !== undefined) tell.run(stored(id), time, JSON.stringify(told.alert), told.passed ? 1 : 0);
        }
        add.run(added);
      });
      // Also when none of them was new: the rows seen may not be on the disk yet.
      if (sent.some(({ told }) => told !== undefined)) await wal.synced();
    },
    async inbox(after, limit) {
      return (inbox.all(after, limit) as InboxRow[]).map(({ sequence, alert, passed }) => ({
        sequence: BigInt(sequence),
        alert: alertOf(alert),
        passed: passed === 1,
      }));
    },
    async count() {
      return (total.all() as { n: number }[])[0]?.n ?? 0;
    },
    async trim(time, limit) {
      // Where nothing is told nobody dispatches.
      const upTo = isOld.all(time).length > 0 ? await dispatched() : 0n;
      return transact(database, path, () => {
        const { changes } = remove.run(time, limit);
        add.run(-changes);
        return changes + removeTold.run(time, upTo, limit - changes).changes;
      });
    },
    async close() {
      await wal.close();
      database.close();
    },
  };
}
