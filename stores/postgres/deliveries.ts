/** The outbox in PostgreSQL. A claim is a time before which a delivery is not available; it needs no end of its own. */
import { decodeCursor, pageOf } from '../cursor.js';
import type { Attempt, Delivery, DeliveryState, DeliveryStore, TargetState } from '../notifications.js';
import { original, stored } from '../text.js';
import type { Tables } from './database.js';
import { nullableNumbers, nullableTexts, numbers, numeric, onePerKey, texts } from './values.js';

type StoredDelivery = Omit<Delivery, 'group'> & {
  readonly sequence: string;
  readonly groupKey: string | null;
};

const columns = (table: string) =>
  `${table}.sequence, ${table}.id, ${table}.target, ${table}.state, ${table}.created_at AS "createdAt",
   ${table}.due_at AS "dueAt", ${table}.attempts, ${table}.last_error AS "lastError", ${table}.fingerprints,
   ${table}.notification, ${table}.group_key AS "groupKey"`;

/** From one target to the next in the index, however many deliveries each has. */
const DUE_TARGETS = `
  WITH RECURSIVE t (target) AS (
    (SELECT target FROM deliveries WHERE state = 'waiting' ORDER BY target LIMIT 1)
    UNION ALL
    SELECT (SELECT d.target FROM deliveries d WHERE d.state = 'waiting' AND d.target > t.target ORDER BY d.target LIMIT 1)
    FROM t WHERE t.target IS NOT NULL
  )
  SELECT target FROM t WHERE EXISTS
    (SELECT FROM deliveries d WHERE d.state = 'waiting' AND d.target = t.target AND d.available <= $1)`;

/**
 * Those that somebody else is claiming are passed over: nobody waits for another one's claim. What is behind one that
 * was passed over stays, too, or it would overtake it.
 */
const CLAIM = `
  WITH due AS MATERIALIZED (
    SELECT sequence, group_key FROM deliveries d
    WHERE state = 'waiting' AND target = $1 AND available <= $2 AND NOT EXISTS (
      SELECT FROM deliveries e WHERE e.state = 'waiting' AND e.target = $1 AND e.group_key = d.group_key
        AND e.sequence < d.sequence AND e.available > $2
    )
    ORDER BY sequence LIMIT $4 FOR UPDATE SKIP LOCKED
  ), mine AS (
    SELECT sequence FROM due d WHERE NOT EXISTS (
      SELECT FROM deliveries e WHERE e.state = 'waiting' AND e.target = $1 AND e.group_key = d.group_key
        AND e.sequence < d.sequence AND e.sequence NOT IN (SELECT sequence FROM due)
    )
  ), claimed AS (
    UPDATE deliveries d SET available = $3 FROM mine WHERE d.sequence = mine.sequence RETURNING ${columns('d')}
  )
  SELECT * FROM claimed ORDER BY sequence`;

const SETTLE = `
  WITH settled AS (
    UPDATE deliveries d SET state = given.state, due_at = given.due_at, available = given.due_at,
      attempts = given.attempts, last_error = given.last_error
    FROM unnest($1::text[], $2::text[], $3::float8[], $4::integer[], $5::text[])
      AS given (id, state, due_at, attempts, last_error)
    -- Of two that took it one after the other, the one that delivered it is right.
    WHERE d.id = given.id AND (d.state = 'waiting' OR given.state = 'delivered')
  ), logged AS (
    INSERT INTO delivery_attempts (delivery_id, target, at, duration_ms, outcome, status, error)
    SELECT delivery_id, target, at, duration_ms, outcome, status, error
    FROM unnest($6::text[], $7::text[], $8::float8[], $9::float8[], $10::text[], $11::integer[], $12::text[])
      WITH ORDINALITY AS given (delivery_id, target, at, duration_ms, outcome, status, error, n)
    ORDER BY n
  )
  INSERT INTO delivery_targets VALUES ($13, $14, $15)
  ON CONFLICT (target) DO UPDATE SET failures = excluded.failures, open_until = excluded.open_until`;

const TRIM = `
  WITH old AS (
    SELECT sequence, id FROM deliveries WHERE state <> 'waiting' AND created_at < $1
    ORDER BY created_at, sequence LIMIT $2
  ), forgotten AS (DELETE FROM delivery_attempts a USING old WHERE a.delivery_id = old.id),
  gone AS (DELETE FROM deliveries d USING old WHERE d.sequence = old.sequence RETURNING d.sequence)
  SELECT count(*)::float8 AS n FROM gone`;

export function openDeliveries(tables: Tables): DeliveryStore {
  return {
    async dueTargets(time) {
      const rows = await tables.all<{ target: string }>(DUE_TARGETS, [time]);
      return rows.map(({ target }) => original(target));
    },
    async claim(target, time, until, limit) {
      const rows = await tables.all<StoredDelivery>(CLAIM, [stored(target), time, numeric(until), limit]);
      return rows.map(deliveryOf);
    },
    async settle(settlements, { target, failures, openUntil }) {
      const deliveries = onePerKey(
        settlements.map(({ delivery }) => delivery),
        ({ id }) => id,
      );
      const attempts = settlements.flatMap(({ attempt }) => attempt ?? []);
      await tables.run(SETTLE, [
        texts(deliveries, ({ id }) => id),
        deliveries.map(({ state }) => state),
        numbers(deliveries, ({ dueAt }) => dueAt),
        numbers(deliveries, (delivery) => delivery.attempts),
        nullableTexts(deliveries, ({ lastError }) => lastError),
        texts(attempts, ({ deliveryId }) => deliveryId),
        texts(attempts, (attempt) => attempt.target),
        numbers(attempts, ({ at }) => at),
        numbers(attempts, ({ durationMs }) => durationMs),
        attempts.map(({ outcome }) => outcome),
        nullableNumbers(attempts, ({ status }) => status),
        nullableTexts(attempts, ({ error }) => error),
        stored(target),
        failures,
        numeric(openUntil),
      ]);
    },
    async targets() {
      const rows = await tables.all<TargetState>(
        'SELECT target, failures, open_until AS "openUntil" FROM delivery_targets ORDER BY target',
      );
      return rows.map((row) => ({ ...row, target: original(row.target) }));
    },
    async counts() {
      const rows = await tables.all<{ target: string; state: DeliveryState; count: number }>(
        `SELECT target, state, count(*)::float8 AS count FROM deliveries GROUP BY target, state
         ORDER BY target, state COLLATE "C"`,
      );
      return rows.map((row) => ({ ...row, target: original(row.target) }));
    },
    async deliveries({ id, state, target, fingerprint }, { limit, cursor }) {
      const conditions = ['true'];
      const parameters: unknown[] = [limit + 1];
      const given = (value: unknown) => `$${parameters.push(value)}`;
      if (id !== undefined) conditions.push(`id = ${given(stored(id))}`);
      if (state !== undefined) conditions.push(`state = ${given(state)}`);
      if (target !== undefined) conditions.push(`target = ${given(stored(target))}`);
      if (fingerprint !== undefined) conditions.push(`fingerprints @> ${given([stored(fingerprint)])}`);
      if (cursor !== null) conditions.push(`sequence < ${given(decodeCursor(cursor, ['offset'])[0])}`);
      const rows = await tables.all<StoredDelivery>(
        `SELECT ${columns('d')} FROM deliveries d WHERE ${conditions.join(' AND ')} ORDER BY sequence DESC LIMIT $1`,
        parameters,
      );
      const { items, next } = pageOf(rows, limit, ({ sequence }) => [BigInt(sequence)]);
      return { items: items.map(deliveryOf), next };
    },
    async attempts(deliveryId) {
      const rows = await tables.all<Attempt>(
        `SELECT delivery_id AS "deliveryId", target, at, duration_ms AS "durationMs", outcome, status, error
         FROM delivery_attempts WHERE delivery_id = $1 ORDER BY sequence`,
        [stored(deliveryId)],
      );
      return rows.map(attemptOf);
    },
    redrive(which, time) {
      const [condition, value] =
        'target' in which
          ? ['target = $2', stored(which.target)]
          : ['id = ANY($2)', which.ids.map((id) => stored(id))];
      return tables.run(
        `UPDATE deliveries SET state = 'waiting', due_at = $1, available = $1, attempts = 0
         WHERE state = 'dead' AND ${condition}`,
        [numeric(time), value],
      );
    },
    async trim(time, limit) {
      return (await tables.all<{ n: number }>(TRIM, [time, limit]))[0]?.n ?? 0;
    },
    close: async () => undefined,
  };
}

function deliveryOf({ sequence: _, groupKey, ...row }: StoredDelivery): Delivery {
  return {
    ...row,
    ...(groupKey === null ? {} : { group: original(groupKey) }),
    id: original(row.id),
    target: original(row.target),
    lastError: row.lastError === null ? null : original(row.lastError),
    fingerprints: row.fingerprints.map(original),
    notification: original(row.notification),
  };
}

function attemptOf(row: Attempt): Attempt {
  const { deliveryId, target, error } = row;
  return {
    ...row,
    deliveryId: original(deliveryId),
    target: original(target),
    error: error === null ? null : original(error),
  };
}
