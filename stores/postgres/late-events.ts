/** Late events in PostgreSQL. */
import type { AggregationStore, LateEvent } from '../aggregation.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { original, stored } from '../text.js';
import type { Tables } from './database.js';

const LATE = `SELECT partition, "offset", device_id AS "deviceId", event_time AS "eventTime",
  arrival_time AS "arrivalTime", window_start AS "windowStart", definitions, payload FROM late`;
const NEWEST = 'ORDER BY arrival_time DESC, partition DESC, "offset" DESC LIMIT $1';

type StoredLate = Omit<LateEvent, 'offset' | 'id' | 'definitions'> & { offset: string; definitions: string };

/** What of the store is about late events, commits apart. */
export type LateEvents = Pick<AggregationStore, 'late' | 'trimLate'>;

export function lateEventsIn(tables: Tables): LateEvents {
  return {
    async late({ deviceId }, { limit, cursor }) {
      const parameters: unknown[] = [limit + 1];
      const conditions: string[] = [];
      const given = (value: unknown) => `$${parameters.push(value)}`;
      if (deviceId !== undefined) conditions.push(`device_id = ${given(stored(deviceId))}`);
      if (cursor !== null) {
        const key = decodeCursor(cursor, ['number', 'number', 'offset']);
        conditions.push(`(arrival_time, partition, "offset") < (${key.map(given).join(', ')})`);
      }
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const rows = await tables.all<StoredLate>(`${LATE} ${where} ${NEWEST}`, parameters);
      return pageOf(rows.map(lateOf), limit, (event) => [event.arrivalTime, event.partition, event.offset]);
    },
    trimLate: (time, limit) =>
      tables.run(
        `DELETE FROM late WHERE (partition, "offset") IN
           (SELECT partition, "offset" FROM late WHERE arrival_time < $1 ORDER BY arrival_time LIMIT $2)`,
        [time, limit],
      ),
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
