/**
 * The store of aggregate in PostgreSQL. A window's metrics are one JSON text: they are read and written together, and
 * only ever by device and time.
 */
import type {
  AggregationCommit,
  AggregationStore,
  AggregationTally,
  DeviceProgress,
  LateEvent,
  WindowRow,
} from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { original, stored } from '../text.js';
import { changes, WRITING } from './changes.js';
import type { Postgres } from './database.js';
import { stale } from './stale.js';
import { documents, numbers, offsets, onePerKey, split, texts } from './values.js';

const MIGRATIONS = [
  `CREATE TABLE aggregation_tallies (
     partition integer PRIMARY KEY,
     next_offset numeric(60) NOT NULL,
     aggregated bigint NOT NULL,
     late bigint NOT NULL,
     duplicate bigint NOT NULL,
     refused bigint NOT NULL,
     ticks bigint NOT NULL
   );
   CREATE TABLE aggregation_devices (
     device_id text COLLATE "C" PRIMARY KEY,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     state text NOT NULL
   );
   CREATE SEQUENCE aggregation_changes;
   CREATE TABLE windows (
     device_id text COLLATE "C" NOT NULL,
     start double precision NOT NULL,
     size double precision NOT NULL,
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     closed boolean NOT NULL,
     events bigint NOT NULL,
     metrics text NOT NULL,
     change bigint NOT NULL,
     PRIMARY KEY (device_id, start, size)
   );
   CREATE INDEX windows_change ON windows (change);
   CREATE INDEX windows_open ON windows (partition, device_id) WHERE NOT closed;
   CREATE INDEX windows_open_of_device ON windows (device_id, start, size) WHERE NOT closed;
   CREATE TABLE late (
     partition integer NOT NULL,
     "offset" numeric(60) NOT NULL,
     device_id text NOT NULL,
     event_time double precision NOT NULL,
     arrival_time double precision NOT NULL,
     window_start double precision NOT NULL,
     payload text NOT NULL,
     PRIMARY KEY (partition, "offset")
   );
   CREATE INDEX late_arrival ON late (arrival_time, partition, "offset");`,
];

const TALLY = `SELECT partition, next_offset AS "nextOffset", aggregated::float8, late::float8, duplicate::float8,
  refused::float8, ticks::float8 FROM aggregation_tallies`;
const WINDOW = `SELECT device_id AS "deviceId", start, size, partition, "offset", closed, events::float8, metrics
  FROM windows`;
const LATE = `SELECT partition, "offset", device_id AS "deviceId", event_time AS "eventTime",
  arrival_time AS "arrivalTime", window_start AS "windowStart", payload FROM late`;
const LATE_NEWEST = 'ORDER BY arrival_time DESC, partition DESC, "offset" DESC LIMIT';

const COMMIT = `
  WITH gate AS (
    INSERT INTO aggregation_tallies AS t
    SELECT $1::integer, $2::numeric, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint
    WHERE $3::numeric IS NULL OR $3::numeric = 0 OR EXISTS (SELECT FROM aggregation_tallies WHERE partition = $1)
    ON CONFLICT (partition) DO UPDATE SET next_offset = excluded.next_offset, aggregated = excluded.aggregated,
      late = excluded.late, duplicate = excluded.duplicate, refused = excluded.refused, ticks = excluded.ticks
    WHERE $3::numeric IS NULL OR t.next_offset = $3::numeric
    RETURNING partition
  ), ${WRITING('gate')}, progress AS (
    INSERT INTO aggregation_devices SELECT given.* FROM gate,
      unnest($9::text[], $10::integer[], $11::numeric[], ${split('$12', 'cardinality($9)')}) AS given
    ON CONFLICT (device_id) DO UPDATE SET partition = excluded.partition, "offset" = excluded."offset",
      state = excluded.state
  ), written AS (
    INSERT INTO windows SELECT given.*, nextval('aggregation_changes') FROM writing,
      unnest($13::text[], $14::float8[], $15::float8[], $16::integer[], $17::numeric[], $18::boolean[], $19::bigint[],
        ${split('$20', 'cardinality($13)')}) AS given
    ON CONFLICT (device_id, start, size) DO UPDATE SET partition = excluded.partition, "offset" = excluded."offset",
      closed = excluded.closed, events = excluded.events, metrics = excluded.metrics, change = excluded.change
  ), too_late AS (
    INSERT INTO late SELECT given.* FROM gate, unnest($21::integer[], $22::numeric[], $23::text[], $24::float8[],
      $25::float8[], $26::float8[], ${split('$27', 'cardinality($21)')}) AS given
    ON CONFLICT (partition, "offset") DO UPDATE SET device_id = excluded.device_id, event_time = excluded.event_time,
      arrival_time = excluded.arrival_time, window_start = excluded.window_start, payload = excluded.payload
  )
  SELECT partition FROM gate`;

type StoredTally = Omit<AggregationTally, 'nextOffset'> & { nextOffset: string };
type StoredProgress = Omit<DeviceProgress, 'offset'> & { offset: string };
type StoredWindow = Omit<WindowRow, 'offset' | 'metrics'> & { offset: string; metrics: string };
type StoredLate = Omit<LateEvent, 'offset' | 'id'> & { offset: string };

export function openAggregationStore(database: Postgres): AggregationStore {
  const tables = database.tables('aggregation', MIGRATIONS);
  const feed = changes(tables, 'aggregation_changes');
  const tally = async (partition: number) =>
    (await tables.all<StoredTally>(`${TALLY} WHERE partition = $1`, [partition])).map(tallyOf)[0] ?? null;

  return {
    tally,
    tallies: async () => (await tables.all<StoredTally>(`${TALLY} ORDER BY partition`)).map(tallyOf),
    progress: async (deviceIds) => {
      const rows = await tables.all<StoredProgress>(
        `SELECT device_id AS "deviceId", partition, "offset", state FROM aggregation_devices
         WHERE device_id = ANY($1)`,
        [deviceIds.map(stored)],
      );
      return rows.map((row) => ({
        ...row,
        deviceId: original(row.deviceId),
        offset: BigInt(row.offset),
        state: original(row.state),
      }));
    },
    openWindows: async (deviceIds) => {
      const rows = await tables.all<StoredWindow>(
        `${WINDOW} WHERE NOT closed AND device_id = ANY($1) ORDER BY device_id, start, size`,
        [deviceIds.map(stored)],
      );
      return rows.map(windowOf);
    },
    devicesWithOpenWindows: async (partition) => {
      const rows = await tables.all<{ id: string }>(
        'SELECT DISTINCT device_id AS id FROM windows WHERE NOT closed AND partition = $1',
        [partition],
      );
      return rows.map(({ id }) => original(id));
    },
    commit: async (commit) => {
      if ((await tables.run(COMMIT, parametersOf(commit))) === 1) return;
      const { partition } = commit.tally;
      throw stale(`partition ${partition}`, (await tally(partition))?.nextOffset ?? 0n, commit.from);
    },
    windows: async (deviceId, { from, to }, { limit, cursor }) => {
      const after = cursor === null ? [from, -1] : decodeCursor(cursor, ['number', 'number']);
      const rows = await tables.all<StoredWindow>(
        `${WINDOW} WHERE device_id = $1 AND start >= $2 AND start < $3 AND (start, size) > ($4, $5)
         ORDER BY start, size LIMIT $6`,
        [stored(deviceId), from, to, ...after, limit + 1],
      );
      return pageOf(rows.map(windowOf), limit, (row) => [row.start, row.size]);
    },
    recentWindows: async (limit) =>
      (await tables.all<StoredWindow>(`${WINDOW} ORDER BY change DESC LIMIT $1`, [limit])).map(windowOf),
    late: async ({ limit, cursor }) => {
      const rows =
        cursor === null
          ? await tables.all<StoredLate>(`${LATE} ${LATE_NEWEST} $1`, [limit + 1])
          : await tables.all<StoredLate>(
              `${LATE} WHERE (arrival_time, partition, "offset") < ($1, $2, $3) ${LATE_NEWEST} $4`,
              [...decodeCursor(cursor, ['number', 'number', 'offset']), limit + 1],
            );
      return pageOf(rows.map(lateOf), limit, (event) => [event.arrivalTime, event.partition, event.offset]);
    },
    changedSince: async (change, limit) => {
      const rows = await tables.all<{ change: string; deviceId: string; start: number }>(
        `SELECT change, device_id AS "deviceId", start FROM windows WHERE change > $1 AND change <= $2
         ORDER BY change LIMIT $3`,
        [change, await feed.settled(), limit],
      );
      return rows.map((row) => ({
        change: BigInt(row.change),
        deviceId: original(row.deviceId),
        start: row.start,
      }));
    },
    trimWindows: (deviceId, time) =>
      tables.run('DELETE FROM windows WHERE device_id = $1 AND closed AND start + size <= $2', [
        stored(deviceId),
        time,
      ]),
    trimLate: (time, limit) =>
      tables.run(
        `DELETE FROM late WHERE (partition, "offset") IN
           (SELECT partition, "offset" FROM late WHERE arrival_time < $1 ORDER BY arrival_time LIMIT $2)`,
        [time, limit],
      ),
    close: async () => undefined,
  };
}

function parametersOf(commit: AggregationCommit): unknown[] {
  const { tally, from } = commit;
  const devices = onePerKey(commit.devices, (row) => row.deviceId);
  const windows = onePerKey(commit.windows, ({ deviceId, start, size }) => `${start} ${size} ${deviceId}`);
  const late = onePerKey(commit.late, (event) => `${event.partition}-${event.offset}`);
  return [
    tally.partition,
    tally.nextOffset,
    from ?? null,
    tally.aggregated,
    tally.late,
    tally.duplicate,
    tally.refused,
    tally.ticks,
    texts(devices, (row) => row.deviceId),
    numbers(devices, (row) => row.partition),
    offsets(devices, (row) => row.offset),
    documents(devices, (row) => row.state),
    texts(windows, (row) => row.deviceId),
    numbers(windows, (row) => row.start),
    numbers(windows, (row) => row.size),
    numbers(windows, (row) => row.partition),
    offsets(windows, (row) => row.offset),
    windows.map((row) => row.closed),
    numbers(windows, (row) => row.events),
    documents(windows, (row) => JSON.stringify(row.metrics)),
    numbers(late, (event) => event.partition),
    offsets(late, (event) => event.offset),
    texts(late, (event) => event.deviceId),
    numbers(late, (event) => event.eventTime),
    numbers(late, (event) => event.arrivalTime),
    numbers(late, (event) => event.windowStart),
    documents(late, (event) => event.payload),
  ];
}

// What becomes JSON has its members in one order whatever the store: that of the SQLite stores.
function tallyOf(row: StoredTally): AggregationTally {
  return { ...row, nextOffset: BigInt(row.nextOffset) };
}

function windowOf(row: StoredWindow): WindowRow {
  return {
    ...row,
    deviceId: original(row.deviceId),
    offset: BigInt(row.offset),
    metrics: JSON.parse(original(row.metrics)) as WindowRow['metrics'],
  };
}

function lateOf(row: StoredLate): LateEvent {
  return {
    id: `${row.partition}-${row.offset}`,
    ...row,
    offset: BigInt(row.offset),
    deviceId: original(row.deviceId),
    payload: original(row.payload),
  };
}
