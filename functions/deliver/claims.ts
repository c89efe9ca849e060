/**
 * How many deliveries are claimed at a time: by number, and by the size of those before. In a storm one notification may
 * tell ten thousand alerts, and what is claimed is held in memory.
 *
 * It is one claim: of a group whose beginning is claimed already nothing more is given, and what supersedes what is seen
 * among those claimed together alone.
 */
import type { Delivery } from '../../stores/notifications.js';

const MOST_CHARACTERS = 8 * 2 ** 20;
/** Taken for the size of a notification before any was seen. */
const EXPECTED_CHARACTERS = 64 * 2 ** 10;

/** Average size of each target's notifications (characters) as last seen; kept by the environment. */
export type Sizes = Map<string, number>;

export function claimLimit(sizes: Sizes, target: string, most: number): number {
  const average = sizes.get(target) ?? EXPECTED_CHARACTERS;
  return Math.max(1, Math.min(most, Math.floor(MOST_CHARACTERS / average)));
}

export function sawClaimed(sizes: Sizes, target: string, claimed: readonly Delivery[]): void {
  if (claimed.length === 0) return;
  const characters = claimed.reduce((sum, { notification }) => sum + notification.length, 0);
  sizes.set(target, Math.max(1, characters / claimed.length));
}
