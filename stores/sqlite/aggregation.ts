/** The store of aggregate on SQLite (`aggregation.db`): tallies and progress here, the rest in files of its own. */
import type { AggregationCommit, AggregationStore, AggregationTally, Progress } from '../aggregation.js';
import { original, stored } from '../text.js';
import { MIGRATIONS } from './aggregation-tables.js';
import { openSqlite, transact } from './database.js';
import { lateEventsIn } from './late-events.js';
import { asText, listParameter } from './rows.js';
import { checkPosition } from './tallies.js';
import { windowsIn } from './windows.js';

const COUNTS = [
  'aggregated',
  'late',
  'duplicate',
  'refused',
  'ticks',
  'ahead',
  'behind',
  'corrections',
] as const;
const TALLY = `SELECT partition, CAST(next_offset AS TEXT) AS nextOffset, ${COUNTS.join(', ')} FROM tallies`;

type StoredTally = Omit<AggregationTally, 'nextOffset'> & { nextOffset: string };
type StoredProgress = Omit<Progress, 'offset'> & { offset: string };

/** Opens `aggregation.db` at `path`, making it when it is not there. */
export function openAggregationStore(path: string): AggregationStore {
  const database = openSqlite(path, MIGRATIONS);
  const { write: writeWindows, ...windows } = windowsIn(database, path);
  const { write: writeLate, ...lateEvents } = lateEventsIn(database, path);
  const sql = {
    tally: database.prepare(`${TALLY} WHERE partition = ?`),
    tallies: database.prepare(`${TALLY} ORDER BY partition`),
    putTally: database.prepare(
      `INSERT OR REPLACE INTO tallies (partition, next_offset, ${COUNTS.join(', ')})
       VALUES (?, ?, ${COUNTS.map(() => '?').join(', ')})`,
    ),
    progress: database.prepare(
      `SELECT scope, key, partition, ${asText('offset')}, state FROM progress
       WHERE partition = ? AND scope = ? AND key IN (SELECT value FROM json_each(?))`,
    ),
    putProgress: database.prepare(
      `INSERT INTO progress (partition, scope, key, offset, state) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (partition, scope, key) DO UPDATE SET offset = excluded.offset, state = excluded.state`,
    ),
  };

  const tally = (partition: number): AggregationTally | null =>
    (sql.tally.all(partition) as StoredTally[]).map(tallyOf)[0] ?? null;

  const write = (commit: AggregationCommit): void => {
    const { partition, nextOffset } = commit.tally;
    checkPosition(tally(partition)?.nextOffset ?? 0n, commit.from, partition);
    for (const row of commit.progress) {
      sql.putProgress.run(row.partition, stored(row.scope), stored(row.key), row.offset, stored(row.state));
    }
    writeWindows(commit.windows, commit.removed);
    writeLate(commit.late);
    sql.putTally.run(partition, nextOffset, ...COUNTS.map((name) => commit.tally[name]));
  };

  return {
    ...windows,
    ...lateEvents,
    tally: async (partition) => tally(partition),
    tallies: async () => (sql.tallies.all() as StoredTally[]).map(tallyOf),
    progress: async (partition, scope, keys) =>
      (sql.progress.all(partition, stored(scope), listParameter(keys.map(stored))) as StoredProgress[]).map(
        (row) => ({
          scope: original(row.scope),
          key: original(row.key),
          partition: row.partition,
          offset: BigInt(row.offset),
          state: original(row.state),
        }),
      ),
    commit: async (commit) => transact(database, path, () => write(commit)),
    close: async () => {
      database.close();
    },
  };
}

function tallyOf(row: StoredTally): AggregationTally {
  const { partition, nextOffset, aggregated, late, duplicate, refused, ticks, ahead, behind, corrections } =
    row;
  return {
    partition,
    nextOffset: BigInt(nextOffset),
    aggregated,
    late,
    duplicate,
    refused,
    ticks,
    ahead,
    behind,
    corrections,
  };
}
