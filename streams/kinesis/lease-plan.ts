/**
 * Which partitions a process takes, and which it asks for. Pure: everybody decides for himself from the same rows, and
 * compare-and-set settles what two have decided at once.
 */
import type { Lease } from './lease-store.js';

export interface PlanInput {
  readonly me: string;
  /** Partitions that may be worked on: not finished, and their parents are. */
  readonly partitions: readonly number[];
  readonly leases: ReadonlyMap<number, Lease>;
  /** Nobody has renewed it for the length of a lease. */
  readonly isExpired: (partition: number) => boolean;
}

export interface Plan {
  /** Free ones to take. */
  readonly take: readonly number[];
  /** Others' to ask for. */
  readonly ask: readonly number[];
}

/**
 * Takes a fair part of what is free. When nothing is, asks whoever has most, as long as the other would still have no
 * less afterwards: so it comes to rest when no two processes are more than one apart.
 */
export function planLeases({ me, partitions, leases, isExpired }: PlanInput): Plan {
  const byOwner = new Map<string, number[]>([[me, []]]);
  const free: number[] = [];
  let coming = 0;
  for (const partition of partitions) {
    const lease = leases.get(partition);
    if (lease === undefined || lease.owner === null || isExpired(partition)) {
      free.push(partition);
      continue;
    }
    // What was asked for already counts for who asked.
    const holder = lease.claimant ?? lease.owner;
    if (holder === me && lease.owner !== me) coming++;
    byOwner.set(lease.owner, byOwner.get(lease.owner) ?? []);
    const held = byOwner.get(holder) ?? [];
    byOwner.set(holder, held);
    held.push(partition);
  }
  const mine = byOwner.get(me)!.length;
  const fair = Math.ceil(partitions.length / byOwner.size);
  const take = free.slice(0, Math.max(0, fair - mine));
  const ask: number[] = [];
  if (free.length > 0 || coming > 0) return { take, ask };
  for (let count = mine; ; count++) {
    const most = [...byOwner].filter(([owner]) => owner !== me).sort((a, b) => b[1].length - a[1].length)[0];
    if (most === undefined || most[1].length - count < 2) return { take, ask };
    // What another process has asked for itself cannot be asked for.
    const at = most[1].findIndex((partition) => leases.get(partition)!.claimant === null);
    if (at < 0) return { take, ask };
    ask.push(...most[1].splice(at, 1));
  }
}
