/**
 * Numbers of changes that a feed is read by: whoever has seen change n has seen every one before it.
 *
 * The numbers are a sequence's, so that commits of different partitions do not wait for each other; but then a later
 * number may be committed before an earlier one. So each writer holds a lock together with all others while it writes,
 * and a reader takes that lock alone for a moment: by then every number given out before is committed or will never be.
 * Writers that come meanwhile wait as long as the slowest commit under way takes.
 */
import type { Tables } from './database.js';
import { LOCKS } from './locks.js';

/** The name `writing` for a `WITH`: a row, once the lock is held, if `gate` has one. Draw the numbers from it. */
export const WRITING = (gate: string) =>
  `writing AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(${LOCKS.changes}, 0)::text FROM ${gate})`;

export interface Changes {
  /** Every change up to this one can be read; a statement that begins now sees them. 0n before the first. */
  settled(): Promise<bigint>;
}

export function changes(tables: Tables, sequence: string): Changes {
  // Read by then, or while the lock is held: either way nobody holds a number up to it.
  const statement = `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS last_value, pg_advisory_xact_lock(${LOCKS.changes}, 0)::text FROM ${sequence}`;
  return {
    async settled() {
      const [row] = await tables.all<{ last_value: string }>(statement);
      return BigInt(row?.last_value ?? 0);
    },
  };
}
