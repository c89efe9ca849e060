/**
 * How Millrace opens a SQLite file.
 *
 * Discipline: one file per owning function (`validation.db`, `aggregation.db`, `rollups.db`, …), in WAL mode. The
 * owner is the only one that inserts or updates; `retain` deletes in short transactions; everybody else reads.
 * Every write is `BEGIN IMMEDIATE … COMMIT` with `synchronous=FULL`: when a commit returns, it survives a loss of
 * power, and so a checkpoint can never be ahead of the state it stands for. A file whose rows may be lost with the
 * power because nothing is decided from them (delivered notifications) says so and is spared the fsync.
 */
import Database from 'libsql';
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';

export type Sqlite = Database.Database;
export type Statement = Database.Statement;

/** How long a writer waits for another one's transaction (ms). */
const BUSY_TIMEOUT = 5_000;
/**
 * Pages (of 4 KiB) in the WAL before a commit copies them into the file, which takes that commit several ms: SQLite's
 * default is 1,000. Commits rewrite the same pages again and again, and each is copied once however often it changed.
 */
const CHECKPOINT_PAGES = 4_000;
/** How often the change to WAL is tried again, and how long to wait before each (ms). */
const WAL_ATTEMPTS = 100;
const WAL_NAP = 10;

/**
 * Opens (and makes) the file and brings its schema up to date. `migrations[i]` takes the schema from version i to
 * i + 1; the version is SQLite's `user_version`. Never edit a migration that was released: append one.
 * Throws `STORE_UNUSABLE` or `STORE_TOO_NEW`.
 */
export function openSqlite(
  path: string,
  migrations: readonly string[],
  survives: 'power loss' | 'kill -9' = 'power loss',
): Sqlite {
  let database: Sqlite;
  try {
    database = new Database(path);
    database.pragma(`busy_timeout = ${BUSY_TIMEOUT}`);
    enterWal(database);
  } catch (error) {
    throw new MillraceError(`cannot open the store ${path}: ${messageOf(error)}`, {
      code: 'STORE_UNUSABLE',
      hint: 'Is it a directory Millrace may write to, and the file one that Millrace made?',
      cause: error,
    });
  }
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  database.pragma(`synchronous = ${survives === 'power loss' ? 'FULL' : 'NORMAL'}`);
  migrate(database, path, migrations);
  return database;
}

/**
 * Environments that start together open a new file at the same moment, and all of them want to turn it to WAL. Two
 * that hold a read lock and want the exclusive one would wait for each other, so SQLite refuses one of them at once,
 * whatever `busy_timeout` says: that one tries again, by when the file is in WAL mode.
 */
function enterWal(database: Sqlite): void {
  const nap = new Int32Array(new SharedArrayBuffer(4));
  for (let left = WAL_ATTEMPTS; ; left--) {
    try {
      database.pragma('journal_mode = WAL');
      return;
    } catch (error) {
      if (left === 0 || !codeOf(error)?.startsWith('SQLITE_BUSY')) throw error;
      Atomics.wait(nap, 0, 0, WAL_NAP);
    }
  }
}

function migrate(database: Sqlite, path: string, migrations: readonly string[]): void {
  const readVersion = database.prepare('SELECT user_version FROM pragma_user_version').pluck();
  // `all`, because libsql's `get` and `pragma` disregard `pluck` and `simple`.
  const version = () => Number(readVersion.all()[0]);
  if (version() === migrations.length) return;
  transact(database, path, () => {
    // Read again inside the transaction: another environment may have migrated meanwhile.
    const from = version();
    if (from > migrations.length) {
      throw new MillraceError(
        `${path} has schema version ${from}, this Millrace knows ${migrations.length}`,
        {
          code: 'STORE_TOO_NEW',
          hint: 'Start a Millrace at least as new as the one that wrote this data directory.',
        },
      );
    }
    for (const migration of migrations.slice(from)) database.exec(migration);
    database.pragma(`user_version = ${migrations.length}`);
  });
}

/** Runs `work` in one write transaction. A full disk or a busy file becomes an error that says a retry helps. */
export function transact<T>(database: Sqlite, path: string, work: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE');
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw storeError(error, path);
  }
}

/** A single statement, which is a transaction of its own, with errors that say whether a retry helps. */
export function attempt<T>(path: string, statement: () => T): T {
  try {
    return statement();
  } catch (error) {
    throw storeError(error, path);
  }
}

const RETRIABLE = new Map([
  ['SQLITE_BUSY', 'another transaction held the file for too long'],
  ['SQLITE_FULL', 'the disk is full'],
  ['SQLITE_IOERR', 'the disk failed'],
]);

function storeError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  const known = code === undefined ? undefined : [...RETRIABLE].find(([prefix]) => code.startsWith(prefix));
  if (known === undefined) return error;
  return new MillraceError(`cannot write ${path}: ${known[1]}`, {
    code: `STORE_${known[0].slice('SQLITE_'.length)}`,
    canRetry: true,
    hint: 'The invocation is tried again; look at the disk if this does not pass.',
    cause: error,
  });
}
