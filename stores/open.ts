/** Where a deployment keeps its state, as data that can be sent to an environment, and how to open it. */
import { openPostgresStores } from './postgres/stores.js';
import { openSqliteStores } from './sqlite/stores.js';
import type { Stores } from './stores.js';

export type StoresConfig =
  /** A folder of SQLite files on this machine, which one deployment has to itself. It must exist. */
  | { readonly kind: 'sqlite'; readonly directory: string }
  /** A PostgreSQL database that any number of processes share: `postgres://user:password@host:5432/database`. */
  | { readonly kind: 'postgres'; readonly url: string };

/** Opens nothing and connects to nothing yet: each store does at its first use, and rejects then. */
export function openStores(config: StoresConfig): Stores {
  return config.kind === 'sqlite' ? openSqliteStores(config.directory) : openPostgresStores(config.url);
}
