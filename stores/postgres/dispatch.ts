/**
 * Groups and deliveries in PostgreSQL: that groups have told something and the deliveries that tell it are one
 * statement.
 */
import { decodeCursor, pageOf } from '../cursor.js';
import type { Inbox } from '../inbox.js';
import type { DeliveryStore, DispatchStore, GroupRow } from '../notifications.js';
import { staleDispatch } from '../stale-dispatch.js';
import { original, stored } from '../text.js';
import type { Postgres, Tables } from './database.js';
import { openDeliveries } from './deliveries.js';
import { MIGRATIONS } from './dispatch-tables.js';
import { documents, nullableNumbers, nullableTexts, numbers, onePerKey, split, texts } from './values.js';

export interface Dispatching {
  readonly dispatch: DispatchStore;
  readonly deliveries: DeliveryStore;
}

/** @param inbox where `notify` puts what it tells */
export function openDispatch(database: Postgres, inbox: Inbox): Dispatching {
  const tables = database.tables('dispatch', MIGRATIONS);
  return { dispatch: groupsIn(tables, inbox), deliveries: openDeliveries(tables) };
}

/** The row of the cursor is the gate: everything else is written `FROM` it. */
const COMMIT = `
  WITH gate AS (
    UPDATE dispatched SET cursor = $1::bigint WHERE cursor = $2::bigint RETURNING cursor
  ), removed AS (
    DELETE FROM dispatch_groups USING gate WHERE key = ANY($3)
  ), written AS (
    INSERT INTO dispatch_groups (key, due, state) SELECT given.* FROM gate,
      unnest($4::text[], $5::float8[], ${split('$6', 'cardinality($4)')}) AS given
    ON CONFLICT (key) DO UPDATE SET due = excluded.due, state = excluded.state
  ), added AS (
    INSERT INTO deliveries
      (id, target, state, created_at, due_at, available, attempts, last_error, fingerprints, notification,
       group_key)
    SELECT id, target, state, created_at, due_at, due_at, attempts, last_error,
      ARRAY(SELECT jsonb_array_elements_text(fingerprints::jsonb)), notification, group_key
    FROM gate, unnest($7::text[], $8::text[], $9::text[], $10::float8[], $11::float8[], $12::integer[], $13::text[],
        ${split('$14', 'cardinality($7)')}, ${split('$15', 'cardinality($7)')}, $16::text[])
      WITH ORDINALITY AS given
        (id, target, state, created_at, due_at, attempts, last_error, fingerprints, notification, group_key, n)
    ORDER BY n
    ON CONFLICT (id) DO NOTHING
  )
  SELECT cursor FROM gate`;

function groupsIn(tables: Tables, inbox: Inbox): DispatchStore {
  const groups = async (rest: string, parameters: readonly unknown[]) =>
    (await tables.all<GroupRow>(`SELECT key, due, state FROM dispatch_groups ${rest}`, parameters)).map(
      groupOf,
    );
  const cursor = async () =>
    BigInt((await tables.all<{ cursor: string }>('SELECT cursor FROM dispatched'))[0]?.cursor ?? 0);
  return {
    cursor,
    inbox: (after, limit) => inbox.inbox(after, limit),
    groups: (keys) => groups('WHERE key = ANY($1) ORDER BY key', [keys.map(stored)]),
    dueGroups: (time, limit) => groups('WHERE due <= $1 ORDER BY due, key LIMIT $2', [time, limit]),
    async allGroups({ limit, cursor }) {
      const key = cursor === null ? null : stored(decodeCursor(cursor, ['string'])[0] as string);
      const rows = await groups('WHERE $1::text IS NULL OR key > $1 ORDER BY key LIMIT $2', [key, limit + 1]);
      return pageOf(rows, limit, (group) => [group.key]);
    },
    async commit({ from, ...change }) {
      const written = onePerKey(change.groups, ({ key }) => key);
      const kept = new Set(written.map(({ key }) => key));
      const added = onePerKey(
        change.deliveries,
        ({ id }) => id,
        () => false,
      );
      const rows = await tables.all(COMMIT, [
        change.cursor,
        from,
        // What is removed and written is written: one statement may do only one of both to a row.
        change.removedGroups.filter((key) => !kept.has(key)).map(stored),
        texts(written, ({ key }) => key),
        nullableNumbers(written, ({ due }) => due),
        documents(written, ({ state }) => state),
        texts(added, ({ id }) => id),
        texts(added, ({ target }) => target),
        added.map(({ state }) => state),
        numbers(added, ({ createdAt }) => createdAt),
        numbers(added, ({ dueAt }) => dueAt),
        numbers(added, ({ attempts }) => attempts),
        nullableTexts(added, ({ lastError }) => lastError),
        documents(added, ({ fingerprints }) => JSON.stringify(fingerprints.map(stored))),
        documents(added, ({ notification }) => notification),
        nullableTexts(added, ({ group }) => group ?? null),
      ]);
      if (rows.length === 0) throw staleDispatch(await cursor(), from);
    },
    close: async () => undefined,
  };
}

function groupOf({ key, due, state }: GroupRow): GroupRow {
  return { key: original(key), due, state: original(state) };
}
