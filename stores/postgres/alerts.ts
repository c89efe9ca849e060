/**
 * Alerts in PostgreSQL: the state machines' rows and the history they refer to, and what devices are remembered by. An
 * alert's document lies in the history once; a state row points at it by `starts_at`. What a batch tells is kept besides
 * until it is known to be durable in the alerts stream.
 */
import { alertOf, toldOf } from '../alert-documents.js';
import type { AlertState, AlertStateRow, AlertStore, DeviceMemory } from '../alerts.js';
import { original, stored } from '../text.js';
import { COMMIT, parametersOf } from './alert-commit.js';
import { historyIn } from './alert-history.js';
import { ALERT_MIGRATIONS } from './alert-tables.js';
import type { Postgres } from './database.js';
import { stale } from './stale.js';

interface StoredRow {
  readonly fingerprint: string;
  readonly deviceId: string;
  readonly partition: number;
  readonly offset: string;
  readonly alert: string | null;
  readonly state: string;
}

type StoredMemory = Omit<DeviceMemory, 'offset'> & { readonly offset: string };

export function openAlertStore(database: Postgres): AlertStore {
  const tables = database.tables('alerts', ALERT_MIGRATIONS);
  const names = async (sql: string, parameters: readonly unknown[]) =>
    (await tables.all<{ device_id: string }>(sql, parameters)).map(({ device_id }) => original(device_id));
  return {
    ...historyIn(tables),
    async next(scope, partition) {
      const rows = await tables.all<{ next: string }>(
        'SELECT next FROM alert_positions WHERE scope = $1 AND partition = $2',
        [stored(scope), partition],
      );
      return BigInt(rows[0]?.next ?? 0);
    },
    async rows(scope, deviceIds) {
      const rows = await tables.all<StoredRow>(
        `SELECT s.fingerprint, s.device_id AS "deviceId", s.partition, s."offset", a.alert, s.state
         FROM alert_state s LEFT JOIN alerts a ON a.fingerprint = s.fingerprint AND a.starts_at = s.starts_at
         WHERE s.scope = $1 AND s.device_id = ANY($2)`,
        [stored(scope), deviceIds.map(stored)],
      );
      return rows.map(rowOf);
    },
    async memories(scope, deviceIds) {
      const rows = await tables.all<StoredMemory>(
        `SELECT device_id AS "deviceId", partition, "offset", due, state FROM alert_memories
         WHERE scope = $1 AND device_id = ANY($2)`,
        [stored(scope), deviceIds.map(stored)],
      );
      return rows.map(memoryOf);
    },
    due: (scope, partition, time, limit) =>
      names(
        `SELECT device_id FROM alert_memories WHERE scope = $1 AND partition = $2 AND due <= $3
         ORDER BY due, device_id LIMIT $4`,
        [stored(scope), partition, time, limit],
      ),
    active: (scope, partition) =>
      names(
        `SELECT DISTINCT device_id FROM alert_state
         WHERE scope = $1 AND partition = $2 AND alert_state <> 'resolved' ORDER BY device_id`,
        [stored(scope), partition],
      ),
    async commit(commit) {
      const [row] = await tables.all<{ ahead: string | null }>(COMMIT, parametersOf(commit));
      const ahead = row?.ahead ?? null;
      if (ahead !== null) throw stale(`partition ${commit.partition}`, BigInt(ahead), commit.from);
    },
    async owed(scope, partition) {
      const rows = await tables.all<{ through: string; alerts: string }>(
        'SELECT through, alerts FROM alerts_owed WHERE scope = $1 AND partition = $2 ORDER BY alerts_owed.through',
        [stored(scope), partition],
      );
      return rows.map(({ through, alerts }) => ({ through: BigInt(through), alerts: toldOf(alerts) }));
    },
    async counts() {
      const result = { pending: 0, firing: 0, nodata: 0, resolved: 0 };
      const rows = await tables.all<{ state: AlertState; n: number }>(
        'SELECT state, count(*)::float8 AS n FROM alerts GROUP BY state',
      );
      for (const { state, n } of rows) result[state] = n;
      return result;
    },
    async trim(time, limit) {
      const rows = await tables.all<{ n: number }>(TRIM, [time, limit]);
      return rows[0]?.n ?? 0;
    },
    close: async () => undefined,
  };
}

const TRIM = `
  WITH owed AS (DELETE FROM alerts_owed WHERE changed_at < $1), old AS (
    SELECT id, fingerprint, starts_at FROM alerts WHERE state = 'resolved' AND changed_at < $1
    ORDER BY changed_at, id LIMIT $2
  ), forgotten AS (
    DELETE FROM alert_state s USING old WHERE s.fingerprint = old.fingerprint AND s.starts_at = old.starts_at
  ), gone AS (DELETE FROM alerts a USING old WHERE a.id = old.id RETURNING a.id)
  SELECT count(*)::float8 AS n FROM gone`;

function rowOf(row: StoredRow): AlertStateRow {
  return {
    fingerprint: original(row.fingerprint),
    deviceId: original(row.deviceId),
    partition: row.partition,
    offset: BigInt(row.offset),
    alert: row.alert === null ? null : alertOf(row.alert),
    state: original(row.state),
  };
}

function memoryOf({ deviceId, partition, offset, due, state }: StoredMemory): DeviceMemory {
  return { deviceId: original(deviceId), partition, offset: BigInt(offset), due, state: original(state) };
}
