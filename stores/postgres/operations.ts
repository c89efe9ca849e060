/** What operators do about alerts, in PostgreSQL: an act and its entry in the trail are one statement. */
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
import type { Postgres } from './database.js';
import { OPERATION_MIGRATIONS } from './operation-tables.js';
import { numeric } from './values.js';

const SILENCE = `SELECT id, matchers, starts_at AS "startsAt", ends_at AS "endsAt", author, reason,
  created_at AS "createdAt", expired_by AS "expiredBy" FROM silences`;

type StoredSilence = Omit<Silence, 'matchers'> & { readonly matchers: string };
type StoredEntry = Omit<AuditEntry, 'id' | 'details'> & { readonly id: string; readonly details: string };

/** Returns a row when there was something to change. Its parameters begin with those of the trail. */
const acting = (change: string) => `
  WITH changed AS (${change} RETURNING 1)
  INSERT INTO audit_trail (at, author, act, subject, details)
  SELECT $1::float8, $2::text, $3::text, $4::text, $5::text FROM changed`;

const ACTS = {
  acknowledge: acting(`
    INSERT INTO acknowledgements AS a (fingerprint, starts_at, author, comment, at)
    VALUES ($6::text, $7::float8, $2::text, $8::text, $1::float8)
    ON CONFLICT (fingerprint, starts_at) DO UPDATE SET author = excluded.author, comment = excluded.comment,
      at = excluded.at
    WHERE (excluded.author, excluded.comment, excluded.at) IS DISTINCT FROM (a.author, a.comment, a.at)`),
  unacknowledge: acting(
    'DELETE FROM acknowledgements WHERE fingerprint = $6::text AND starts_at = $7::float8',
  ),
  comment: acting(`
    INSERT INTO alert_comments (id, fingerprint, starts_at, author, text, at)
    VALUES ($6::text, $7::text, $8::float8, $2::text, $9::text, $1::float8) ON CONFLICT DO NOTHING`),
  silence: acting(`
    INSERT INTO silences (id, matchers, starts_at, ends_at, author, reason, created_at, expired_by)
    VALUES ($6::text, $7::text, $8::float8, $9::float8, $2::text, $10::text, $1::float8, $11::text)
    ON CONFLICT DO NOTHING`),
  // One that has not begun never does.
  'expire-silence': acting(`
    UPDATE silences SET starts_at = least(starts_at, $1::float8), ends_at = $1::float8, expired_by = $2::text
    WHERE id = $6::text AND ends_at > $1::float8`),
  redrive: `INSERT INTO audit_trail (at, author, act, subject, details) VALUES ($1, $2, $3, $4, $5)`,
} as const;

export function openOperationStore(database: Postgres): OperationStore {
  const tables = database.tables('operations', OPERATION_MIGRATIONS);
  const silencesOf = async (rest: string, parameters: readonly unknown[]) =>
    (await tables.all<StoredSilence>(`${SILENCE} ${rest}`, parameters)).map(silenceOf);
  return {
    async act(act) {
      const { at, author, subject, details } = auditOf(act);
      const trail = [numeric(at), stored(author), act.act, stored(subject), JSON.stringify(details)];
      return (await tables.run(ACTS[act.act], [...trail, ...parametersOf(act)])) > 0;
    },
    silences: (time) => silencesOf('WHERE ends_at > $1 ORDER BY created_at, id', [time]),
    async allSilences({ limit, cursor }) {
      const [createdAt, id] =
        cursor === null ? [null, ''] : (decodeCursor(cursor, ['number', 'string']) as [number, string]);
      const rows = await silencesOf(
        `WHERE $1::float8 IS NULL OR (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3`,
        [createdAt, stored(id), limit + 1],
      );
      return pageOf(rows, limit, (silence) => [silence.createdAt, silence.id]);
    },
    silence: async (id) => (await silencesOf('WHERE id = $1', [stored(id)]))[0] ?? null,
    async acknowledgements(fingerprints) {
      const rows = await tables.all<Acknowledgement>(
        `SELECT fingerprint, starts_at AS "startsAt", author, comment, at FROM acknowledgements
         WHERE fingerprint = ANY($1) ORDER BY fingerprint, starts_at`,
        [fingerprints.map(stored)],
      );
      return rows.map((row) => readable(row, ['fingerprint', 'author', 'comment']));
    },
    async comments(fingerprint) {
      const rows = await tables.all<Comment>(
        `SELECT id, fingerprint, starts_at AS "startsAt", author, text, at FROM alert_comments
         WHERE fingerprint = $1 ORDER BY at, id`,
        [stored(fingerprint)],
      );
      return rows.map((row) => readable(row, ['id', 'fingerprint', 'author', 'text']));
    },
    async audit({ limit, cursor }) {
      const before = cursor === null ? null : decodeCursor(cursor, ['offset'])[0];
      const rows = await tables.all<StoredEntry>(
        `SELECT id, at, author, act, subject, details FROM audit_trail WHERE $1::numeric IS NULL OR id < $1
         ORDER BY id DESC LIMIT $2`,
        [before, limit + 1],
      );
      return pageOf(rows.map(entryOf), limit, ({ id }) => [id]);
    },
    async trim(time, limit) {
      let gone = 0;
      for (const statement of TRIM) gone += await tables.run(statement, [time, limit - gone]);
      return gone;
    },
    close: async () => undefined,
  };
}

const oldest = (table: string, column: string, key: string) =>
  `DELETE FROM ${table} WHERE (${key}) IN
     (SELECT ${key} FROM ${table} WHERE ${column} < $1 ORDER BY ${column} LIMIT $2)`;
const TRIM = [
  oldest('silences', 'ends_at', 'id'),
  oldest('alert_comments', 'at', 'id'),
  oldest('acknowledgements', 'at', 'fingerprint, starts_at'),
  oldest('audit_trail', 'at', 'id'),
];

/** What an act's statement needs besides the entry of the trail. */
function parametersOf(act: OperatorAct): unknown[] {
  switch (act.act) {
    case 'acknowledge': {
      const { fingerprint, startsAt, comment } = act.acknowledgement;
      return [stored(fingerprint), numeric(startsAt), stored(comment)];
    }
    case 'unacknowledge':
      return [stored(act.fingerprint), numeric(act.startsAt)];
    case 'comment': {
      const { id, fingerprint, startsAt, text } = act.comment;
      return [stored(id), stored(fingerprint), numeric(startsAt), stored(text)];
    }
    case 'silence': {
      const { id, matchers, startsAt, endsAt, reason, expiredBy } = act.silence;
      const what = [stored(id), JSON.stringify(matchers), numeric(startsAt), numeric(endsAt)];
      return [...what, stored(reason), expiredBy === null ? null : stored(expiredBy)];
    }
    case 'expire-silence':
      return [stored(act.id)];
    case 'redrive':
      return [];
  }
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
