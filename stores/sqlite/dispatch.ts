/**
 * Groups and deliveries in SQLite, in one file: that groups have told something and the deliveries that tell it are one
 * transaction.
 */
import { decodeCursor, pageOf } from '../cursor.js';
import type { Inbox } from '../inbox.js';
import type { Delivery, DeliveryStore, DispatchCommit, DispatchStore, GroupRow } from '../notifications.js';
import { staleDispatch } from '../stale-dispatch.js';
import { original, stored } from '../text.js';
import { openSqlite, type Sqlite, transact } from './database.js';
import { deliveriesIn } from './deliveries.js';
import { MIGRATIONS } from './dispatch-tables.js';
import { asText, listParameter } from './rows.js';

export interface DispatchFile {
  readonly dispatch: DispatchStore;
  readonly deliveries: DeliveryStore;
  close(): Promise<void>;
}

/** Closing either of the stores does nothing. @param inbox where `notify` puts what it tells */
export function openDispatch(path: string, inbox: () => Inbox): DispatchFile {
  const database = openSqlite(path, MIGRATIONS);
  return {
    dispatch: groupsIn(database, path, inbox),
    deliveries: deliveriesIn(database, path),
    async close() {
      database.close();
    },
  };
}

function groupsIn(database: Sqlite, path: string, inbox: () => Inbox): DispatchStore {
  const cursor = cursorIn(database);
  const some = database.prepare(
    'SELECT key, due, state FROM groups WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key',
  );
  const due = database.prepare('SELECT key, due, state FROM groups WHERE due <= ? ORDER BY due, key LIMIT ?');
  const first = database.prepare('SELECT key, due, state FROM groups ORDER BY key LIMIT ?');
  const after = database.prepare('SELECT key, due, state FROM groups WHERE key > ? ORDER BY key LIMIT ?');
  const commit = commitInto(database);
  return {
    cursor: async () => cursor(),
    inbox: (sequence, limit) => inbox().inbox(sequence, limit),
    groups: async (keys) => (some.all(listParameter(keys.map(stored))) as GroupRow[]).map(groupOf),
    dueGroups: async (time, limit) => (due.all(time, limit) as GroupRow[]).map(groupOf),
    async allGroups(page) {
      const key = page.cursor === null ? null : (decodeCursor(page.cursor, ['string'])[0] as string);
      const rows = key === null ? first.all(page.limit + 1) : after.all(stored(key), page.limit + 1);
      return pageOf((rows as GroupRow[]).map(groupOf), page.limit, (group) => [group.key]);
    },
    async commit(change) {
      transact(database, path, () => commit(change));
    },
    close: async () => undefined,
  };
}

function cursorIn(database: Sqlite): () => bigint {
  const read = database.prepare(`SELECT ${asText('cursor')} FROM dispatched`);
  return () => BigInt((read.all() as { cursor: string }[])[0]?.cursor ?? 0);
}

function commitInto(database: Sqlite): (change: DispatchCommit) => void {
  const cursor = cursorIn(database);
  const advance = database.prepare('UPDATE dispatched SET cursor = ?');
  const remove = database.prepare('DELETE FROM groups WHERE key IN (SELECT value FROM json_each(?))');
  const put = database.prepare(
    `INSERT INTO groups (key, due, state) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET due = excluded.due, state = excluded.state`,
  );
  const add = addDelivery(database);
  return ({ cursor: next, from, groups, removedGroups, deliveries }) => {
    const current = cursor();
    if (current !== from) throw staleDispatch(current, from);
    if (next !== from) advance.run(next);
    // What is removed and written is written.
    if (removedGroups.length > 0) remove.run(listParameter(removedGroups.map(stored)));
    for (const { key, due, state } of groups) put.run(stored(key), due, stored(state));
    for (const delivery of deliveries) add(delivery);
  };
}

function addDelivery(database: Sqlite): (delivery: Delivery) => void {
  const insert = database.prepare(
    `INSERT INTO deliveries (id, target, state, created_at, due_at, available, attempts, last_error, fingerprints,
       notification, group_key)
     VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING`,
  );
  const about = database.prepare('INSERT OR IGNORE INTO delivery_alerts VALUES (?, ?)');
  return (delivery) => {
    const { state, createdAt, dueAt, attempts, lastError, fingerprints, group } = delivery;
    const { changes, lastInsertRowid } = insert.run(
      stored(delivery.id),
      stored(delivery.target),
      state,
      createdAt,
      dueAt,
      attempts,
      lastError === null ? null : stored(lastError),
      JSON.stringify(fingerprints),
      stored(delivery.notification),
      group === undefined ? null : stored(group),
    );
    if (changes === 0) return;
    for (const fingerprint of fingerprints) about.run(stored(fingerprint), lastInsertRowid);
  };
}

function groupOf({ key, due, state }: GroupRow): GroupRow {
  return { key: original(key), due, state: original(state) };
}
