/** The outbox in SQLite. A claim is a time before which a delivery is not available; it needs no end of its own. */
import { decodeCursor, pageOf } from '../cursor.js';
import type { Attempt, Delivery, DeliveryState, DeliveryStore, TargetState } from '../notifications.js';
import { original, stored } from '../text.js';
import { attempt, type Sqlite, transact } from './database.js';
import { listParameter } from './rows.js';

type StoredDelivery = Omit<Delivery, 'fingerprints' | 'group'> & {
  readonly sequence: number;
  readonly groupKey: string | null;
  readonly fingerprints: string;
};

const COLUMNS = `sequence, id, target, state, created_at AS createdAt, due_at AS dueAt, attempts,
  last_error AS lastError, fingerprints, notification, group_key AS groupKey`;

/** From one target to the next in the index, however many deliveries each has. */
const DUE_TARGETS = `
  WITH RECURSIVE t (target) AS (
    SELECT min(target) FROM deliveries WHERE state = 'waiting'
    UNION ALL
    SELECT (SELECT min(d.target) FROM deliveries d WHERE d.state = 'waiting' AND d.target > t.target) FROM t
    WHERE t.target IS NOT NULL
  )
  SELECT target FROM t WHERE EXISTS
    (SELECT 1 FROM deliveries d WHERE d.state = 'waiting' AND d.target = t.target AND d.available <= ?)`;

const CLAIM = `
  UPDATE deliveries SET available = ?3 WHERE sequence IN (
    SELECT d.sequence FROM deliveries d INDEXED BY deliveries_waiting
    WHERE d.state = 'waiting' AND d.target = ?1 AND d.available <= ?2 AND (d.group_key IS NULL OR NOT EXISTS (
      SELECT 1 FROM deliveries e INDEXED BY deliveries_in_order
      WHERE e.state = 'waiting' AND e.target = ?1 AND e.group_key = d.group_key AND e.sequence < d.sequence
        AND e.available > ?2
    )) ORDER BY d.sequence LIMIT ?4
  ) RETURNING ${COLUMNS}`;

const REDRIVE = `UPDATE deliveries SET state = 'waiting', due_at = ?1, available = ?1, attempts = 0
  WHERE state = 'dead' AND`;

export function deliveriesIn(database: Sqlite, path: string): DeliveryStore {
  const dueTargets = database.prepare(DUE_TARGETS).pluck();
  const claim = database.prepare(CLAIM);
  const settle = settleIn(database);
  const targets = database.prepare(
    'SELECT target, failures, open_until AS openUntil FROM targets ORDER BY target',
  );
  const counts = database.prepare(
    'SELECT target, state, n AS count FROM delivery_counts WHERE n > 0 ORDER BY target, state',
  );
  const attempts = database.prepare(
    `SELECT delivery_id AS deliveryId, target, at, duration_ms AS durationMs, outcome, status, error FROM attempts
     WHERE delivery_id = ? ORDER BY rowid`,
  );
  const redriveTarget = database.prepare(`${REDRIVE} target = ?2`);
  const redriveIds = database.prepare(`${REDRIVE} id IN (SELECT value FROM json_each(?2))`);
  const trim = trimIn(database);
  return {
    dueTargets: async (time) => (dueTargets.all(time) as string[]).map(original),
    async claim(target, time, until, limit) {
      const rows = attempt(path, () => claim.all(stored(target), time, until, limit)) as StoredDelivery[];
      return rows.sort((a, b) => a.sequence - b.sequence).map(deliveryOf);
    },
    async settle(settlements, target) {
      transact(database, path, () => settle(settlements, target));
    },
    async targets() {
      const rows = targets.all() as TargetState[];
      return rows.map((row) => ({ ...row, target: original(row.target) }));
    },
    async counts() {
      const rows = counts.all() as { target: string; state: DeliveryState; count: number }[];
      return rows.map((row) => ({ ...row, target: original(row.target) }));
    },
    async deliveries({ id, state, target, fingerprint }, page) {
      const conditions: string[] = [];
      const parameters: (string | number)[] = [];
      const given = (condition: string, value: string | number) => {
        conditions.push(condition);
        parameters.push(value);
      };
      if (id !== undefined) given('id = ?', stored(id));
      if (state !== undefined) given('state = ?', state);
      if (target !== undefined) given('target = ?', stored(target));
      if (fingerprint !== undefined) {
        const ofAlert = 'SELECT sequence FROM delivery_alerts WHERE fingerprint = ?';
        given(`sequence IN (${ofAlert})`, stored(fingerprint));
      }
      if (page.cursor !== null) given('sequence < ?', decodeCursor(page.cursor, ['number'])[0] as number);
      const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
      const rows = database
        .prepare(`SELECT ${COLUMNS} FROM deliveries ${where} ORDER BY sequence DESC LIMIT ?`)
        .all(...parameters, page.limit + 1) as StoredDelivery[];
      const { items, next } = pageOf(rows, page.limit, ({ sequence }) => [sequence]);
      return { items: items.map(deliveryOf), next };
    },
    async attempts(deliveryId) {
      return (attempts.all(stored(deliveryId)) as Attempt[]).map(attemptOf);
    },
    async redrive(which, time) {
      return attempt(path, () =>
        'target' in which
          ? redriveTarget.run(time, stored(which.target))
          : redriveIds.run(time, listParameter(which.ids.map(stored))),
      ).changes;
    },
    async trim(time, limit) {
      return transact(database, path, () => trim(time, limit));
    },
    close: async () => undefined,
  };
}

function settleIn(database: Sqlite): (...given: Parameters<DeliveryStore['settle']>) => void {
  // Of two that took it one after the other, the one that delivered it is right.
  const update = database.prepare(
    `UPDATE deliveries SET state = ?2, due_at = ?3, available = ?3, attempts = ?4, last_error = ?5
     WHERE id = ?1 AND (state = 'waiting' OR ?2 = 'delivered')`,
  );
  const log = database.prepare('INSERT INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?)');
  const put = database.prepare('REPLACE INTO targets VALUES (?, ?, ?)');
  return (settlements, { target, failures, openUntil }) => {
    for (const { delivery, attempt } of settlements) {
      const { id, state, dueAt, attempts, lastError } = delivery;
      update.run(stored(id), state, dueAt, attempts, nullable(lastError, stored));
      if (attempt === null) continue;
      const { deliveryId, at, durationMs, outcome, status, error } = attempt;
      const about = [stored(deliveryId), stored(attempt.target)];
      log.run(...about, at, durationMs, outcome, status, nullable(error, stored));
    }
    put.run(stored(target), failures, openUntil);
  };
}

function trimIn(database: Sqlite): (time: number, limit: number) => number {
  const old = database.prepare(
    `SELECT sequence, id, fingerprints FROM deliveries WHERE state <> 'waiting' AND created_at < ?
     ORDER BY created_at, sequence LIMIT ?`,
  );
  const forgetAttempts = database.prepare('DELETE FROM attempts WHERE delivery_id = ?');
  const forgetAlert = database.prepare('DELETE FROM delivery_alerts WHERE fingerprint = ? AND sequence = ?');
  const forget = database.prepare('DELETE FROM deliveries WHERE sequence = ?');
  return (time, limit) => {
    const rows = old.all(time, limit) as Pick<StoredDelivery, 'sequence' | 'id' | 'fingerprints'>[];
    for (const { sequence, id, fingerprints } of rows) {
      forgetAttempts.run(id);
      for (const fingerprint of JSON.parse(fingerprints) as string[]) {
        forgetAlert.run(stored(fingerprint), sequence);
      }
      forget.run(sequence);
    }
    return rows.length;
  };
}

function deliveryOf({ sequence: _, groupKey, ...row }: StoredDelivery): Delivery {
  return {
    ...row,
    ...(groupKey === null ? {} : { group: original(groupKey) }),
    id: original(row.id),
    target: original(row.target),
    lastError: nullable(row.lastError, original),
    fingerprints: JSON.parse(row.fingerprints) as string[],
    notification: original(row.notification),
  };
}

function attemptOf(row: Attempt): Attempt {
  const { deliveryId, target, error } = row;
  return {
    ...row,
    deliveryId: original(deliveryId),
    target: original(target),
    error: nullable(error, original),
  };
}

function nullable(text: string | null, convert: (text: string) => string): string | null {
  return text === null ? null : convert(text);
}
