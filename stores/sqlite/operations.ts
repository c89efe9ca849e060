/** What operators do about alerts, in SQLite (`operations.db`). */
import { auditOf } from '../audit.js';
import { decodeCursor, pageOf } from '../cursor.js';
import type {
  Acknowledgement,
  AuditEntry,
  Comment,
  Matcher,
  OperationStore,
  OperatorAct,
  Silence,
} from '../operations.js';
import { original, stored } from '../text.js';
import { openSqlite, type Sqlite, transact } from './database.js';
import { asText, listParameter } from './rows.js';

const MIGRATIONS = [
  `CREATE TABLE silences (
     id TEXT PRIMARY KEY,
     matchers TEXT NOT NULL,
     starts_at INTEGER NOT NULL,
     ends_at INTEGER NOT NULL,
     author TEXT NOT NULL,
     reason TEXT NOT NULL,
     created_at INTEGER NOT NULL,
     expired_by TEXT
   ) WITHOUT ROWID;
   CREATE INDEX silences_end ON silences (ends_at);
   CREATE INDEX silences_newest ON silences (created_at, id);
   CREATE TABLE acknowledgements (
     fingerprint TEXT NOT NULL,
     starts_at INTEGER NOT NULL,
     author TEXT NOT NULL,
     comment TEXT NOT NULL,
     at INTEGER NOT NULL,
     PRIMARY KEY (fingerprint, starts_at)
   ) WITHOUT ROWID;
   CREATE INDEX acknowledgements_at ON acknowledgements (at);
   CREATE TABLE comments (
     id TEXT PRIMARY KEY,
     fingerprint TEXT NOT NULL,
     starts_at INTEGER NOT NULL,
     author TEXT NOT NULL,
     text TEXT NOT NULL,
     at INTEGER NOT NULL
   ) WITHOUT ROWID;
   CREATE INDEX comments_of_alert ON comments (fingerprint, at, id);
   CREATE INDEX comments_at ON comments (at);
   CREATE TABLE audit (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     at INTEGER NOT NULL,
     author TEXT NOT NULL,
     act TEXT NOT NULL,
     subject TEXT NOT NULL,
     details TEXT NOT NULL
   );
   CREATE INDEX audit_at ON audit (at);`,
] as const;

const SILENCE = `SELECT id, matchers, starts_at AS startsAt, ends_at AS endsAt, author, reason,
  created_at AS createdAt, expired_by AS expiredBy FROM silences`;

type StoredSilence = Omit<Silence, 'matchers'> & { readonly matchers: string };
type StoredEntry = Omit<AuditEntry, 'id' | 'details'> & { readonly id: string; readonly details: string };

export function openOperationStore(path: string): OperationStore {
  const database = openSqlite(path, MIGRATIONS);
  const change = changeIn(database);
  const note = database.prepare(
    'INSERT INTO audit (at, author, act, subject, details) VALUES (?, ?, ?, ?, ?)',
  );
  const current = database.prepare(`${SILENCE} WHERE ends_at > ? ORDER BY created_at, id`);
  const one = database.prepare(`${SILENCE} WHERE id = ?`);
  const newest = database.prepare(
    `${SILENCE} WHERE (created_at, id) < (?, ?) ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  const first = database.prepare(`${SILENCE} ORDER BY created_at DESC, id DESC LIMIT ?`);
  const acknowledgements = database.prepare(
    `SELECT fingerprint, starts_at AS startsAt, author, comment, at FROM acknowledgements
     WHERE fingerprint IN (SELECT value FROM json_each(?)) ORDER BY fingerprint, starts_at`,
  );
  const comments = database.prepare(
    `SELECT id, fingerprint, starts_at AS startsAt, author, text, at FROM comments WHERE fingerprint = ?
     ORDER BY at, id`,
  );
  const trail = database.prepare(
    `SELECT ${asText('id')}, at, author, act, subject, details FROM audit WHERE audit.id < ?
     ORDER BY audit.id DESC LIMIT ?`,
  );
  const trim = trimIn(database);
  return {
    act: async (act) =>
      transact(database, path, () => {
        if (!change(act)) return false;
        const { at, author, act: name, subject, details } = auditOf(act);
        note.run(at, stored(author), name, stored(subject), JSON.stringify(details));
        return true;
      }),
    silences: async (time) => (current.all(time) as StoredSilence[]).map(silenceOf),
    async allSilences({ limit, cursor }) {
      const key = cursor === null ? null : (decodeCursor(cursor, ['number', 'string']) as [number, string]);
      const rows = key === null ? first.all(limit + 1) : newest.all(key[0], stored(key[1]), limit + 1);
      return pageOf((rows as StoredSilence[]).map(silenceOf), limit, ({ createdAt, id }) => [createdAt, id]);
    },
    async silence(id) {
      const [row] = one.all(stored(id)) as StoredSilence[];
      return row === undefined ? null : silenceOf(row);
    },
    async acknowledgements(fingerprints) {
      const rows = acknowledgements.all(listParameter(fingerprints.map(stored))) as Acknowledgement[];
      return rows.map((row) => readable(row, ['fingerprint', 'author', 'comment']));
    },
    async comments(fingerprint) {
      const rows = comments.all(stored(fingerprint)) as Comment[];
      return rows.map((row) => readable(row, ['id', 'fingerprint', 'author', 'text']));
    },
    async audit({ limit, cursor }) {
      const before = cursor === null ? LAST : (decodeCursor(cursor, ['offset'])[0] as bigint);
      const rows = (trail.all(before, limit + 1) as StoredEntry[]).map(entryOf);
      return pageOf(rows, limit, ({ id }) => [id]);
    },
    trim: async (time, limit) => transact(database, path, () => trim(time, limit)),
    async close() {
      database.close();
    },
  };
}

const LAST = 2n ** 63n - 1n;

/** Makes the change of an act; tells whether there was one to make. */
function changeIn(database: Sqlite): (act: OperatorAct) => boolean {
  const acknowledge = database.prepare(
    `INSERT INTO acknowledgements (fingerprint, starts_at, author, comment, at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (fingerprint, starts_at) DO UPDATE SET author = excluded.author, comment = excluded.comment,
       at = excluded.at
     WHERE (excluded.author, excluded.comment, excluded.at) <> (author, comment, at)`,
  );
  const unacknowledge = database.prepare(
    'DELETE FROM acknowledgements WHERE fingerprint = ? AND starts_at = ?',
  );
  const comment = database.prepare(
    'INSERT INTO comments (id, fingerprint, starts_at, author, text, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const silence = database.prepare(
    'INSERT INTO silences VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  // One that has not begun never does.
  const expire = database.prepare(
    `UPDATE silences SET starts_at = min(starts_at, ?2), ends_at = ?2, expired_by = ?3
     WHERE id = ?1 AND ends_at > ?2`,
  );
  const changesOf = (act: OperatorAct): number => {
    switch (act.act) {
      case 'acknowledge': {
        const { fingerprint, startsAt, author, comment, at } = act.acknowledgement;
        return acknowledge.run(stored(fingerprint), startsAt, stored(author), stored(comment), at).changes;
      }
      case 'unacknowledge':
        return unacknowledge.run(stored(act.fingerprint), act.startsAt).changes;
      case 'comment': {
        const { id, fingerprint, startsAt, author, text, at } = act.comment;
        const alert = [stored(id), stored(fingerprint), startsAt];
        return comment.run(...alert, stored(author), stored(text), at).changes;
      }
      case 'silence': {
        const { id, matchers, startsAt, endsAt, author, reason, createdAt, expiredBy } = act.silence;
        const what = [stored(id), JSON.stringify(matchers), startsAt, endsAt];
        const who = [
          stored(author),
          stored(reason),
          createdAt,
          expiredBy === null ? null : stored(expiredBy),
        ];
        return silence.run(...what, ...who).changes;
      }
      case 'expire-silence':
        return expire.run(stored(act.id), act.at, stored(act.author)).changes;
      case 'redrive':
        return 1;
    }
  };
  return (act) => changesOf(act) > 0;
}

function trimIn(database: Sqlite): (time: number, limit: number) => number {
  const oldest = (table: string, column: string, key: string) =>
    database.prepare(
      `DELETE FROM ${table} WHERE (${key}) IN
         (SELECT ${key} FROM ${table} WHERE ${column} < ? ORDER BY ${column} LIMIT ?)`,
    );
  const statements = [
    oldest('silences', 'ends_at', 'id'),
    oldest('comments', 'at', 'id'),
    oldest('acknowledgements', 'at', 'fingerprint, starts_at'),
    oldest('audit', 'at', 'id'),
  ];
  return (time, limit) =>
    statements.reduce((gone, statement) => gone + statement.run(time, limit - gone).changes, 0);
}

/** The row with these members as they were given. */
function readable<Row extends object>(row: Row, names: readonly (keyof Row)[]): Row {
  return { ...row, ...Object.fromEntries(names.map((name) => [name, original(row[name] as string)])) };
}

function silenceOf({ matchers, expiredBy, ...row }: StoredSilence): Silence {
  const given = readable(row, ['id', 'author', 'reason']);
  const by = expiredBy === null ? null : original(expiredBy);
  return { ...given, matchers: JSON.parse(matchers) as Matcher[], expiredBy: by };
}

function entryOf({ id, details, ...row }: StoredEntry): AuditEntry {
  const given = readable(row, ['author', 'subject']);
  return { ...given, id: BigInt(id), details: JSON.parse(details) as Record<string, unknown> };
}
