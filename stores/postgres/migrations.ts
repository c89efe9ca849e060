/**
 * Brings a store's tables up to date. Any number of processes may start at once: one of them migrates, the others wait
 * for it and find nothing left to do.
 */
import type { PoolClient } from 'pg';
import { MillraceError } from '../../common/errors.js';
import { sqlState } from './errors.js';
import { LOCKS } from './locks.js';

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
  await client.query('SELECT pg_advisory_xact_lock($1, 0)', [LOCKS.migrations]);
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
  for (const migration of migrations.slice(from)) await client.query(migration);
  await client.query(
    `INSERT INTO millrace_stores VALUES ($1, $2) ON CONFLICT (store) DO UPDATE SET version = excluded.version`,
    [store, migrations.length],
  );
  await client.query('COMMIT');
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
