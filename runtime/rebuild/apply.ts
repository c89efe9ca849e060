/**
 * Writes rebuilt rows over stored ones, in commits of some rows each. Windows become part of the change feed like any
 * correction. Positions stay where they are: of the records that are aggregated, of the changes that are rolled up.
 */
import { MillraceError } from '../../common/errors.js';
import type { AggregationTally, WindowKey, WindowRow } from '../../stores/aggregation.js';
import type { Period, RollupRow } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';

const ROWS = 500;

export class Correction {
  /** Rows written, and windows removed. */
  written = 0;
  readonly #stores: Pick<Stores, 'aggregation' | 'rollups'>;
  readonly #tallies: ReadonlyMap<number, AggregationTally>;
  readonly #windows = new Map<number, { put: WindowRow[]; removed: WindowKey[] }>();
  readonly #buckets = new Map<Period, RollupRow[]>();

  /** @param tallies as they were when the rebuild began: if aggregate goes on meanwhile, a commit fails */
  constructor(stores: Pick<Stores, 'aggregation' | 'rollups'>, tallies: readonly AggregationTally[]) {
    this.#stores = stores;
    this.#tallies = new Map(tallies.map((tally) => [tally.partition, tally]));
  }

  async putWindow(row: WindowRow): Promise<void> {
    const { put } = this.#ofPartition(row.partition);
    put.push(row);
    if (put.length >= ROWS) await this.#flushWindows(row.partition);
  }

  async removeWindow({ definition, key, start, size, partition }: WindowRow): Promise<void> {
    const { removed } = this.#ofPartition(partition);
    removed.push({ definition, key, start, size, partition });
    if (removed.length >= ROWS) await this.#flushWindows(partition);
  }

  async putBucket(row: RollupRow): Promise<void> {
    const rows = this.#buckets.get(row.period) ?? [];
    this.#buckets.set(row.period, rows);
    rows.push(row);
    if (rows.length >= ROWS) await this.#flushBuckets(row.period);
  }

  async flush(): Promise<void> {
    for (const partition of this.#windows.keys()) await this.#flushWindows(partition);
    for (const period of this.#buckets.keys()) await this.#flushBuckets(period);
  }

  #ofPartition(partition: number): { put: WindowRow[]; removed: WindowKey[] } {
    const rows = this.#windows.get(partition) ?? { put: [], removed: [] };
    this.#windows.set(partition, rows);
    return rows;
  }

  async #flushWindows(partition: number): Promise<void> {
    const { put, removed } = this.#ofPartition(partition);
    this.#windows.delete(partition);
    if (put.length + removed.length === 0) return;
    const tally = this.#tallies.get(partition);
    if (tally === undefined) {
      throw new MillraceError(
        `there are windows of partition ${partition}, of which nothing was aggregated`,
        {
          code: 'STORE_UNUSABLE',
          hint: 'This store was changed by other means. Restore it from a backup.',
        },
      );
    }
    const { nextOffset: from } = tally;
    await this.#stores.aggregation.commit({ tally, from, progress: [], windows: put, removed, late: [] });
    this.written += put.length + removed.length;
  }

  async #flushBuckets(period: Period): Promise<void> {
    const rows = this.#buckets.get(period) ?? [];
    this.#buckets.delete(period);
    if (rows.length === 0) return;
    const { rollups } = this.#stores;
    await rollups.commit(period, rows, await rollups.cursor(period));
    this.written += rows.length;
  }
}
