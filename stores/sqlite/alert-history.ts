/** The history of alerts in SQLite. */
import { alertOf } from '../alert-documents.js';
import { ALERT_STATES, type Alert, type AlertFilter, type AlertStore } from '../alerts.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { stored } from '../text.js';
import type { Page, PageRequest } from '../validation.js';
import type { Sqlite } from './database.js';

const COLUMNS = [
  ['device_id', 'deviceId'],
  ['rule', 'rule'],
  ['severity', 'severity'],
  ['fingerprint', 'fingerprint'],
] as const;

export function historyIn(database: Sqlite): Pick<AlertStore, 'alerts' | 'alert' | 'expired'> {
  const latest = database
    .prepare('SELECT alert FROM alerts WHERE fingerprint = ? ORDER BY starts_at DESC LIMIT 1')
    .pluck();
  const expired = database
    .prepare(
      `SELECT a.alert FROM alerts a JOIN alert_state s ON s.fingerprint = a.fingerprint AND s.starts_at = a.starts_at
       WHERE a.state = 'resolved' AND a.changed_at < ? ORDER BY a.changed_at, a.id LIMIT ?`,
    )
    .pluck();
  return {
    alerts: async (filter, page) => pageOfHistory(database, filter, page),
    async alert(fingerprint) {
      const [document] = latest.all(stored(fingerprint)) as string[];
      return document === undefined ? null : alertOf(document);
    },
    async expired(time, limit) {
      return (expired.all(time, limit) as string[]).map(alertOf);
    },
  };
}

/** Newest `startsAt` first; ties go by fingerprint. */
function pageOfHistory(database: Sqlite, filter: AlertFilter, page: PageRequest): Page<Alert> {
  const conditions: string[] = [];
  const parameters: (string | number)[] = [];
  const { state } = filter;
  if (state !== undefined) {
    // A literal, or SQLite could not use the index that leaves out resolved alerts.
    if (state === 'active') conditions.push("state <> 'resolved'");
    else conditions.push(ALERT_STATES.includes(state) ? `state = '${state}'` : 'FALSE');
  }
  for (const [column, name] of COLUMNS) {
    const value = filter[name];
    if (value === undefined) continue;
    conditions.push(`${column} = ?`);
    parameters.push(stored(value));
  }
  if (page.cursor !== null) {
    const [startsAt, fingerprint] = decodeCursor(page.cursor, ['number', 'string']) as [number, string];
    conditions.push('(starts_at, fingerprint) < (?, ?)');
    parameters.push(startsAt, stored(fingerprint));
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const documents = database
    .prepare(`SELECT alert FROM alerts ${where} ORDER BY starts_at DESC, fingerprint DESC LIMIT ?`)
    .pluck()
    .all(...parameters, page.limit + 1) as string[];
  const keyOf = ({ startsAt, fingerprint }: Alert) => [startsAt, fingerprint];
  return pageOf(documents.map(alertOf), page.limit, keyOf);
}
