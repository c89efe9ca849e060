/** The store of aggregate in PostgreSQL: tallies and progress here, the rest in files of its own. */
import type { AggregationStore, AggregationTally, Progress } from '../aggregation.js';
import { original, stored } from '../text.js';
import { commitStatement } from './aggregation-commit.js';
import { MIGRATIONS } from './aggregation-tables.js';
import type { Postgres } from './database.js';
import { lateEventsIn } from './late-events.js';
import { stale } from './stale.js';
import { windowsIn } from './windows.js';

const TALLY = `SELECT partition, next_offset AS "nextOffset", aggregated::float8, late::float8, duplicate::float8,
  refused::float8, ticks::float8, ahead::float8, behind::float8, corrections::float8 FROM aggregation_tallies`;

type StoredTally = Omit<AggregationTally, 'nextOffset'> & { nextOffset: string };
type StoredProgress = Omit<Progress, 'offset'> & { offset: string };

export function openAggregationStore(database: Postgres): AggregationStore {
  const tables = database.tables('aggregation', MIGRATIONS);
  const tally = async (partition: number) =>
    (await tables.all<StoredTally>(`${TALLY} WHERE partition = $1`, [partition])).map(tallyOf)[0] ?? null;

  return {
    ...windowsIn(tables),
    ...lateEventsIn(tables),
    tally,
    tallies: async () => (await tables.all<StoredTally>(`${TALLY} ORDER BY partition`)).map(tallyOf),
    progress: async (partition, scope, keys) => {
      const rows = await tables.all<StoredProgress>(
        `SELECT scope, key, partition, "offset", state FROM aggregation_progress
         WHERE partition = $1 AND scope = $2 AND key = ANY($3)`,
        [partition, stored(scope), keys.map(stored)],
      );
      return rows.map((row) => ({
        scope: original(row.scope),
        key: original(row.key),
        partition: row.partition,
        offset: BigInt(row.offset),
        state: original(row.state),
      }));
    },
    commit: async (commit) => {
      if ((await tables.run(...commitStatement(commit))) === 1) return;
      const { partition } = commit.tally;
      throw stale(`partition ${partition}`, (await tally(partition))?.nextOffset ?? 0n, commit.from);
    },
    close: async () => undefined,
  };
}

// What becomes JSON has its members in one order whatever the store: that of the SQLite stores.
function tallyOf(row: StoredTally): AggregationTally {
  return { ...row, nextOffset: BigInt(row.nextOffset) };
}
