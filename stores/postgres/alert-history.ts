/** The history of alerts in PostgreSQL. */
import { alertOf } from '../alert-documents.js';
import { ALERT_STATES, type Alert, type AlertFilter, type AlertStore } from '../alerts.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { stored } from '../text.js';
import type { Page, PageRequest } from '../validation.js';
import type { Tables } from './database.js';

const COLUMNS = [
  ['device_id', 'deviceId'],
  ['rule', 'rule'],
  ['severity', 'severity'],
  ['fingerprint', 'fingerprint'],
] as const;

export function historyIn(tables: Tables): Pick<AlertStore, 'alerts' | 'alert' | 'expired'> {
  const alertsOf = async (sql: string, parameters: readonly unknown[]) =>
    (await tables.all<{ alert: string }>(sql, parameters)).map(({ alert }) => alertOf(alert));
  return {
    async alerts(filter, page) {
      return pageOfHistory(alertsOf, filter, page);
    },
    async alert(fingerprint) {
      const sql = 'SELECT alert FROM alerts WHERE fingerprint = $1 ORDER BY starts_at DESC LIMIT 1';
      return (await alertsOf(sql, [stored(fingerprint)]))[0] ?? null;
    },
    expired: (time, limit) =>
      alertsOf(
        `SELECT a.alert FROM alerts a
         JOIN alert_state s ON s.fingerprint = a.fingerprint AND s.starts_at = a.starts_at
         WHERE a.state = 'resolved' AND a.changed_at < $1 ORDER BY a.changed_at, a.id LIMIT $2`,
        [time, limit],
      ),
  };
}

/** Newest `startsAt` first; ties go by fingerprint. */
async function pageOfHistory(
  alertsOf: (sql: string, parameters: readonly unknown[]) => Promise<readonly Alert[]>,
  filter: AlertFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<Alert>> {
  const conditions: string[] = [];
  const parameters: unknown[] = [limit + 1];
  const given = (value: unknown) => `$${parameters.push(value)}`;
  const { state } = filter;
  if (state !== undefined) {
    // A literal, or the index that leaves out resolved alerts could not be used.
    if (state === 'active') conditions.push("state <> 'resolved'");
    else conditions.push(ALERT_STATES.includes(state) ? `state = '${state}'` : 'false');
  }
  for (const [column, name] of COLUMNS) {
    const value = filter[name];
    if (value !== undefined) conditions.push(`${column} = ${given(stored(value))}`);
  }
  if (cursor !== null) {
    const [startsAt, fingerprint] = decodeCursor(cursor, ['number', 'string']) as [number, string];
    conditions.push(`(starts_at, fingerprint) < (${given(startsAt)}, ${given(stored(fingerprint))})`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const alerts = await alertsOf(
    `SELECT alert FROM alerts ${where} ORDER BY starts_at DESC, fingerprint DESC LIMIT $1`,
    parameters,
  );
  return pageOf(alerts, limit, ({ startsAt, fingerprint }) => [startsAt, fingerprint]);
}
