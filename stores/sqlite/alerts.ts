/**
 * Alerts in SQLite: the state machines' rows, and the history they refer to. An alert's document lies in the history
 * once; a state row points at it by `starts_at`. What a batch tells is kept besides until it is known to be durable in
 * the alerts stream.
 */
import type { Alert, AlertCommit, AlertState, AlertStateRow, AlertStore, Told } from '../alerts.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type { Page, PageRequest } from '../validation.js';
import { openSqlite, type Sqlite, transact } from './database.js';
import { asText, listParameter } from './rows.js';

const MIGRATIONS = [
  `CREATE TABLE alerts (
     id INTEGER PRIMARY KEY,
     fingerprint TEXT NOT NULL,
     starts_at INTEGER NOT NULL,
     device_id TEXT NOT NULL,
     state TEXT NOT NULL,
     changed_at INTEGER NOT NULL,
     alert TEXT NOT NULL,
     UNIQUE (fingerprint, starts_at)
   );
   CREATE INDEX alerts_newest ON alerts (starts_at, fingerprint);
   CREATE INDEX alerts_current ON alerts (state, starts_at, fingerprint) WHERE state <> 'resolved';
   CREATE INDEX alerts_of_device ON alerts (device_id, starts_at, fingerprint);
   CREATE INDEX alerts_old ON alerts (changed_at) WHERE state = 'resolved';

   CREATE TABLE alert_counts (state TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
   INSERT INTO alert_counts VALUES ('pending', 0), ('firing', 0), ('resolved', 0);
   CREATE TRIGGER alerts_inserted AFTER INSERT ON alerts BEGIN
     UPDATE alert_counts SET n = n + 1 WHERE state = NEW.state;
   END;
   CREATE TRIGGER alerts_updated AFTER UPDATE OF state ON alerts BEGIN
     UPDATE alert_counts SET n = n - 1 WHERE state = OLD.state;
     UPDATE alert_counts SET n = n + 1 WHERE state = NEW.state;
   END;
   CREATE TRIGGER alerts_deleted AFTER DELETE ON alerts BEGIN
     UPDATE alert_counts SET n = n - 1 WHERE state = OLD.state;
   END;

   CREATE TABLE alert_state (
     fingerprint TEXT PRIMARY KEY,
     device_id TEXT NOT NULL,
     "partition" INTEGER NOT NULL,
     "offset" INTEGER NOT NULL,
     starts_at INTEGER,
     pending INTEGER NOT NULL,
     state TEXT NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX alert_state_of_device ON alert_state (device_id);
   CREATE INDEX alert_state_pending ON alert_state ("partition") WHERE pending = 1;`,
  `CREATE TABLE alerts_owed (
     "partition" INTEGER NOT NULL,
     through INTEGER NOT NULL,
     changed_at INTEGER NOT NULL,
     alerts TEXT NOT NULL,
     PRIMARY KEY ("partition", through)
   ) WITHOUT ROWID;`,
];

interface StateRow {
  readonly fingerprint: string;
  readonly device_id: string;
  readonly partition: number;
  readonly offset: string;
  readonly alert: string | null;
  readonly state: string;
}

const SELECT_STATE = `
  SELECT s.fingerprint, s.device_id, s."partition", ${asText('s."offset"')}, a.alert, s.state
  FROM alert_state s LEFT JOIN alerts a ON a.fingerprint = s.fingerprint AND a.starts_at = s.starts_at`;

export function openAlertStore(path: string): AlertStore {
  const database = openSqlite(path, MIGRATIONS);
  const rowsOfDevices = database.prepare(
    `${SELECT_STATE} WHERE s.device_id IN (SELECT value FROM json_each(?))`,
  );
  const pendingRows = database.prepare(`${SELECT_STATE} WHERE s.pending = 1 AND s."partition" = ?`);
  const counts = database.prepare('SELECT state, n FROM alert_counts');
  const expired = database.prepare(
    `SELECT a.alert FROM alerts a JOIN alert_state s ON s.fingerprint = a.fingerprint AND s.starts_at = a.starts_at
     WHERE a.state = 'resolved' AND a.changed_at < ? ORDER BY a.changed_at, a.id LIMIT ?`,
  );
  const owed = database.prepare(
    `SELECT ${asText('through')}, alerts FROM alerts_owed WHERE "partition" = ? ORDER BY alerts_owed.through`,
  );
  const commit = commitInto(database);
  const trim = trimFrom(database);

  return {
    async rows(deviceIds) {
      return (rowsOfDevices.all(listParameter(deviceIds)) as StateRow[]).map(stateRowOf);
    },
    async pending(partition) {
      return (pendingRows.all(partition) as StateRow[]).map(stateRowOf);
    },
    async commit(change) {
      transact(database, path, () => commit(change));
    },
    async owed(partition) {
      const found = owed.all(partition) as { through: string; alerts: string }[];
      return found.map(({ through, alerts }) => ({
        through: BigInt(through),
        alerts: JSON.parse(alerts) as Told[],
      }));
    },
    async alerts(filter, page) {
      return history(database, filter, page);
    },
    async counts() {
      const found = counts.all() as { state: AlertState; n: number }[];
      const result = { pending: 0, firing: 0, resolved: 0 };
      for (const { state, n } of found) result[state] = n;
      return result;
    },
    async expired(time, limit) {
      return (expired.all(time, limit) as { alert: string }[]).map(({ alert }) => JSON.parse(alert) as Alert);
    },
    async trim(time, limit) {
      return transact(database, path, () => trim(time, limit));
    },
    async close() {
      database.close();
    },
  };
}

function commitInto(database: Sqlite): (change: AlertCommit) => void {
  const putState = database.prepare(
    `INSERT INTO alert_state (fingerprint, device_id, "partition", "offset", starts_at, pending, state)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (fingerprint) DO UPDATE SET "partition" = excluded."partition", "offset" = excluded."offset",
       starts_at = excluded.starts_at, pending = excluded.pending, state = excluded.state
     WHERE excluded."offset" > alert_state."offset"`,
  );
  const insert =
    'INSERT INTO alerts (fingerprint, starts_at, device_id, state, changed_at, alert) VALUES (?, ?, ?, ?, ?, ?)';
  // Within one state a document does not change: rows that only remember a later event time leave it alone.
  const putAlert = database.prepare(
    `${insert} ON CONFLICT (fingerprint, starts_at) DO UPDATE SET state = excluded.state,
       changed_at = excluded.changed_at, alert = excluded.alert WHERE alerts.state <> excluded.state`,
  );
  const addEnded = database.prepare(
    `${insert} ON CONFLICT (fingerprint, starts_at) DO UPDATE SET state = excluded.state,
       changed_at = excluded.changed_at, alert = excluded.alert WHERE alerts.state <> 'resolved'`,
  );
  const pendingSince = database
    .prepare('SELECT starts_at FROM alert_state WHERE fingerprint = ? AND pending = 1')
    .raw();
  const cancel = database.prepare('DELETE FROM alerts WHERE fingerprint = ? AND starts_at = ?');

  const owe = database.prepare(
    `INSERT INTO alerts_owed ("partition", through, changed_at, alerts) VALUES (?, ?, ?, ?)
     ON CONFLICT ("partition", through) DO UPDATE SET changed_at = excluded.changed_at, alerts = excluded.alerts`,
  );
  const settle = database.prepare('DELETE FROM alerts_owed WHERE "partition" = ? AND through = ?');

  return ({ partition, rows, ended, owed, settled = [] }) => {
    for (const through of settled) settle.run(partition, through);
    if (owed !== undefined) {
      const changedAt = owed.alerts.at(-1)?.alert.changedAt ?? 0;
      owe.run(partition, owed.through, changedAt, JSON.stringify(owed.alerts));
    }
    for (const { fingerprint, deviceId, partition, offset, alert, state } of rows) {
      const pending = alert?.state === 'pending' ? 1 : 0;
      const startsAt = alert?.startsAt ?? null;
      const wasPending = (pendingSince.all(fingerprint) as [number][])[0]?.[0];
      const put = putState.run(fingerprint, deviceId, partition, offset, startsAt, pending, state);
      // A row at or past this position: the same records came again.
      if (put.changes === 0) continue;
      if (wasPending !== undefined && wasPending !== startsAt) cancel.run(fingerprint, wasPending);
      if (alert !== null) putAlert.run(...historyParameters(alert));
    }
    for (const alert of ended) addEnded.run(...historyParameters(alert));
  };
}

function historyParameters(alert: Alert): [string, number, string, string, number, string] {
  const { fingerprint, startsAt, deviceId, state, changedAt } = alert;
  return [fingerprint, startsAt, deviceId, state, changedAt, JSON.stringify(alert)];
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

/** Newest `startsAt` first; ties go by fingerprint. */
function history(
  database: Sqlite,
  filter: { readonly state?: AlertState; readonly deviceId?: string },
  page: PageRequest,
): Page<Alert> {
  const conditions: string[] = [];
  const parameters: (string | number)[] = [];
  if (filter.state !== undefined) {
    // A literal, or SQLite could not use the index that leaves out resolved alerts.
    conditions.push(
      `state = '${filter.state === 'resolved' || filter.state === 'firing' ? filter.state : 'pending'}'`,
    );
  }
  if (filter.deviceId !== undefined) {
    conditions.push('device_id = ?');
    parameters.push(filter.deviceId);
  }
  if (page.cursor !== null) {
    conditions.push('(starts_at, fingerprint) < (?, ?)');
    parameters.push(...(decodeCursor(page.cursor, ['number', 'string']) as [number, string]));
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = database
    .prepare(
      `SELECT alert FROM alerts ${where}
       ORDER BY starts_at DESC, fingerprint DESC LIMIT ?`,
    )
    .all(...parameters, page.limit + 1) as { alert: string }[];
  const alerts = rows.map(({ alert }) => JSON.parse(alert) as Alert);
  return pageOf(alerts, page.limit, ({ startsAt, fingerprint }) => [startsAt, fingerprint]);
}

function stateRowOf(row: StateRow): AlertStateRow {
  return {
    fingerprint: row.fingerprint,
    deviceId: row.device_id,
    partition: row.partition,
    offset: BigInt(row.offset),
    alert: row.alert === null ? null : (JSON.parse(row.alert) as Alert),
    state: row.state,
  };
}
