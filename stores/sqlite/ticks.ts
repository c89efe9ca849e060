/** The last tick's time, in SQLite. */
import type { TickStore } from '../alerts.js';
import { openSqlite, transact } from './database.js';

const MIGRATIONS = [
  `CREATE TABLE tick (time INTEGER NOT NULL);
   INSERT INTO tick VALUES (0);`,
];

export function openTickStore(path: string): TickStore {
  const database = openSqlite(path, MIGRATIONS);
  const read = database.prepare('SELECT time FROM tick');
  const write = database.prepare('UPDATE tick SET time = max(time, ?)');
  return {
    async lastTick() {
      return (read.all() as { time: number }[])[0]?.time ?? 0;
    },
    async saveTick(time) {
      transact(database, path, () => write.run(time));
    },
    async close() {
      database.close();
    },
  };
}
