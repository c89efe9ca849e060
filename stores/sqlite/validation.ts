/**
 * The store of validate on SQLite (`validation.db`). Offsets are 64-bit integers, read as text to stay exact.
 */
import { decodeCursor, pageOf } from '../cursor.js';
import { original, stored } from '../text.js';
import type {
  LatestEvent,
  Page,
  PageRequest,
  QuarantineEntry,
  ValidationCommit,
  ValidationStore,
  ValidationTally,
} from '../validation.js';
import { openSqlite, transact } from './database.js';
import { checkPosition } from './tallies.js';

const MIGRATIONS = [
  `CREATE TABLE tallies (
     partition INTEGER PRIMARY KEY,
     next_offset INTEGER NOT NULL,
     valid INTEGER NOT NULL,
     quarantined INTEGER NOT NULL,
     ticks INTEGER NOT NULL
   );
   CREATE TABLE latest (
     device_id TEXT PRIMARY KEY,
     device_type TEXT NOT NULL,
     partition INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     event_time INTEGER NOT NULL,
     arrival_time INTEGER NOT NULL,
     event TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE quarantine (
     partition INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     device_id TEXT NOT NULL,
     arrival_time INTEGER NOT NULL,
     code TEXT NOT NULL,
     reason TEXT NOT NULL,
     keyword TEXT,
     pointer TEXT,
     payload BLOB NOT NULL,
     UNIQUE (partition, offset)
   );
   CREATE INDEX quarantine_arrival ON quarantine (arrival_time, partition, offset);`,
];

const TALLY =
  'SELECT partition, CAST(next_offset AS TEXT) AS nextOffset, valid, quarantined, ticks FROM tallies';
const LATEST = `SELECT device_id AS deviceId, device_type AS deviceType, partition, CAST(offset AS TEXT) AS offset,
  event_time AS eventTime, arrival_time AS arrivalTime, event FROM latest`;
const ENTRY = `SELECT partition, CAST(offset AS TEXT) AS offset, device_id AS deviceId,
  arrival_time AS arrivalTime, code, reason, keyword, pointer, payload FROM quarantine`;
const NEWEST_FIRST = 'ORDER BY arrival_time DESC, partition DESC, quarantine.offset DESC LIMIT ?';

type Stored<T> = Omit<T, 'offset'> & { offset: string };

/** Opens `validation.db` at `path`, making it when it is not there. */
export function openValidationStore(path: string): ValidationStore {
  const database = openSqlite(path, MIGRATIONS);
  const sql = {
    tally: database.prepare(`${TALLY} WHERE partition = ?`),
    tallies: database.prepare(`${TALLY} ORDER BY partition`),
    putTally: database.prepare('INSERT OR REPLACE INTO tallies VALUES (?, ?, ?, ?, ?)'),
    latest: database.prepare(`${LATEST} WHERE device_id IN (SELECT value FROM json_each(?))`),
    putLatest: database.prepare(
      `INSERT INTO latest VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (device_id) DO UPDATE SET device_type = excluded.device_type, partition = excluded.partition,
         offset = excluded.offset, event_time = excluded.event_time, arrival_time = excluded.arrival_time,
         event = excluded.event
       WHERE excluded.offset > latest.offset`,
    ),
    putEntry: database.prepare('INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    devices: database.prepare(`${LATEST} WHERE device_id > ? ORDER BY device_id LIMIT ?`),
    deviceCount: database.prepare('SELECT count(*) AS count FROM latest'),
    quarantine: database.prepare(`${ENTRY} ${NEWEST_FIRST}`),
    quarantineAfter: database.prepare(
      `${ENTRY} WHERE (arrival_time, partition, offset) < (?, ?, ?) ${NEWEST_FIRST}`,
    ),
    trim: database.prepare(
      `DELETE FROM quarantine WHERE rowid IN
         (SELECT rowid FROM quarantine WHERE arrival_time < ? ORDER BY arrival_time LIMIT ?)`,
    ),
  };

  const tally = (partition: number): ValidationTally | null =>
    (sql.tally.all(partition) as StoredTally[]).map(tallyOf)[0] ?? null;

  const write = ({ tally: next, from, latest, quarantined }: ValidationCommit): void => {
    checkPosition(tally(next.partition)?.nextOffset ?? 0n, from, next.partition);
    for (const row of latest) {
      const { deviceId, deviceType, partition, offset, eventTime, arrivalTime, event } = row;
      sql.putLatest.run(deviceId, deviceType, partition, offset, eventTime, arrivalTime, event);
    }
    for (const entry of quarantined) {
      const { partition, offset, deviceId, arrivalTime, code, reason, keyword, pointer } = entry;
      const payload = Buffer.from(entry.payload);
      // Both may quote names of the payload's properties, which may be any text.
      const [why, place] = [stored(reason), pointer === null ? null : stored(pointer)];
      sql.putEntry.run(partition, offset, deviceId, arrivalTime, code, why, keyword, place, payload);
    }
    sql.putTally.run(next.partition, next.nextOffset, next.valid, next.quarantined, next.ticks);
  };

  const quarantine = ({ limit, cursor }: PageRequest): Page<QuarantineEntry> => {
    const rows =
      cursor === null
        ? sql.quarantine.all(limit + 1)
        : sql.quarantineAfter.all(...decodeCursor(cursor, ['number', 'number', 'offset']), limit + 1);
    const entries = (rows as (Stored<Omit<QuarantineEntry, 'id'>> & { payload: ArrayBuffer })[]).map(entryOf);
    return pageOf(entries, limit, (entry) => [entry.arrivalTime, entry.partition, entry.offset]);
  };

  return {
    tally: async (partition) => tally(partition),
    tallies: async () => (sql.tallies.all() as StoredTally[]).map(tallyOf),
    latest: async (deviceIds) =>
      (sql.latest.all(JSON.stringify(deviceIds)) as Stored<LatestEvent>[]).map(latestOf),
    commit: async (commit) => transact(database, path, () => write(commit)),
    devices: async ({ limit, cursor }) => {
      const after = cursor === null ? [''] : decodeCursor(cursor, ['string']);
      const rows = sql.devices.all(...after, limit + 1) as Stored<LatestEvent>[];
      return pageOf(rows.map(latestOf), limit, (row) => [row.deviceId]);
    },
    deviceCount: async () => (sql.deviceCount.all() as { count: number }[])[0]?.count ?? 0,
    quarantine: async (page) => quarantine(page),
    trimQuarantine: async (time, limit) => transact(database, path, () => sql.trim.run(time, limit).changes),
    close: async () => {
      database.close();
    },
  };
}

type StoredTally = Omit<ValidationTally, 'nextOffset'> & { nextOffset: string };

function tallyOf({ partition, nextOffset, valid, quarantined, ticks }: StoredTally): ValidationTally {
  return { partition, nextOffset: BigInt(nextOffset), valid, quarantined, ticks };
}

function latestOf(row: Stored<LatestEvent>): LatestEvent {
  const { deviceId, deviceType, partition, offset, eventTime, arrivalTime, event } = row;
  return { deviceId, deviceType, partition, offset: BigInt(offset), eventTime, arrivalTime, event };
}

function entryOf(row: Stored<Omit<QuarantineEntry, 'id'>> & { payload: ArrayBuffer }): QuarantineEntry {
  const { partition, offset, deviceId, arrivalTime, code, reason, keyword, pointer, payload } = row;
  return {
    id: `${partition}-${offset}`,
    partition,
    offset: BigInt(offset),
    deviceId,
    arrivalTime,
    code,
    reason: original(reason),
    keyword,
    pointer: pointer === null ? null : original(pointer),
    payload: new Uint8Array(payload),
  };
}
