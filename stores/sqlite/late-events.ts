/** Late events in SQLite. */
import type { AggregationStore, LateEvent } from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { original, stored } from '../text.js';
import { type Sqlite, transact } from './database.js';
import { asText } from './rows.js';

const LATE = `SELECT partition, ${asText('offset')}, device_id AS deviceId, event_time AS eventTime,
  arrival_time AS arrivalTime, window_start AS windowStart, definitions, payload FROM late`;
const NEWEST = 'ORDER BY arrival_time DESC, partition DESC, late.offset DESC LIMIT ?';

type StoredLate = Omit<LateEvent, 'offset' | 'id' | 'definitions'> & { offset: string; definitions: string };

/** What of the store is about late events; `write` is part of a commit's transaction. */
export type LateEvents = Pick<AggregationStore, 'late' | 'trimLate'> & {
  write(events: readonly LateEvent[]): void;
};

export function lateEventsIn(database: Sqlite, path: string): LateEvents {
  const put = database.prepare(
    `INSERT OR REPLACE INTO late (partition, offset, device_id, event_time, arrival_time, window_start, definitions,
       payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const trim = database.prepare(
    `DELETE FROM late WHERE rowid IN (SELECT rowid FROM late WHERE arrival_time < ? ORDER BY arrival_time LIMIT ?)`,
  );
  const before = '(arrival_time, partition, late.offset) < (?, ?, ?)';
  const ofAll = {
    first: database.prepare(`${LATE} ${NEWEST}`),
    next: database.prepare(`${LATE} WHERE ${before} ${NEWEST}`),
  };
  const ofDevice = {
    first: database.prepare(`${LATE} WHERE device_id = ? ${NEWEST}`),
    next: database.prepare(`${LATE} WHERE device_id = ? AND ${before} ${NEWEST}`),
  };
  return {
    write(events) {
      for (const event of events) {
        put.run(
          event.partition,
          event.offset,
          stored(event.deviceId),
          event.eventTime,
          event.arrivalTime,
          event.windowStart,
          JSON.stringify(event.definitions),
          stored(event.payload),
        );
      }
    },
    async late({ deviceId }, { limit, cursor }) {
      const statements = deviceId === undefined ? ofAll : ofDevice;
      const device = deviceId === undefined ? [] : [stored(deviceId)];
      const rows =
        cursor === null
          ? statements.first.all(...device, limit + 1)
          : statements.next.all(
              ...device,
              ...decodeCursor(cursor, ['number', 'number', 'offset']),
              limit + 1,
            );
      const events = (rows as StoredLate[]).map(lateOf);
      return pageOf(events, limit, (event) => [event.arrivalTime, event.partition, event.offset]);
    },
    trimLate: async (time, limit) => transact(database, path, () => trim.run(time, limit).changes),
  };
}

function lateOf(row: StoredLate): LateEvent {
  return {
    id: `${row.partition}-${row.offset}`,
    partition: row.partition,
    offset: BigInt(row.offset),
    deviceId: original(row.deviceId),
    eventTime: row.eventTime,
    arrivalTime: row.arrivalTime,
    windowStart: row.windowStart,
    definitions: JSON.parse(row.definitions) as string[],
    payload: original(row.payload),
  };
}
