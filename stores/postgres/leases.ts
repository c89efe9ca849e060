/**
 * Leases and checkpoints of consumer groups in PostgreSQL, for processes that share streams which have no groups of their
 * own (Kinesis). A lease is changed by one UPDATE that names the version it goes on from. Checkpoints are stored by one
 * statement that locks the leases of their partitions against any change and leaves out what is not the writer's: a lease
 * cannot go to another process in between, and an offset has up to 60 digits.
 */
import type { Lease, LeaseCheckpoint, LeaseStore } from '../../streams/kinesis/lease-store.js';
import { original, stored } from '../text.js';
import type { Postgres } from './database.js';
import { numeric, offsets, texts } from './values.js';

const MIGRATIONS = [
  `CREATE TABLE lease (
     consumer text COLLATE "C" NOT NULL,
     partition integer NOT NULL,
     owner text COLLATE "C",
     claimant text COLLATE "C",
     finished boolean NOT NULL,
     worked_on boolean NOT NULL,
     version bigint NOT NULL,
     PRIMARY KEY (consumer, partition)
   ) WITH (fillfactor = 50);
   CREATE TABLE lease_checkpoint (
     consumer text COLLATE "C" NOT NULL,
     partition integer NOT NULL,
     reader text COLLATE "C" NOT NULL,
     next numeric(60) NOT NULL,
     arrival double precision,
     PRIMARY KEY (consumer, partition, reader)
   ) WITH (fillfactor = 50);`,
];

const INSERT = `
  INSERT INTO lease (consumer, partition, owner, claimant, finished, worked_on, version)
  VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT DO NOTHING`;

const UPDATE = `
  UPDATE lease SET owner = $3, claimant = $4, finished = $5, worked_on = $6, version = $7::bigint
  WHERE consumer = $1 AND partition = $2 AND version = $7::bigint - 1`;

/** FOR SHARE: whoever changes a lease at this moment is waited for, and its row looked at again. */
const SAVE = `
  WITH held AS MATERIALIZED (
    SELECT partition FROM lease WHERE consumer = $1 AND owner = $2 AND partition = ANY ($3::int[])
    ORDER BY partition FOR SHARE
  ), saved AS (
    INSERT INTO lease_checkpoint AS c (consumer, partition, reader, next, arrival)
    SELECT $1, row.partition, row.reader, row.next, row.arrival
    FROM unnest($3::int[], $4::text[], $5::numeric[], $6::float8[]) AS row (partition, reader, next, arrival)
    JOIN held USING (partition)
    ON CONFLICT (consumer, partition, reader) DO UPDATE SET next = excluded.next, arrival = excluded.arrival
    WHERE c.next <= excluded.next
  )
  SELECT partition FROM held`;

interface LeaseRow {
  readonly partition: number;
  readonly owner: string | null;
  readonly claimant: string | null;
  readonly finished: boolean;
  readonly worked_on: boolean;
  readonly version: string;
}

interface CheckpointRow {
  readonly partition: number;
  readonly reader: string;
  readonly next: string;
  readonly arrival: number | null;
}

export function openLeases(database: Postgres): LeaseStore {
  const tables = database.tables('leases', MIGRATIONS);
  return {
    async list(group) {
      const sql = 'SELECT * FROM lease WHERE consumer = $1 ORDER BY partition';
      return (await tables.all<LeaseRow>(sql, [stored(group)])).map(leaseOf);
    },
    async put(group, { partition, owner, claimant, isFinished, isWorkedOn, version }) {
      const names = [owner, claimant].map((name) => (name === null ? null : stored(name)));
      const columns = [stored(group), partition, ...names, isFinished, isWorkedOn];
      const written =
        version === 1 ? await tables.run(INSERT, columns) : await tables.run(UPDATE, [...columns, version]);
      return written === 1;
    },
    async checkpoints(group, partitions) {
      const sql = `SELECT * FROM lease_checkpoint
        WHERE consumer = $1 AND ($2::int[] IS NULL OR partition = ANY ($2)) ORDER BY partition, reader`;
      return (await tables.all<CheckpointRow>(sql, [stored(group), partitions ?? null])).map(checkpointOf);
    },
    async saveCheckpoints(group, owner, rows) {
      const held = await tables.all<{ partition: number }>(SAVE, [
        stored(group),
        stored(owner),
        rows.map(({ partition }) => partition),
        texts(rows, ({ reader }) => reader),
        offsets(rows, ({ next }) => next),
        rows.map(({ arrivalTime }) => (arrivalTime === null ? null : numeric(arrivalTime))),
      ]);
      return new Set(held.map(({ partition }) => partition));
    },
  };
}

function leaseOf({ partition, owner, claimant, finished, worked_on, version }: LeaseRow): Lease {
  return {
    partition,
    owner: owner === null ? null : original(owner),
    claimant: claimant === null ? null : original(claimant),
    isFinished: finished,
    isWorkedOn: worked_on,
    version: Number(version),
  };
}

function checkpointOf({ partition, reader, next, arrival }: CheckpointRow): LeaseCheckpoint {
  return { partition, reader: original(reader), next: BigInt(next), arrivalTime: arrival };
}
