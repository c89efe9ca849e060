/** A commit of alerts in SQLite, and how far each function has committed. */
import type { Alert, AlertCommit } from '../alerts.js';
import { stored } from '../text.js';
import type { Sqlite } from './database.js';
import { asText } from './rows.js';
import { checkPosition } from './tallies.js';

/** Reads `next` of the last commit of a scope's partition; 0n before the first. */
export function positionsIn(database: Sqlite): (scope: string, partition: number) => bigint {
  const read = database.prepare(
    `SELECT ${asText('next')} FROM alert_positions WHERE scope = ? AND "partition" = ?`,
  );
  return (scope, partition) =>
    BigInt((read.all(stored(scope), partition) as { next: string }[])[0]?.next ?? 0);
}

/** To be called in a transaction. Throws `STORE_STALE`. */
export function commitInto(database: Sqlite): (change: AlertCommit) => void {
  const position = positionsIn(database);
  const advance = database.prepare('REPLACE INTO alert_positions VALUES (?, ?, ?)');
  const owe = database.prepare(
    `INSERT INTO alerts_owed (scope, "partition", through, changed_at, alerts) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (scope, "partition", through) DO UPDATE SET changed_at = excluded.changed_at,
       alerts = excluded.alerts`,
  );
  const settle = database.prepare(
    'DELETE FROM alerts_owed WHERE scope = ? AND "partition" = ? AND through = ?',
  );
  const writeRow = rowsInto(database);
  const remember = database.prepare(
    `INSERT INTO alert_memories (scope, device_id, "partition", "offset", due, state) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (scope, device_id) DO UPDATE SET "partition" = excluded."partition", "offset" = excluded."offset",
       due = excluded.due, state = excluded.state`,
  );
  const addEnded = database.prepare(`${INSERT_ALERT} WHERE alerts.state <> 'resolved'`);

  return (change) => {
    const { partition, owed, settled = [] } = change;
    const scope = stored(change.scope);
    checkPosition(position(change.scope, partition), change.from, partition);
    advance.run(scope, partition, change.next);
    for (const through of settled) settle.run(scope, partition, through);
    if (owed !== undefined) {
      const changedAt = owed.alerts.at(-1)?.alert.changedAt ?? 0;
      owe.run(scope, partition, owed.through, changedAt, JSON.stringify(owed.alerts));
    }
    for (const row of change.rows) writeRow(scope, row);
    for (const { deviceId, partition, offset, due, state } of change.memories) {
      remember.run(scope, stored(deviceId), partition, offset, due, stored(state));
    }
    for (const alert of change.ended) addEnded.run(...historyParameters(alert));
  };
}

const INSERT_ALERT = `
  INSERT INTO alerts (fingerprint, starts_at, device_id, rule, severity, state, changed_at, alert)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (fingerprint, starts_at) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at,
    alert = excluded.alert`;

function rowsInto(database: Sqlite): (scope: string, row: AlertCommit['rows'][number]) => void {
  // Offsets of different partitions say nothing about which is later.
  const putState = database.prepare(
    `INSERT INTO alert_state (scope, fingerprint, device_id, "partition", "offset", starts_at, alert_state, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (fingerprint, scope) DO UPDATE SET "partition" = excluded."partition",
       "offset" = excluded."offset", starts_at = excluded.starts_at, alert_state = excluded.alert_state,
       state = excluded.state
     WHERE excluded."offset" > alert_state."offset" OR excluded."partition" <> alert_state."partition"`,
  );
  // Rows that only remember a later event time have the document that is there.
  const putAlert = database.prepare(`${INSERT_ALERT} WHERE alerts.alert <> excluded.alert`);
  const pendingSince = database
    .prepare(
      `SELECT starts_at FROM alert_state WHERE scope = ? AND fingerprint = ? AND alert_state = 'pending'`,
    )
    .pluck();
  const cancel = database.prepare('DELETE FROM alerts WHERE fingerprint = ? AND starts_at = ?');

  return (scope, { fingerprint, deviceId, partition, offset, alert, state }) => {
    const name = stored(fingerprint);
    const startsAt = alert?.startsAt ?? null;
    const [wasPending] = pendingSince.all(scope, name) as number[];
    const row = [scope, name, stored(deviceId), partition, offset, startsAt, alert?.state ?? null];
    // A row at or past this position: the same records came again.
    if (putState.run(...row, stored(state)).changes === 0) return;
    if (wasPending !== undefined && wasPending !== startsAt) cancel.run(name, wasPending);
    if (alert !== null) putAlert.run(...historyParameters(alert));
  };
}

/** JSON needs no `stored`: what that is about is escaped in it. */
function historyParameters(alert: Alert): (string | number)[] {
  const { fingerprint, startsAt, deviceId, rule, severity, state, changedAt } = alert;
  const names = [stored(deviceId), stored(rule), stored(severity)];
  return [stored(fingerprint), startsAt, ...names, state, changedAt, JSON.stringify(alert)];
}
