/** Which notifications were delivered, in SQLite. */
import type { NotificationStore } from '../notifications.js';
import { openSqlite, transact } from './database.js';
import { asText, listParameter } from './rows.js';

const MIGRATIONS = [
  `CREATE TABLE delivered (
     id TEXT PRIMARY KEY,
     "partition" INTEGER NOT NULL,
     "offset" INTEGER NOT NULL,
     time INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX delivered_by_time ON delivered (time);
   CREATE TABLE total (n INTEGER NOT NULL);
   INSERT INTO total VALUES (0);`,
];

export function openNotificationStore(path: string): NotificationStore {
  const database = openSqlite(path, MIGRATIONS, 'kill -9');
  const find = database.prepare(
    `SELECT id, ${asText('"offset"')} FROM delivered WHERE id IN (SELECT value FROM json_each(?))`,
  );
  // The first delivery is the one that counts: a repetition at another offset is what it must be told from.
  const put = database.prepare('INSERT INTO delivered VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING');
  const remove = database.prepare(
    'DELETE FROM delivered WHERE id IN (SELECT id FROM delivered WHERE time < ? ORDER BY time LIMIT ?)',
  );
  const add = database.prepare('UPDATE total SET n = n + ?');
  const total = database.prepare('SELECT n FROM total');
  return {
    async delivered(ids) {
      const rows = find.all(listParameter(ids)) as { id: string; offset: string }[];
      return new Map(rows.map(({ id, offset }) => [id, BigInt(offset)]));
    },
    async commit(partition, sent) {
      transact(database, path, () => {
        let added = 0;
        for (const { id, offset, time } of sent) added += put.run(id, partition, offset, time).changes;
        add.run(added);
      });
    },
    async count() {
      return (total.all() as { n: number }[])[0]?.n ?? 0;
    },
    async trim(time, limit) {
      return transact(database, path, () => {
        const { changes } = remove.run(time, limit);
        add.run(-changes);
        return changes;
      });
    },
    async close() {
      database.close();
    },
  };
}
