/** A commit of alerts as parameters of the function in the schema that makes it. */
import type { AlertCommit } from '../alerts.js';
import { stored } from '../text.js';
import { documents, nullableNumbers, numbers, numeric, offsets, onePerKey, texts } from './values.js';

/** Gives one row, `ahead`: null, or the position that is stored where it is not the one of the commit. */
export const COMMIT = `SELECT commit_alerts($1::text, $2::integer, $3::numeric, $4::numeric,
  $5::text[], $6::text[], $7::integer[], $8::numeric[], $9::float8[], $10::text[], $11::text[], $12::float8[],
  $13::text[], $14::text[], $15::text[],
  $16::text[], $17::integer[], $18::numeric[], $19::float8[], $20::text,
  $21::text[], $22::float8[], $23::text[], $24::text[], $25::text[], $26::text[], $27::float8[], $28::text[],
  $29::numeric, $30::float8, $31::text, $32::numeric[]) AS ahead`;

export function parametersOf(commit: AlertCommit): unknown[] {
  const { scope, partition, from, next, owed, settled = [] } = commit;
  const rows = onePerKey(
    commit.rows,
    (row) => row.fingerprint,
    (row, before) => row.offset > before.offset,
  );
  const memories = onePerKey(commit.memories, (memory) => memory.deviceId);
  // Of one that is named twice the first stays: it has ended by then.
  const ended = onePerKey(
    commit.ended,
    ({ fingerprint, startsAt }) => `${startsAt} ${fingerprint}`,
    () => false,
  );
  const alerts = rows.map(({ alert }) => alert);
  return [
    stored(scope),
    partition,
    from,
    next,
    texts(rows, (row) => row.fingerprint),
    texts(rows, (row) => row.deviceId),
    numbers(rows, (row) => row.partition),
    offsets(rows, (row) => row.offset),
    alerts.map((alert) => (alert === null ? null : numeric(alert.startsAt))),
    texts(rows, (row) => row.state),
    alerts.map((alert) => alert?.state ?? null),
    alerts.map((alert) => (alert === null ? null : numeric(alert.changedAt))),
    alerts.map((alert) => (alert === null ? null : stored(alert.rule))),
    alerts.map((alert) => (alert === null ? null : stored(alert.severity))),
    // JSON needs no `stored`: what that is about is escaped in it.
    alerts.map((alert) => (alert === null ? null : JSON.stringify(alert))),
    texts(memories, (memory) => memory.deviceId),
    numbers(memories, (memory) => memory.partition),
    offsets(memories, (memory) => memory.offset),
    nullableNumbers(memories, ({ due }) => due),
    documents(memories, (memory) => memory.state),
    texts(ended, (alert) => alert.fingerprint),
    numbers(ended, (alert) => alert.startsAt),
    texts(ended, (alert) => alert.deviceId),
    texts(ended, (alert) => alert.rule),
    texts(ended, (alert) => alert.severity),
    ended.map((alert) => alert.state),
    numbers(ended, (alert) => alert.changedAt),
    texts(ended, (alert) => JSON.stringify(alert)),
    owed?.through ?? null,
    owed === undefined ? null : (owed.alerts.at(-1)?.alert.changedAt ?? 0),
    owed === undefined ? null : JSON.stringify(owed.alerts),
    settled.map(String),
  ];
}
