/**
 * A PostgreSQL server for a test file: the one `DATABASE_URL` names, or one of its own (`test/services/postgres.mjs`).
 * Whoever needs empty stores takes a schema of their own in it.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { projectRoot } from './project-root.js';

const SCRIPT = join(projectRoot, 'test', 'services', 'postgres.mjs');
const run = promisify(execFile);

export interface PostgresServer {
  readonly url: string;
  /** Ends it as a crash would. Rejects for a server that is not the test's own. */
  crash(): Promise<void>;
  /** Ends it, waiting for nobody's statements. */
  shutDown(): Promise<void>;
  /** After `crash` or `shutDown`: on the same port and data. */
  startAgain(): Promise<void>;
  /** Ends it for good and deletes its data. */
  dispose(): Promise<void>;
}

/** For `requireService`: rejects with a sentence when there is no server to test with. */
export async function postgresIsThere(): Promise<boolean> {
  if (process.env.DATABASE_URL !== undefined) return true;
  const { needsOfPostgres } = (await import(SCRIPT)) as { needsOfPostgres: () => void };
  needsOfPostgres();
  return true;
}

/** @param given URL of a server that is there; empty: one of its own in any case */
export async function startPostgres(given = process.env.DATABASE_URL): Promise<PostgresServer> {
  if (given) {
    const no = () =>
      Promise.reject(new Error('the server that DATABASE_URL names is not the test’s to stop'));
    return { url: given, crash: no, shutDown: no, startAgain: no, dispose: async () => undefined };
  }
  const directory = mkdtempSync(join(tmpdir(), 'millrace-postgres-'));
  // Root runs it as another user, who has to get in.
  chmodSync(directory, 0o711);
  const service = async (...args: string[]) =>
    (await run(process.execPath, [SCRIPT, ...args.slice(0, 1), directory, ...args.slice(1)])).stdout;
  const { url } = JSON.parse(await service('start')) as { url: string };
  const stop = async (...flags: string[]) => {
    await service('stop', ...flags);
  };
  return {
    url,
    crash: () => stop('--kill'),
    shutDown: () => stop(),
    async startAgain() {
      await service('start');
    },
    async dispose() {
      await stop('--kill');
      rmSync(directory, { recursive: true });
    },
  };
}

let schemas = 0;

/** The URL of an empty schema in the same database. */
export async function emptySchema(url: string): Promise<string> {
  const schema = `test_${process.pid}_${Date.now()}_${schemas++}`;
  await query(url, `CREATE SCHEMA ${schema}`);
  const own = new URL(url);
  own.searchParams.set('options', `-c search_path=${schema}`);
  return own.href;
}

/** One statement on a connection of its own. */
export async function query<Row>(url: string, statement: string, parameters: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement, parameters)).rows as Row[];
  } finally {
    await client.end();
  }
}
