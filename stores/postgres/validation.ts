/** The store of validate in PostgreSQL. */
import { decodeCursor, pageOf } from '../cursor.js';
import { original, stored } from '../text.js';
import type {
  LatestEvent,
  QuarantineEntry,
  ValidationCommit,
  ValidationStore,
  ValidationTally,
} from '../validation.js';
import type { Postgres } from './database.js';
import { stale } from './stale.js';
import { documents, nullableTexts, numbers, offsets, onePerKey, split, texts } from './values.js';

/** Offsets are `numeric`: a sequence number of Kinesis has 56 digits. Text is compared by bytes, as SQLite does. */
const MIGRATIONS = [
  `CREATE TABLE validation_tallies (
     partition integer PRIMARY KEY,
     next_offset numeric(60) NOT NULL,
     valid bigint NOT NULL,
     quarantined bigint NOT NULL,
     ticks bigint NOT NULL
   );
   CREATE TABLE latest (
     device_id text COLLATE "C" PRIMARY KEY,
     device_type text NOT NULL,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     event_time double precision NOT NULL,
     arrival_time double precision NOT NULL,
     event text NOT NULL
   );
   CREATE TABLE quarantine (
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     device_id text NOT NULL,
     arrival_time double precision NOT NULL,
     code text NOT NULL,
     reason text NOT NULL,
     keyword text,
     pointer text,
     payload bytea NOT NULL,
     PRIMARY KEY (partition, "offset")
   );
   CREATE INDEX quarantine_arrival ON quarantine (arrival_time, partition, "offset");`,
];

const TALLY = `SELECT partition, next_offset AS "nextOffset", valid::float8, quarantined::float8, ticks::float8
  FROM validation_tallies`;
const LATEST = `SELECT device_id AS "deviceId", device_type AS "deviceType", partition, "offset",
  event_time AS "eventTime", arrival_time AS "arrivalTime", event FROM latest`;
const ENTRY = `SELECT partition, "offset", device_id AS "deviceId", arrival_time AS "arrivalTime", code, reason, keyword,
  pointer, payload FROM quarantine`;
const NEWEST_FIRST = 'ORDER BY arrival_time DESC, partition DESC, "offset" DESC LIMIT';

const COMMIT = `
  WITH gate AS (
    INSERT INTO validation_tallies AS t
    SELECT $1::integer, $2::numeric, $4::bigint, $5::bigint, $6::bigint
    WHERE $3::numeric IS NULL OR $3::numeric = 0 OR EXISTS (SELECT FROM validation_tallies WHERE partition = $1)
    ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset, valid = excluded.valid,
      quarantined = excluded.quarantined, ticks = excluded.ticks
    WHERE $3::numeric IS NULL OR t.next_offset = $3::numeric
    RETURNING partition
  ), newest AS (
    INSERT INTO latest SELECT given.* FROM gate, unnest($7::text[], $8::text[], $9::integer[], $10::numeric[],
      $11::float8[], $12::float8[], ${split('$13', 'cardinality($7)')}) AS given
    ON CONFLICT (device_id) DO UPDATE SET device_type = excluded.device_type, partition = excluded.partition,
      "offset" = excluded."offset", event_time = excluded.event_time, arrival_time = excluded.arrival_time,
      event = excluded.event
    WHERE excluded."offset" > latest."offset"
  ), refused AS (
    INSERT INTO quarantine SELECT given.* FROM gate, unnest($14::integer[], $15::numeric[], $16::text[], $17::float8[],
      $18::text[], $19::text[], $20::text[], $21::text[], $22::bytea[]) AS given
    ON CONFLICT (partition, "offset") DO UPDATE SET device_id = excluded.device_id,
      arrival_time = excluded.arrival_time, code = excluded.code, reason = excluded.reason,
      keyword = excluded.keyword, pointer = excluded.pointer, payload = excluded.payload
  )
  SELECT partition FROM gate`;

type Stored<T> = Omit<T, 'offset'> & { offset: string };
type StoredTally = Omit<ValidationTally, 'nextOffset'> & { nextOffset: string };
type StoredEntry = Stored<Omit<QuarantineEntry, 'id' | 'payload'>> & { payload: Buffer };

export function openValidationStore(database: Postgres): ValidationStore {
  const tables = database.tables('validation', MIGRATIONS);
  const tally = async (partition: number) =>
    (await tables.all<StoredTally>(`${TALLY} WHERE partition = $1`, [partition])).map(tallyOf)[0] ?? null;

  return {
    tally,
    tallies: async () => (await tables.all<StoredTally>(`${TALLY} ORDER BY partition`)).map(tallyOf),
    latest: async (deviceIds) => {
      const ids = deviceIds.map(stored);
      return (await tables.all<Stored<LatestEvent>>(`${LATEST} WHERE device_id = ANY($1)`, [ids])).map(
        latestOf,
      );
    },
    commit: async (commit) => {
      if ((await tables.run(COMMIT, parametersOf(commit))) === 1) return;
      const { partition } = commit.tally;
      throw stale(`partition ${partition}`, (await tally(partition))?.nextOffset ?? 0n, commit.from);
    },
    devices: async ({ limit, cursor }) => {
      const [after] = cursor === null ? [''] : (decodeCursor(cursor, ['string']) as [string]);
      const rows = await tables.all<Stored<LatestEvent>>(
        `${LATEST} WHERE device_id > $1 ORDER BY device_id LIMIT $2`,
        [stored(after), limit + 1],
      );
      return pageOf(rows.map(latestOf), limit, (row) => [row.deviceId]);
    },
    deviceCount: async () =>
      (await tables.all<{ count: number }>('SELECT count(*)::float8 AS count FROM latest'))[0]?.count ?? 0,
    quarantine: async ({ limit, cursor }) => {
      const rows =
        cursor === null
          ? await tables.all<StoredEntry>(`${ENTRY} ${NEWEST_FIRST} $1`, [limit + 1])
          : await tables.all<StoredEntry>(
              `${ENTRY} WHERE (arrival_time, partition, "offset") < ($1, $2, $3) ${NEWEST_FIRST} $4`,
              [...decodeCursor(cursor, ['number', 'number', 'offset']), limit + 1],
            );
      return pageOf(rows.map(entryOf), limit, (entry) => [entry.arrivalTime, entry.partition, entry.offset]);
    },
    trimQuarantine: (time, limit) =>
      tables.run(
        `DELETE FROM quarantine WHERE (partition, "offset") IN
           (SELECT partition, "offset" FROM quarantine WHERE arrival_time < $1 ORDER BY arrival_time LIMIT $2)`,
        [time, limit],
      ),
    close: async () => undefined,
  };
}

function parametersOf({ tally, from, latest, quarantined }: ValidationCommit): unknown[] {
  const newest = onePerKey(
    latest,
    (row) => row.deviceId,
    (row, before) => row.offset > before.offset,
  );
  const refused = onePerKey(quarantined, (entry) => `${entry.partition}-${entry.offset}`);
  return [
    tally.partition,
    tally.nextOffset,
    from ?? null,
    tally.valid,
    tally.quarantined,
    tally.ticks,
    texts(newest, (row) => row.deviceId),
    texts(newest, (row) => row.deviceType),
    numbers(newest, (row) => row.partition),
    offsets(newest, (row) => row.offset),
    numbers(newest, (row) => row.eventTime),
    numbers(newest, (row) => row.arrivalTime),
    documents(newest, (row) => row.event),
    numbers(refused, (entry) => entry.partition),
    offsets(refused, (entry) => entry.offset),
    texts(refused, (entry) => entry.deviceId),
    numbers(refused, (entry) => entry.arrivalTime),
    texts(refused, (entry) => entry.code),
    texts(refused, (entry) => entry.reason),
    nullableTexts(refused, (entry) => entry.keyword),
    nullableTexts(refused, (entry) => entry.pointer),
    refused.map(({ payload }) => Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength)),
  ];
}

// What becomes JSON has its members in one order whatever the store: that of the SQLite stores.
function tallyOf(row: StoredTally): ValidationTally {
  return { ...row, nextOffset: BigInt(row.nextOffset) };
}

function latestOf(row: Stored<LatestEvent>): LatestEvent {
  return {
    ...row,
    deviceId: original(row.deviceId),
    deviceType: original(row.deviceType),
    offset: BigInt(row.offset),
    event: original(row.event),
  };
}

function entryOf(row: StoredEntry): QuarantineEntry {
  const { partition, offset, keyword, pointer, payload } = row;
  return {
    id: `${partition}-${offset}`,
    ...row,
    offset: BigInt(offset),
    deviceId: original(row.deviceId),
    reason: original(row.reason),
    keyword: keyword === null ? null : original(keyword),
    pointer: pointer === null ? null : original(pointer),
    payload: new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength),
  };
}
