/**
 * Windows of a group or of the fleet, whole: each partition keeps a row of the events of its devices, and these are
 * merged here, window by window.
 */
import type { AggregationStore, Series, TimeRange, WindowRow } from '../../stores/aggregation.js';
import { decodeCursor, encodeCursor } from '../../stores/cursor.js';
import type { Page, PageRequest } from '../../stores/validation.js';
import { mergeMeasured } from '../aggregate/figures/merge.js';

/** Rows that are read at a time, at the least: a window has as many as there are partitions. */
const READ = 200;

/** A window with what all of its partitions have of it. */
export type MergedWindow = Omit<WindowRow, 'partition' | 'offset'> & {
  /** Whether it is complete in every partition that has a part of it. */
  readonly complete: boolean;
  /** How often a late event has corrected a part that was complete. */
  readonly corrections: number;
  /** In how many partitions it has events. */
  readonly partials: number;
};

/**
 * One page of a series' windows, in order of start and size. The cursor is the last window's own, not the store's: a
 * page of the store may end between the partitions of a window.
 */
export async function mergedWindows(
  store: Pick<AggregationStore, 'windows'>,
  series: Series,
  range: TimeRange,
  { limit, cursor }: PageRequest,
): Promise<Page<MergedWindow>> {
  const after = cursor === null ? null : (decodeCursor(cursor, ['number', 'number']) as [number, number]);
  const from = after === null ? range.from : Math.max(range.from, after[0]);
  const windows: WindowRow[][] = [];
  let next: string | null = null;
  do {
    const page = await store.windows(series, { from, to: range.to }, { limit: READ, cursor: next });
    for (const row of page.items) {
      if (after !== null && row.start === after[0] && row.size <= after[1]) continue;
      const last = windows.at(-1);
      if (last !== undefined && isSame(last[0]!, row)) last.push(row);
      else windows.push([row]);
    }
    next = page.next;
  } while (next !== null && windows.length <= limit);
  const items = windows.slice(0, limit).map(mergePartials);
  const last = items.at(-1);
  const hasMore = windows.length > limit && last !== undefined;
  return { items, next: hasMore ? encodeCursor([last.start, last.size]) : null };
}

/**
 * One window from its rows of different partitions, at least one. `revision` is the sum of theirs, so that it grows
 * with every completion and every correction of any of them.
 */
export function mergePartials(rows: readonly WindowRow[]): MergedWindow {
  const { definition, key, start, size } = rows[0]!;
  return {
    definition,
    key,
    start,
    size,
    end: Math.max(...rows.map(({ end }) => end)),
    closed: rows.every(({ closed }) => closed),
    complete: rows.every(({ revision }) => revision > 0),
    revision: sum(rows, ({ revision }) => revision),
    corrections: sum(rows, correctionsOf),
    partials: rows.length,
    ...mergeMeasured(rows),
  };
}

/** How often a row was corrected since it was complete. */
export function correctionsOf({ revision }: Pick<WindowRow, 'revision'>): number {
  return Math.max(0, revision - 1);
}

function isSame(a: WindowRow, b: WindowRow): boolean {
  return a.start === b.start && a.size === b.size;
}

function sum(rows: readonly WindowRow[], of: (row: WindowRow) => number): number {
  return rows.reduce((total, row) => total + of(row), 0);
}
