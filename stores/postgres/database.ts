/**
 * How Millrace uses a PostgreSQL database.
 *
 * Discipline: every commit is *one statement* (data-modifying `WITH`, or a call of a function in the schema), so that it
 * is one round trip, atomic, and held by no transaction that waits for its client: a process that is paused or dies
 * while it commits leaves no lock behind. Rows go in and out by arrays (`unnest`, `= ANY`), however many there are.
 * A statement that resolved is durable, as the server's `synchronous_commit` has it (on, unless somebody turned it off).
 *
 * Tables lie in the first schema of the `search_path`; the URL may set it: `?options=-c%20search_path%3Dmillrace`.
 */
import type { Pool, PoolClient, PoolConfig } from 'pg';
import { MillraceError } from '../../common/errors.js';
import { storeError } from './errors.js';
import { migrate } from './migrations.js';

export interface PostgresOptions {
  /** At most so many connections of this process or thread; idle ones are closed. Default 4. */
  readonly connections?: number;
  /** Statements that take longer are given up (ms), on both sides. Default 30,000. */
  readonly timeoutMs?: number;
}

/** The tables of one store. Rejects with what `errors.ts` says. */
export interface Tables {
  all<Row>(statement: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Resolves with the number of rows written. */
  run(statement: string, parameters?: readonly unknown[]): Promise<number>;
}

export interface Postgres {
  /**
   * A store's tables, brought up to date at their first use. `migrations[i]` takes the store's schema from version i to
   * i + 1. Never edit a migration that was released: append one.
   */
  tables(store: string, migrations: readonly string[]): Tables;
  /** Waits for statements under way. */
  close(): Promise<void>;
}

const CONNECTIONS = 4;
const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_MS = 30_000;
/** So much longer does the client wait for the server to give a statement up itself. */
const GRACE_MS = 5_000;

/** Connects to nothing yet. */
export function openPostgres(url: string, options: PostgresOptions = {}): Postgres {
  const { connections = CONNECTIONS, timeoutMs = TIMEOUT_MS } = options;
  const where = describe(url);
  let pool: Promise<Pool> | undefined;
  let closed = false;

  const connected = (): Promise<Pool> => {
    if (closed) throw new MillraceError(`${where} was closed`, { code: 'STORE_CLOSED' });
    pool ??= createPool({
      connectionString: url,
      max: connections,
      application_name: 'millrace',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_MS,
      allowExitOnIdle: true,
      keepAlive: true,
      statement_timeout: timeoutMs,
      query_timeout: timeoutMs + GRACE_MS,
      // Of migrations, the only transactions of several statements.
      idle_in_transaction_session_timeout: timeoutMs,
    });
    return pool;
  };

  const guarded = async <T>(work: (pool: Pool) => Promise<T>): Promise<T> => {
    try {
      return await work(await connected());
    } catch (error) {
      throw storeError(error, where);
    }
  };

  return {
    tables(store, migrations) {
      let ready: Promise<void> | undefined;
      const upToDate = () => {
        ready ??= guarded((pool) => withClient(pool, (client) => migrate(client, store, migrations, where)));
        // A failure is not kept: the next use tries again.
        ready.catch(() => {
          ready = undefined;
        });
        return ready;
      };
      const query = async (text: string, parameters: readonly unknown[]) => {
        await upToDate();
        return guarded((pool) => pool.query({ text, values: parameters as unknown[] }));
      };
      return {
        all: async <Row>(text: string, parameters: readonly unknown[] = []) =>
          (await query(text, parameters)).rows as Row[],
        run: async (text, parameters = []) => (await query(text, parameters)).rowCount ?? 0,
      };
    },
    async close() {
      closed = true;
      await (await pool)?.end();
    },
  };
}

/** The client is imported at the first use: environments that never touch a database start without it. */
async function createPool(config: PoolConfig): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool(config);
  // An idle connection broke. The pool lets go of it, and the next use opens another: that one's error is told.
  pool.on('error', () => {});
  return pool;
}

async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    // Whatever state it is in: the server rolls back when the connection ends.
    client.release(true);
    throw error;
  }
}

/** The URL without what nobody should read in a log. */
function describe(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `PostgreSQL at ${hostname}${port === '' ? '' : `:${port}`}${pathname}`;
  } catch (error) {
    throw new MillraceError('the URL of the database is none', {
      code: 'STORE_UNUSABLE',
      hint: 'It looks like postgres://user:password@host:5432/database.',
      cause: error,
    });
  }
}
