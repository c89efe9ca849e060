/**
 * The port to the leases of consumer groups: which process works on which partition. One row per group and partition,
 * changed by compare-and-set alone, so that of two processes that want the same one of them learns that it was late.
 *
 * Rows hold no times: clocks differ. A process that holds a lease changes its `version` again and again; whoever has not
 * seen it change for the length of a lease, by its own clock, may take it over.
 */
export interface Lease {
  readonly partition: number;
  /** Process that works on the partition; null: nobody does. */
  readonly owner: string | null;
  /** Process that asks the owner to hand it over. */
  readonly claimant: string | null;
  /** The group has finished everything in the partition, and nothing will follow. */
  readonly isFinished: boolean;
  /** Goes up by one with each change, from 1. */
  readonly version: number;
}

export interface LeaseStore {
  list(group: string): Promise<readonly Lease[]>;
  /** Stores the lease if the version that is there is one less (0: no row). Resolves with whether it did. */
  put(group: string, lease: Lease): Promise<boolean>;
}

/** For one process, and for tests. */
export function createMemoryLeases(): LeaseStore {
  const groups = new Map<string, Map<number, Lease>>();
  return {
    async list(group) {
      return [...(groups.get(group)?.values() ?? [])];
    },
    async put(group, lease) {
      const rows = groups.get(group) ?? new Map<number, Lease>();
      groups.set(group, rows);
      if ((rows.get(lease.partition)?.version ?? 0) !== lease.version - 1) return false;
      rows.set(lease.partition, lease);
      return true;
    },
  };
}
