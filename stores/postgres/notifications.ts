/** Which notifications were delivered, and the inbox of dispatch, in PostgreSQL. */
import { alertOf } from '../alert-documents.js';
import type { Dispatched, NotificationStoreWithInbox } from '../inbox.js';
import type { Sent } from '../notifications.js';
import { original, stored } from '../text.js';
import type { Postgres } from './database.js';
import { booleans, documents, numbers, offsets, onePerKey, split, texts } from './values.js';

export const MIGRATIONS = [
  `CREATE TABLE delivered (
     id text COLLATE "C" PRIMARY KEY,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     time double precision NOT NULL
   );
   CREATE INDEX delivered_by_time ON delivered (time);`,

  `CREATE TABLE inbox (
     sequence bigint PRIMARY KEY,
     id text COLLATE "C" NOT NULL UNIQUE,
     time double precision NOT NULL,
     alert text NOT NULL,
     passed boolean NOT NULL
   );
   CREATE INDEX inbox_by_time ON inbox (time);
   CREATE TABLE inbox_last (single boolean PRIMARY KEY CHECK (single), sequence bigint NOT NULL);
   INSERT INTO inbox_last VALUES (true, 0);`,
] as const;

const REMEMBER = `
  INSERT INTO delivered SELECT given.id, $1, given."offset", given.time
  FROM unnest($2::text[], $3::numeric[], $4::float8[]) AS given (id, "offset", time) ON CONFLICT (id) DO NOTHING`;

/**
 * Whoever puts something into the inbox holds the row of the last sequence until that is committed: sequences are
 * committed in their order. Where two put the same id, one of the sequences is nobody's.
 */
const TELL = `
  WITH remembered AS (${REMEMBER}), fresh AS MATERIALIZED (
    SELECT given.*, row_number() OVER (ORDER BY n) AS place
    FROM unnest($5::text[], $6::float8[], $7::boolean[], ${split('$8', 'cardinality($5)')})
      WITH ORDINALITY AS given (id, time, passed, alert, n)
    WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.id = given.id)
  ), counted AS (
    UPDATE inbox_last SET sequence = sequence + (SELECT count(*) FROM fresh) WHERE EXISTS (SELECT FROM fresh)
    RETURNING sequence
  )
  INSERT INTO inbox (sequence, id, time, alert, passed)
  SELECT counted.sequence - (SELECT count(*) FROM fresh) + fresh.place, fresh.id, fresh.time, fresh.alert, fresh.passed
  FROM counted, fresh ORDER BY fresh.place
  ON CONFLICT (id) DO NOTHING`;

export function openNotificationStore(
  database: Postgres,
  dispatched: Dispatched,
): NotificationStoreWithInbox {
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
      const told = onePerKey(sent.flatMap(toldIn), ({ id }) => id, never);
      const parameters = [
        partition,
        texts(sent, (one) => one.id),
        offsets(sent, (one) => one.offset),
        numbers(sent, (one) => one.time),
      ];
      if (told.length === 0) {
        await tables.run(REMEMBER, parameters);
        return;
      }
      await tables.run(TELL, [
        ...parameters,
        texts(told, (one) => one.id),
        numbers(told, (one) => one.time),
        booleans(told, (one) => one.passed),
        documents(told, (one) => JSON.stringify(one.alert)),
      ]);
    },
    async inbox(after, limit) {
      const rows = await tables.all<{ sequence: string; alert: string; passed: boolean }>(
        'SELECT sequence, alert, passed FROM inbox WHERE sequence > $1 ORDER BY sequence LIMIT $2',
        [after, limit],
      );
      return rows.map(({ sequence, alert, passed }) => ({
        sequence: BigInt(sequence),
        alert: alertOf(alert),
        passed,
      }));
    },
    async count() {
      return (await tables.all<{ n: number }>('SELECT count(*)::float8 AS n FROM delivered'))[0]?.n ?? 0;
    },
    async trim(time, limit) {
      const gone = await tables.run(
        'DELETE FROM delivered WHERE id IN (SELECT id FROM delivered WHERE time < $1 ORDER BY time LIMIT $2)',
        [time, limit],
      );
      // Where nothing is told nobody dispatches.
      const [old] = await tables.all('SELECT FROM inbox WHERE time < $1 LIMIT 1', [time]);
      if (old === undefined) return gone;
      const removed = await tables.run(
        `DELETE FROM inbox WHERE sequence IN (
           SELECT sequence FROM inbox WHERE time < $1 AND sequence <= $2 ORDER BY time, sequence LIMIT $3)`,
        [time, await dispatched(), limit - gone],
      );
      return gone + removed;
    },
    close: async () => undefined,
  };
}

function toldIn({ id, time, told }: Sent) {
  return told === undefined ? [] : [{ id, time, ...told }];
}

/** Of one that is named twice the first stays. */
const never = () => false;
