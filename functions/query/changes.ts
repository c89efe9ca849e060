/**
 * The change feed of windows: for consumers that want every complete window and every correction, and poll.
 */
import type { AggregationStore, WindowRow } from '../../stores/aggregation.js';
import type { Since } from './parameters.js';

/** Rows that are read at a time when only some of them are wanted. */
const READ = 1000;
/** Such reads in one answer; it may hold less than there is then, but its `next` is further on. */
const MOST_READS = 10;

export interface Changes {
  readonly items: readonly (WindowRow & { readonly change: bigint })[];
  /** Last change that was looked at. */
  readonly next: bigint;
  /** Whether there may be more already. */
  readonly hasMore: boolean;
}

/** Rows changed after `since`, in order of change, at most `limit`; with `definition` only that one's. */
export async function changesSince(
  store: Pick<AggregationStore, 'windowsSince' | 'lastChange'>,
  { since, limit, definition }: { since: Since; limit: number; definition: string | undefined },
): Promise<Changes> {
  if (since === 'latest') return { items: [], next: await store.lastChange(), hasMore: false };
  const items: (WindowRow & { readonly change: bigint })[] = [];
  let next = since;
  for (let reads = 0; reads < MOST_READS; reads++) {
    const most = definition === undefined ? limit : READ;
    const rows = await store.windowsSince(next, most);
    for (const row of rows) {
      if (items.length === limit) return { items, next, hasMore: true };
      next = row.change;
      if (definition === undefined || row.definition === definition) items.push(row);
    }
    if (rows.length < most) return { items, next, hasMore: false };
    if (items.length === limit) break;
  }
  return { items, next, hasMore: true };
}
