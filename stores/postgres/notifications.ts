/** Which notifications were delivered, in PostgreSQL. */
import type { NotificationStore } from '../notifications.js';
import { original, stored } from '../text.js';
import type { Postgres } from './database.js';
import { numbers, offsets, texts } from './values.js';

const MIGRATIONS = [
  `CREATE TABLE delivered (
     id text COLLATE "C" PRIMARY KEY,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     time double precision NOT NULL
   );
   CREATE INDEX delivered_by_time ON delivered (time);`,
];

export function openNotificationStore(database: Postgres): NotificationStore {
  const tables = database.tables('notifications', MIGRATIONS);
  return {
    async delivered(ids) {
      const rows = await tables.all<{ id: string; offset: string }>(
        'SELECT id, "offset" FROM delivered WHERE id = ANY($1)',
        [ids.map(stored)],
      );
      return new Map(rows.map(({ id, offset }) => [original(id), BigInt(offset)]));
    },
    async commit(partition, sent) {
      // The first delivery is the one that counts: a repetition at another offset is what it must be told from.
      await tables.run(
        `INSERT INTO delivered SELECT id, $1, "offset", time
         FROM unnest($2::text[], $3::numeric[], $4::float8[]) AS given (id, "offset", time)
         ON CONFLICT (id) DO NOTHING`,
        [
          partition,
          texts(sent, (one) => one.id),
          offsets(sent, (one) => one.offset),
          numbers(sent, (one) => one.time),
        ],
      );
    },
    async count() {
      return (await tables.all<{ n: number }>('SELECT count(*)::float8 AS n FROM delivered'))[0]?.n ?? 0;
    },
    trim: (time, limit) =>
      tables.run(
        'DELETE FROM delivered WHERE id IN (SELECT id FROM delivered WHERE time < $1 ORDER BY time LIMIT $2)',
        [time, limit],
      ),
    close: async () => undefined,
  };
}
