/**
 * The store of aggregate on SQLite (`aggregation.db`). A window's metrics are one JSON text: they are read and
 * written together, and only ever by device and time.
 *
 * `change` numbers every write of a window row, from one counter that the writing transaction holds: a reader that
 * has seen change n has seen every write before it.
 */
import type {
  AggregationCommit,
  AggregationStore,
  AggregationTally,
  ChangedWindow,
  DeviceProgress,
  LateEvent,
  WindowRow,
} from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { openSqlite, transact } from './database.js';
import { checkPosition } from './tallies.js';

const MIGRATIONS = [
  `CREATE TABLE tallies (
     partition INTEGER PRIMARY KEY,
     next_offset INTEGER NOT NULL,
     aggregated INTEGER NOT NULL,
     late INTEGER NOT NULL,
     duplicate INTEGER NOT NULL,
     refused INTEGER NOT NULL,
     ticks INTEGER NOT NULL
   );
   CREATE TABLE devices (
     device_id TEXT PRIMARY KEY,
     partition INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     state TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE windows (
     device_id TEXT NOT NULL,
     start INTEGER NOT NULL,
     size INTEGER NOT NULL,
     partition INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     closed INTEGER NOT NULL,
     events INTEGER NOT NULL,
     change INTEGER NOT NULL,
     metrics TEXT NOT NULL,
     PRIMARY KEY (device_id, start, size)
   ) WITHOUT ROWID;
   CREATE INDEX windows_change ON windows (change);
   CREATE INDEX windows_open ON windows (partition) WHERE closed = 0;
   CREATE TABLE changes (only INTEGER PRIMARY KEY CHECK (only = 1), last INTEGER NOT NULL);
   INSERT INTO changes VALUES (1, 0);
   CREATE TABLE late (
     partition INTEGER NOT NULL,
     offset INTEGER NOT NULL,
     device_id TEXT NOT NULL,
     event_time INTEGER NOT NULL,
     arrival_time INTEGER NOT NULL,
     window_start INTEGER NOT NULL,
     payload TEXT NOT NULL,
     UNIQUE (partition, offset)
   );
   CREATE INDEX late_arrival ON late (arrival_time, partition, offset);`,
];

const TALLY = `SELECT partition, CAST(next_offset AS TEXT) AS nextOffset, aggregated, late, duplicate, refused, ticks
  FROM tallies`;
const WINDOW = `SELECT device_id AS deviceId, start, size, partition, CAST(offset AS TEXT) AS offset, closed, events,
  metrics FROM windows`;
const LATE = `SELECT partition, CAST(offset AS TEXT) AS offset, device_id AS deviceId, event_time AS eventTime,
  arrival_time AS arrivalTime, window_start AS windowStart, payload FROM late`;
const LATE_NEWEST = 'ORDER BY arrival_time DESC, partition DESC, late.offset DESC LIMIT ?';
const GIVEN = 'IN (SELECT value FROM json_each(?))';

type StoredTally = Omit<AggregationTally, 'nextOffset'> & { nextOffset: string };
type StoredProgress = Omit<DeviceProgress, 'offset'> & { offset: string };
type StoredWindow = Omit<WindowRow, 'offset' | 'closed' | 'metrics'> & {
  offset: string;
  closed: number;
  metrics: string;
};
type StoredLate = Omit<LateEvent, 'offset' | 'id'> & { offset: string };

/** Opens `aggregation.db` at `path`, making it when it is not there. */
export function openAggregationStore(path: string): AggregationStore {
  const database = openSqlite(path, MIGRATIONS);
  const sql = {
    tally: database.prepare(`${TALLY} WHERE partition = ?`),
    tallies: database.prepare(`${TALLY} ORDER BY partition`),
    putTally: database.prepare('INSERT OR REPLACE INTO tallies VALUES (?, ?, ?, ?, ?, ?, ?)'),
    progress: database.prepare(
      `SELECT device_id AS deviceId, partition, CAST(offset AS TEXT) AS offset, state
       FROM devices WHERE device_id ${GIVEN}`,
    ),
    putDevice: database.prepare(
      `INSERT INTO devices VALUES (?, ?, ?, ?) ON CONFLICT (device_id) DO UPDATE
         SET partition = excluded.partition, offset = excluded.offset, state = excluded.state`,
    ),
    openWindows: database.prepare(
      `${WINDOW} WHERE closed = 0 AND device_id ${GIVEN} ORDER BY device_id, start, size`,
    ),
    devicesOpen: database
      .prepare('SELECT DISTINCT device_id FROM windows WHERE closed = 0 AND partition = ?')
      .raw(),
    putWindow: database.prepare(
      `INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device_id, start, size) DO UPDATE
         SET partition = excluded.partition, offset = excluded.offset, closed = excluded.closed,
           events = excluded.events, change = excluded.change, metrics = excluded.metrics`,
    ),
    lastChange: database.prepare('SELECT CAST(last AS TEXT) FROM changes').raw(),
    putChange: database.prepare('UPDATE changes SET last = ?'),
    putLate: database.prepare('INSERT OR REPLACE INTO late VALUES (?, ?, ?, ?, ?, ?, ?)'),
    windows: database.prepare(
      `${WINDOW} WHERE device_id = ? AND start >= ? AND start < ? AND (start, size) > (?, ?)
       ORDER BY start, size LIMIT ?`,
    ),
    recent: database.prepare(`${WINDOW} ORDER BY change DESC LIMIT ?`),
    late: database.prepare(`${LATE} ${LATE_NEWEST}`),
    lateAfter: database.prepare(
      `${LATE} WHERE (arrival_time, partition, late.offset) < (?, ?, ?) ${LATE_NEWEST}`,
    ),
    changed: database.prepare(
      `SELECT CAST(change AS TEXT) AS change, device_id AS deviceId, start FROM windows
       WHERE change > ? ORDER BY windows.change LIMIT ?`,
    ),
    trimWindows: database.prepare(
      'DELETE FROM windows WHERE device_id = ? AND closed = 1 AND start + size <= ?',
    ),
    trimLate: database.prepare(
      `DELETE FROM late WHERE rowid IN (SELECT rowid FROM late WHERE arrival_time < ? ORDER BY arrival_time LIMIT ?)`,
    ),
  };

  const tally = (partition: number): AggregationTally | null =>
    (sql.tally.all(partition) as StoredTally[]).map(tallyOf)[0] ?? null;

  const write = ({ tally: next, from, devices, windows, late }: AggregationCommit): void => {
    checkPosition(tally(next.partition)?.nextOffset ?? 0n, from, next.partition);
    for (const { deviceId, partition, offset, state } of devices) {
      sql.putDevice.run(deviceId, partition, offset, state);
    }
    let change = BigInt((sql.lastChange.all()[0] as [string])[0]);
    for (const { deviceId, start, size, partition, offset, closed, events, metrics } of windows) {
      change++;
      const text = JSON.stringify(metrics);
      sql.putWindow.run(deviceId, start, size, partition, offset, closed ? 1 : 0, events, change, text);
    }
    if (windows.length > 0) sql.putChange.run(change);
    for (const { partition, offset, deviceId, eventTime, arrivalTime, windowStart, payload } of late) {
      sql.putLate.run(partition, offset, deviceId, eventTime, arrivalTime, windowStart, payload);
    }
    const { partition, nextOffset, aggregated, duplicate, refused, ticks } = next;
    sql.putTally.run(partition, nextOffset, aggregated, next.late, duplicate, refused, ticks);
  };

  return {
    tally: async (partition) => tally(partition),
    tallies: async () => (sql.tallies.all() as StoredTally[]).map(tallyOf),
    progress: async (deviceIds) =>
      (sql.progress.all(JSON.stringify(deviceIds)) as StoredProgress[]).map(
        ({ deviceId, partition, offset, state }) => ({ deviceId, partition, offset: BigInt(offset), state }),
      ),
    openWindows: async (deviceIds) =>
      (sql.openWindows.all(JSON.stringify(deviceIds)) as StoredWindow[]).map(windowOf),
    devicesWithOpenWindows: async (partition) =>
      (sql.devicesOpen.all(partition) as [string][]).map(([id]) => id),
    commit: async (commit) => transact(database, path, () => write(commit)),
    windows: async (deviceId, { from, to }, { limit, cursor }) => {
      const after = cursor === null ? [from, -1] : decodeCursor(cursor, ['number', 'number']);
      const rows = sql.windows.all(deviceId, from, to, ...after, limit + 1) as StoredWindow[];
      return pageOf(rows.map(windowOf), limit, (row) => [row.start, row.size]);
    },
    recentWindows: async (limit) => (sql.recent.all(limit) as StoredWindow[]).map(windowOf),
    late: async ({ limit, cursor }) => {
      const rows =
        cursor === null
          ? sql.late.all(limit + 1)
          : sql.lateAfter.all(...decodeCursor(cursor, ['number', 'number', 'offset']), limit + 1);
      const events = (rows as StoredLate[]).map(lateOf);
      return pageOf(events, limit, (event) => [event.arrivalTime, event.partition, event.offset]);
    },
    changedSince: async (change, limit) =>
      (sql.changed.all(change, limit) as (Omit<ChangedWindow, 'change'> & { change: string })[]).map(
        (row) => ({
          change: BigInt(row.change),
          deviceId: row.deviceId,
          start: row.start,
        }),
      ),
    trimWindows: async (deviceId, time) =>
      transact(database, path, () => sql.trimWindows.run(deviceId, time).changes),
    trimLate: async (time, limit) => transact(database, path, () => sql.trimLate.run(time, limit).changes),
    close: async () => {
      database.close();
    },
  };
}

function tallyOf(row: StoredTally): AggregationTally {
  const { partition, nextOffset, aggregated, late, duplicate, refused, ticks } = row;
  return { partition, nextOffset: BigInt(nextOffset), aggregated, late, duplicate, refused, ticks };
}

function windowOf(row: StoredWindow): WindowRow {
  const { deviceId, start, size, partition, offset, closed, events, metrics } = row;
  return {
    deviceId,
    start,
    size,
    partition,
    offset: BigInt(offset),
    closed: closed === 1,
    events,
    metrics: JSON.parse(metrics) as WindowRow['metrics'],
  };
}

function lateOf(row: StoredLate): LateEvent {
  const { partition, offset, deviceId, eventTime, arrivalTime, windowStart, payload } = row;
  return {
    id: `${partition}-${offset}`,
    partition,
    offset: BigInt(offset),
    deviceId,
    eventTime,
    arrivalTime,
    windowStart,
    payload,
  };
}
