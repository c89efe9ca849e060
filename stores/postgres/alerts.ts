/**
 * Alerts in PostgreSQL: the state machines' rows, and the history they refer to. An alert's document lies in the history
 * once; a state row points at it by `starts_at`. What a batch tells is kept besides until it is known to be durable in
 * the alerts stream.
 */
import type { Alert, AlertCommit, AlertState, AlertStateRow, AlertStore, Told } from '../alerts.js';
import { decodeCursor, pageOf } from '../cursor.js';
import { original, stored } from '../text.js';
import { ALERT_MIGRATIONS } from './alert-tables.js';
import type { Postgres, Tables } from './database.js';
import { numbers, numeric, offsets, onePerKey, texts } from './values.js';

interface StoredRow {
  readonly fingerprint: string;
  readonly deviceId: string;
  readonly partition: number;
  readonly offset: string;
  readonly alert: string | null;
  readonly state: string;
}

const ROW = `SELECT s.fingerprint, s.device_id AS "deviceId", s.partition, s."offset", a.alert, s.state
  FROM alert_state s LEFT JOIN alerts a ON a.fingerprint = s.fingerprint AND a.starts_at = s.starts_at`;

const COMMIT = `SELECT commit_alerts($1::integer, $2::text[], $3::text[], $4::integer[], $5::numeric[], $6::float8[],
  $7::text[], $8::text[], $9::float8[], $10::text[], $11::text[], $12::float8[], $13::text[], $14::text[],
  $15::float8[], $16::text[], $17::numeric, $18::float8, $19::text, $20::numeric[])`;

export function openAlertStore(database: Postgres): AlertStore {
  const tables = database.tables('alerts', ALERT_MIGRATIONS);
  return {
    async rows(deviceIds) {
      const ids = deviceIds.map(stored);
      return (await tables.all<StoredRow>(`${ROW} WHERE s.device_id = ANY($1)`, [ids])).map(rowOf);
    },
    async pending(partition) {
      const sql = `${ROW} WHERE s.pending AND s.partition = $1`;
      return (await tables.all<StoredRow>(sql, [partition])).map(rowOf);
    },
    async commit(commit) {
      await tables.run(COMMIT, parametersOf(commit));
    },
    async owed(partition) {
      const rows = await tables.all<{ through: string; alerts: string }>(
        'SELECT through, alerts FROM alerts_owed WHERE partition = $1 ORDER BY alerts_owed.through',
        [partition],
      );
      return rows.map(({ through, alerts }) => ({
        through: BigInt(through),
        alerts: JSON.parse(original(alerts)) as Told[],
      }));
    },
    alerts: (filter, page) => history(tables, filter, page),
    async counts() {
      const result = { pending: 0, firing: 0, resolved: 0 };
      const rows = await tables.all<{ state: AlertState; n: number }>(
        'SELECT state, count(*)::float8 AS n FROM alerts GROUP BY state',
      );
      for (const { state, n } of rows) result[state] = n;
      return result;
    },
    async expired(time, limit) {
      const rows = await tables.all<{ alert: string }>(
        `SELECT a.alert FROM alerts a
         JOIN alert_state s ON s.fingerprint = a.fingerprint AND s.starts_at = a.starts_at
         WHERE a.state = 'resolved' AND a.changed_at < $1 ORDER BY a.changed_at, a.id LIMIT $2`,
        [time, limit],
      );
      return rows.map(({ alert }) => alertOf(alert));
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

function parametersOf({ partition, rows, ended, owed, settled = [] }: AlertCommit): unknown[] {
  const written = onePerKey(
    rows,
    (row) => row.fingerprint,
    (row, before) => row.offset > before.offset,
  );
  // Of one that is named twice the first stays: it has ended by then.
  const over = onePerKey(
    ended,
    ({ fingerprint, startsAt }) => `${startsAt} ${fingerprint}`,
    () => false,
  );
  const alerts = written.map(({ alert }) => alert);
  return [
    partition,
    texts(written, (row) => row.fingerprint),
    texts(written, (row) => row.deviceId),
    numbers(written, (row) => row.partition),
    offsets(written, (row) => row.offset),
    alerts.map((alert) => (alert === null ? null : numeric(alert.startsAt))),
    texts(written, (row) => row.state),
    alerts.map((alert) => alert?.state ?? null),
    alerts.map((alert) => (alert === null ? null : numeric(alert.changedAt))),
    alerts.map((alert) => (alert === null ? null : stored(JSON.stringify(alert)))),
    texts(over, (alert) => alert.fingerprint),
    numbers(over, (alert) => alert.startsAt),
    texts(over, (alert) => alert.deviceId),
    over.map((alert) => alert.state),
    numbers(over, (alert) => alert.changedAt),
    texts(over, (alert) => JSON.stringify(alert)),
    owed?.through ?? null,
    owed === undefined ? null : (owed.alerts.at(-1)?.alert.changedAt ?? 0),
    owed === undefined ? null : stored(JSON.stringify(owed.alerts)),
    settled.map(String),
  ];
}

/** Newest `startsAt` first; ties go by fingerprint. */
async function history(
  tables: Tables,
  filter: { readonly state?: AlertState; readonly deviceId?: string },
  { limit, cursor }: { readonly limit: number; readonly cursor: string | null },
) {
  const conditions: string[] = [];
  const parameters: unknown[] = [limit + 1];
  const given = (value: unknown) => `$${parameters.push(value)}`;
  if (filter.state !== undefined) {
    // A literal, or the index that leaves out resolved alerts could not be used.
    const state = filter.state === 'resolved' || filter.state === 'firing' ? filter.state : 'pending';
    conditions.push(`state = '${state}'`);
  }
  if (filter.deviceId !== undefined) conditions.push(`device_id = ${given(stored(filter.deviceId))}`);
  if (cursor !== null) {
    const [startsAt, fingerprint] = decodeCursor(cursor, ['number', 'string']) as [number, string];
    conditions.push(`(starts_at, fingerprint) < (${given(startsAt)}, ${given(stored(fingerprint))})`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const rows = await tables.all<{ alert: string }>(
    `SELECT alert FROM alerts ${where} ORDER BY starts_at DESC, fingerprint DESC LIMIT $1`,
    parameters,
  );
  const alerts = rows.map(({ alert }) => alertOf(alert));
  return pageOf(alerts, limit, ({ startsAt, fingerprint }) => [startsAt, fingerprint]);
}

function alertOf(document: string): Alert {
  return JSON.parse(original(document)) as Alert;
}

function rowOf(row: StoredRow): AlertStateRow {
  return {
    ...row,
    fingerprint: original(row.fingerprint),
    deviceId: original(row.deviceId),
    offset: BigInt(row.offset),
    alert: row.alert === null ? null : alertOf(row.alert),
    state: original(row.state),
  };
}
