/** Checkpoints in memory, for tests. */
import type { Checkpoints } from '../checkpoints.js';

export function createMemoryCheckpoints(): Checkpoints {
  const offsets = new Map<string, bigint>();
  const key = (group: string, partition: number) => JSON.stringify([group, partition]);
  return {
    load: (group, partition) => offsets.get(key(group, partition)),
    save: (group, partition, nextOffset) => {
      offsets.set(key(group, partition), nextOffset);
    },
    close: () => offsets.clear(),
  };
}
