/**
 * Brings a store's tables up to date. Any number of processes may start at once: one of them migrates, the others wait
 * for it and find nothing left to do.
 */
import type { PoolClient, QueryConfig } from 'pg';
import { MillraceError } from '../../common/errors.js';
import { sqlState } from './errors.js';
import { LOCKS } from './locks.js';

/** The client gives a migration up after a day: it may write a large table anew. */
const LONGEST_MS = 86_400_000;
const UNDEFINED_TABLE = '42P01';

/** Throws `STORE_TOO_NEW`. @param where names the database */
export async function migrate(
  client: PoolClient,
  store: string,
  migrations: readonly string[],
  where: string,
): Promise<void> {
  if ((await versionOf(client, store)) === migrations.length) return;
  await client.query('BEGIN');
  // A migration takes as long as there are rows, and whoever waits for its lock waits that long.
  await client.query('SET LOCAL statement_timeout = 0');
  await patiently(client, 'SELECT pg_advisory_xact_lock($1, 0)', [LOCKS.migrations]);
  await client.query(
    'CREATE TABLE IF NOT EXISTS millrace_stores (store text PRIMARY KEY, version integer NOT NULL)',
  );
  // Read again under the lock: another process may have migrated meanwhile.
  const from = (await versionOf(client, store)) ?? 0;
  if (from > migrations.length) {
    throw new MillraceError(
      `the ${store} tables in ${where} have schema version ${from}, this Millrace knows ${migrations.length}`,
      {
        code: 'STORE_TOO_NEW',
        hint: 'Start a Millrace at least as new as the newest that runs on this database.',
      },
    );
  }
  for (const migration of migrations.slice(from)) await patiently(client, migration);
  await client.query(
    `INSERT INTO millrace_stores VALUES ($1, $2) ON CONFLICT (store) DO UPDATE SET version = excluded.version`,
    [store, migrations.length],
  );
  await client.query('COMMIT');
}

async function patiently(client: PoolClient, text: string, values?: unknown[]): Promise<void> {
  // The client knows it, its types do not.
  const statement: QueryConfig & { query_timeout: number } = { text, query_timeout: LONGEST_MS };
  // Without values it is sent as a simple query, which may be several statements.
  await client.query(values === undefined ? statement : { ...statement, values });
}

async function versionOf(client: PoolClient, store: string): Promise<number | undefined> {
  try {
    const { rows } = await client.query('SELECT version FROM millrace_stores WHERE store = $1', [store]);
    return (rows as { version: number }[])[0]?.version;
  } catch (error) {
    if (sqlState(error) === UNDEFINED_TABLE) return undefined;
    throw error;
  }
}
