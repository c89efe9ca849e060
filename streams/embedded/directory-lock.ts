/**
 * Takes a data directory for this process: one Millrace per directory, and never somebody else's directory.
 *
 * The lock is SQLite's exclusive file lock on `millrace.lock`: the kernel releases it however the process dies, so
 * there is no stale lock to judge, and it also holds between containers that share the directory. `millrace.pid`
 * says whose it is. `millrace.json` marks the directory as Millrace's and carries the format's version.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'libsql';
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';

const FORMAT = 1;
const LOCK = 'millrace.lock';
const PID = 'millrace.pid';
const MARKER = 'millrace.json';
/** What may lie in a directory that is as good as empty: what a start that died early left, and a mount's own. */
const UNREMARKABLE = new Set([LOCK, `${LOCK}-journal`, PID, 'lost+found']);

export interface DirectoryLock {
  readonly directory: string;
  /** Lets another process have the directory. */
  release(): void;
}

/**
 * Makes the directory if need be, checks that it is Millrace's, and locks it. Throws `DATA_DIR_UNWRITABLE`,
 * `DATA_DIR_FOREIGN`, `DATA_DIR_FORMAT` or `DATA_DIR_LOCKED`.
 */
export function lockDirectory(directory: string): DirectoryLock {
  const isOurs = writable(directory, () => {
    makeDirectory(directory);
    return checkMarker(directory);
  });
  const lock = writable(directory, () => takeLock(directory));
  try {
    writable(directory, () => {
      writeFileSync(join(directory, PID), `${process.pid}\n`);
      if (!isOurs) writeFileSync(join(directory, MARKER), `${JSON.stringify({ format: FORMAT })}\n`);
    });
  } catch (error) {
    lock.close();
    throw error;
  }
  return {
    directory,
    release() {
      if (!lock.open) return;
      // The name first: once the lock is free, the file is somebody else's.
      rmSync(join(directory, PID), { force: true });
      lock.close();
    },
  };
}

/** Not `recursive`: where a file system says ENOENT under a parent that exists (/proc), that never returns. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  const parent = dirname(resolve(directory));
  if (!existsSync(parent)) makeDirectory(parent);
  mkdirSync(directory);
}

/** Whether the marker is there and right; false for an empty directory. */
function checkMarker(directory: string): boolean {
  const names = readdirSync(directory);
  if (!names.includes(MARKER)) {
    const foreign = names.find((name) => !UNREMARKABLE.has(name));
    if (foreign === undefined) return false;
    throw new MillraceError(`${directory} is not a data directory of Millrace: it holds ${foreign}`, {
      code: 'DATA_DIR_FOREIGN',
      hint: 'Name an empty directory, or one that Millrace made.',
    });
  }
  const format = readFormat(join(directory, MARKER));
  if (format === FORMAT) return true;
  throw new MillraceError(`${directory} has format ${format}, this Millrace knows ${FORMAT}`, {
    code: 'DATA_DIR_FORMAT',
    hint: 'Start the Millrace that wrote it, or name another directory.',
  });
}

function readFormat(path: string): string | number {
  const text = readFileSync(path, 'utf8');
  try {
    const { format } = JSON.parse(text) as { format?: unknown };
    return typeof format === 'number' ? format : 'unknown';
  } catch {
    // The marker is written in one go when the directory is new; an empty one is a start that died there.
    return text.length === 0 ? FORMAT : 'unknown';
  }
}

function takeLock(directory: string): Database.Database {
  const database = new Database(join(directory, LOCK));
  try {
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (!codeOf(error)?.startsWith('SQLITE_BUSY')) throw error;
    const pid = holder(directory);
    throw new MillraceError(`${directory} is in use by another Millrace${pid ? `, process ${pid}` : ''}`, {
      code: 'DATA_DIR_LOCKED',
      hint: 'Stop that one first, or name another directory with MILLRACE_DATA_DIR.',
      cause: error,
    });
  }
}

function holder(directory: string): string | undefined {
  try {
    return readFileSync(join(directory, PID), 'utf8').trim();
  } catch {
    // The other process is just starting or stopping; the lock says enough.
    return undefined;
  }
}

function writable<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    throw new MillraceError(`cannot write the data directory ${directory}: ${messageOf(error)}`, {
      code: 'DATA_DIR_UNWRITABLE',
      hint: 'Give this user the right to write there, free some room, or name another directory.',
      cause: error,
    });
  }
}
