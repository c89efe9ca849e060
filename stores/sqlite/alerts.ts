/**
 * Alerts in SQLite: the state machines' rows and the history they refer to, and what devices are remembered by. An
 * alert's document lies in the history once; a state row points at it by `starts_at`. What a batch tells is kept besides
 * until it is known to be durable in the alerts stream.
 */
import { alertOf, toldOf } from '../alert-documents.js';
import type { AlertState, AlertStateRow, AlertStore, DeviceMemory } from '../alerts.js';
import { original, stored } from '../text.js';
import { commitInto, positionsIn } from './alert-commit.js';
import { historyIn } from './alert-history.js';
import { MIGRATIONS } from './alert-tables.js';
import { openSqlite, type Sqlite, transact } from './database.js';
import { asText, listParameter } from './rows.js';

interface StateRow {
  readonly fingerprint: string;
  readonly device_id: string;
  readonly partition: number;
  readonly offset: string;
  readonly alert: string | null;
  readonly state: string;
}

type MemoryRow = Omit<StateRow, 'fingerprint' | 'alert'> & { readonly due: number | null };

export function openAlertStore(path: string): AlertStore {
  const database = openSqlite(path, MIGRATIONS);
  const sql = {
    rows: database.prepare(
      `SELECT s.fingerprint, s.device_id, s."partition", ${asText('s."offset"')}, a.alert, s.state
       FROM alert_state s LEFT JOIN alerts a ON a.fingerprint = s.fingerprint AND a.starts_at = s.starts_at
       WHERE s.scope = ? AND s.device_id IN (SELECT value FROM json_each(?))`,
    ),
    memories: database.prepare(
      `SELECT device_id, "partition", ${asText('"offset"')}, due, state FROM alert_memories
       WHERE scope = ? AND device_id IN (SELECT value FROM json_each(?))`,
    ),
    due: database
      .prepare(
        `SELECT device_id FROM alert_memories WHERE scope = ? AND "partition" = ? AND due <= ?
         ORDER BY due, device_id LIMIT ?`,
      )
      .pluck(),
    active: database
      .prepare(
        `SELECT DISTINCT device_id FROM alert_state
         WHERE scope = ? AND "partition" = ? AND alert_state <> 'resolved' ORDER BY device_id`,
      )
      .pluck(),
    owed: database.prepare(
      `SELECT ${asText('through')}, alerts FROM alerts_owed WHERE scope = ? AND "partition" = ?
       ORDER BY alerts_owed.through`,
    ),
    counts: database.prepare('SELECT state, n FROM alert_counts'),
  };
  const next = positionsIn(database);
  const commit = commitInto(database);
  const trim = trimFrom(database);

  return {
    ...historyIn(database),
    next: async (scope, partition) => next(scope, partition),
    async rows(scope, deviceIds) {
      const ids = listParameter(deviceIds.map(stored));
      return (sql.rows.all(stored(scope), ids) as StateRow[]).map(stateRowOf);
    },
    async memories(scope, deviceIds) {
      const ids = listParameter(deviceIds.map(stored));
      return (sql.memories.all(stored(scope), ids) as MemoryRow[]).map(memoryOf);
    },
    async due(scope, partition, time, limit) {
      return (sql.due.all(stored(scope), partition, time, limit) as string[]).map(original);
    },
    async active(scope, partition) {
      return (sql.active.all(stored(scope), partition) as string[]).map(original);
    },
    async commit(change) {
      transact(database, path, () => commit(change));
    },
    async owed(scope, partition) {
      const found = sql.owed.all(stored(scope), partition) as { through: string; alerts: string }[];
      return found.map(({ through, alerts }) => ({ through: BigInt(through), alerts: toldOf(alerts) }));
    },
    async counts() {
      const result = { pending: 0, firing: 0, nodata: 0, resolved: 0 };
      for (const { state, n } of sql.counts.all() as { state: AlertState; n: number }[]) result[state] = n;
      return result;
    },
    async trim(time, limit) {
      return transact(database, path, () => trim(time, limit));
    },
    async close() {
      database.close();
    },
  };
}

function trimFrom(database: Sqlite): (time: number, limit: number) => number {
  const old = database.prepare(
    `SELECT id, fingerprint, starts_at FROM alerts WHERE state = 'resolved' AND changed_at < ?
     ORDER BY changed_at, id LIMIT ?`,
  );
  const forgetState = database.prepare('DELETE FROM alert_state WHERE fingerprint = ? AND starts_at = ?');
  const forget = database.prepare('DELETE FROM alerts WHERE id = ?');
  const forgetOwed = database.prepare('DELETE FROM alerts_owed WHERE changed_at < ?');
  return (time, limit) => {
    forgetOwed.run(time);
    const found = old.all(time, limit) as { id: number; fingerprint: string; starts_at: number }[];
    for (const { id, fingerprint, starts_at } of found) {
      forgetState.run(fingerprint, starts_at);
      forget.run(id);
    }
    return found.length;
  };
}

function stateRowOf(row: StateRow): AlertStateRow {
  return {
    fingerprint: original(row.fingerprint),
    deviceId: original(row.device_id),
    partition: row.partition,
    offset: BigInt(row.offset),
    alert: row.alert === null ? null : alertOf(row.alert),
    state: original(row.state),
  };
}

function memoryOf({ device_id, partition, offset, due, state }: MemoryRow): DeviceMemory {
  return { deviceId: original(device_id), partition, offset: BigInt(offset), due, state: original(state) };
}
