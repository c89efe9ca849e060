/**
 * The port to the leases of consumer groups, which say what process works on which partition, and to the groups'
 * checkpoints. One row per group and partition, changed by compare-and-set alone, so that of two processes that want the
 * same one of them learns that it was late. After the Kinesis Client Library's leases, which are rows in DynamoDB.
 *
 * Rows hold no times: clocks differ. A process that holds a lease changes its `version` again and again; whoever has not
 * seen it change for the length of a lease, by its own clock, may take it over.
 *
 * A checkpoint is stored if the lease is its writer's at that moment, in one step, and never goes back: a process that was
 * asleep while its lease went to another one cannot move anything.
 */
export interface Lease {
  readonly partition: number;
  /** Process that works on the partition; null: nobody does. */
  readonly owner: string | null;
  /** Process that asks the owner to hand it over. */
  readonly claimant: string | null;
  /** The group has finished everything in the partition, and nothing will follow. */
  readonly isFinished: boolean;
  /** The group has read in it, or was there while records were still to come: what follows it is the group's, too. */
  readonly isWorkedOn: boolean;
  /** Goes up by one with each change, from 1. */
  readonly version: number;
}

export interface LeaseCheckpoint {
  readonly partition: number;
  /** The group, or one of several readers of it (`group/0of3`). */
  readonly reader: string;
  /** Next offset to finish. */
  readonly next: bigint;
  /** Of the last record finished, epoch ms; null: not known. */
  readonly arrivalTime: number | null;
}

/** Each method rejects with a `MillraceError` when the store cannot be asked; then nothing has changed, or all of it. */
export interface LeaseStore {
  list(group: string): Promise<readonly Lease[]>;
  /** Stores the lease if the version that is there is one less (0: no row). Resolves with whether it did. */
  put(group: string, lease: Lease): Promise<boolean>;
  /** @param partitions default: all */
  checkpoints(group: string, partitions?: readonly number[]): Promise<readonly LeaseCheckpoint[]>;
  /**
   * Stores what lies in partitions that `owner` holds, each unless a later one is there. Resolves with those partitions;
   * of the others nothing was stored. No two of the rows have the same partition and reader.
   */
  saveCheckpoints(
    group: string,
    owner: string,
    rows: readonly LeaseCheckpoint[],
  ): Promise<ReadonlySet<number>>;
}

/** For one process, and for tests. */
export function createMemoryLeases(): LeaseStore {
  const groups = new Map<string, { leases: Map<number, Lease>; saved: Map<string, LeaseCheckpoint> }>();
  const groupOf = (name: string) => {
    const group = groups.get(name) ?? { leases: new Map(), saved: new Map() };
    groups.set(name, group);
    return group;
  };
  return {
    async list(group) {
      return [...groupOf(group).leases.values()];
    },
    async put(group, lease) {
      const { leases } = groupOf(group);
      if ((leases.get(lease.partition)?.version ?? 0) !== lease.version - 1) return false;
      leases.set(lease.partition, lease);
      return true;
    },
    async checkpoints(group, partitions) {
      const all = [...groupOf(group).saved.values()];
      return partitions === undefined ? all : all.filter(({ partition }) => partitions.includes(partition));
    },
    async saveCheckpoints(group, owner, rows) {
      const { leases, saved } = groupOf(group);
      const held = new Set<number>();
      for (const row of rows) {
        if (leases.get(row.partition)?.owner !== owner) continue;
        held.add(row.partition);
        const key = `${row.partition} ${row.reader}`;
        if (row.next >= (saved.get(key)?.next ?? row.next)) saved.set(key, row);
      }
      return held;
    },
  };
}
