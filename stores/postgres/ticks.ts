/** The last tick's time, in PostgreSQL. */
import type { TickStore } from '../alerts.js';
import type { Postgres } from './database.js';
import { numeric } from './values.js';

const MIGRATIONS = [
  `CREATE TABLE tick (single boolean PRIMARY KEY CHECK (single), time double precision NOT NULL);
   INSERT INTO tick VALUES (true, 0);`,
];

export function openTickStore(database: Postgres): TickStore {
  const tables = database.tables('ticks', MIGRATIONS);
  return {
    async lastTick() {
      return (await tables.all<{ time: number }>('SELECT time FROM tick'))[0]?.time ?? 0;
    },
    async saveTick(time) {
      await tables.run('UPDATE tick SET time = greatest(time, $1)', [numeric(time)]);
    },
    close: async () => undefined,
  };
}
