/**
 * With which silences and routes all groups were last gone through. It lies among the groups, so that whoever runs next
 * knows, and that nothing is missed when a run dies half-way.
 */
import { createHash } from 'node:crypto';
import type { GroupRow } from '../../stores/notifications.js';

const KEY = '~dispatch';

export const MARK_KEYS: readonly string[] = [KEY];

/** Rows of the group store that are groups. */
export function isGroup({ key }: Pick<GroupRow, 'key'>): boolean {
  return key !== KEY;
}

/** @param silences signature of those that hold @param routing version of the routes */
export function markOf(silences: string, routing: string): GroupRow {
  const held = createHash('sha256').update(silences).digest('hex').slice(0, 16);
  return { key: KEY, due: null, state: JSON.stringify({ v: 1, silences: held, routing }) };
}

export function isMarked(rows: readonly GroupRow[], mark: GroupRow): boolean {
  return rows.some(({ key, state }) => key === KEY && state === mark.state);
}
