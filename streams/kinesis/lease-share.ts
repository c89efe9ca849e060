/**
 * A group's partitions, shared by leases (after the Kinesis Client Library's): every process looks at the rows at
 * intervals, renews what it holds, gives away what another asked for once nothing of it is in flight, and takes what is
 * free (`lease-plan.ts`).
 *
 * A shard's children are taken when the group has finished the shard, and not before: their records come after all of
 * its. A child of a shard that the group worked on is read from its beginning, whatever the starting position says.
 *
 * A process that could not renew a lease for its length gives the partition up by itself. One that was asleep meanwhile
 * finds it gone when it wakes; until then it may still be working on a batch, so effects carry their positions.
 */
import type { Timers } from '../../common/clock.js';
import type { Share, ShareListener } from '../share.js';
import type { GroupCheckpoints } from './group-checkpoints.js';
import { planLeases } from './lease-plan.js';
import type { Lease, LeaseStore } from './lease-store.js';

export interface SharedShard {
  readonly partition: number;
  readonly parents: readonly number[];
}

export interface LeaseShareOptions {
  readonly group: string;
  /** Tells this process from all others. */
  readonly me: string;
  readonly leases: LeaseStore;
  readonly leaseMs: number;
  readonly timers: Timers;
  readonly checkpoints: GroupCheckpoints;
  /** Those there are now, closed ones too. */
  readonly shards: () => readonly SharedShard[];
  /** End of a closed shard that was read to it; null while more may come. */
  readonly finalEnd: (partition: number) => bigint | null;
  readonly startOf: (partition: number) => bigint;
  /** Keeps the partition's end up to date; returns how to stop that. */
  readonly follow: (partition: number) => () => void;
  readonly onFailure: (error: unknown) => void;
}

interface Held {
  /** When the renewal began that the store took last, ms on the timers' clock. */
  renewedAt: number;
  isLeaving: boolean;
  readonly unfollow: () => void;
}

/** A lease is renewed so often during its length. */
const RENEWALS = 3;

export class LeaseShare implements Share {
  readonly #options: LeaseShareOptions;
  readonly #held = new Map<number, Held>();
  /** Version of each lease when it was last seen to change, and when that was. */
  readonly #seen = new Map<number, { version: number; at: number }>();
  #listener: ShareListener | undefined;
  #cancel: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #isWanted = false;
  /** Partitions that are being revoked. */
  readonly #leaving = new Map<number, Promise<void>>();
  /** Nothing more is taken. */
  #isStopping = false;
  /** Nothing is held any more. */
  #isOver = false;

  constructor(options: LeaseShareOptions) {
    this.#options = options;
  }

  start(listener: ShareListener): void {
    this.#listener = listener;
    this.#options.checkpoints.onSave = (partition) => {
      const end = this.#options.finalEnd(partition);
      if (end !== null && this.#options.checkpoints.areAt(partition, end)) this.hurry();
    };
    this.#options.checkpoints.onLost = (partition) => this.#lose(partition);
    this.hurry();
  }

  /** Something has changed: looks at once, or once more after the look under way. */
  hurry(): void {
    if (this.#isOver || this.#listener === undefined) return;
    if (this.#looking !== undefined) {
      this.#isWanted = true;
      return;
    }
    this.#schedule(0);
  }

  /** What is in flight may take its time: leases are renewed until everything was given back. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#looking;
    for (const partition of this.#held.keys()) this.#leave(partition, { owner: null });
    await Promise.all(this.#leaving.values());
    this.#isOver = true;
    this.#cancel?.();
    await this.#looking;
    if (this.#listener !== undefined) await this.#disclaim().catch(this.#options.onFailure);
    this.#options.checkpoints.close();
  }

  #schedule(ms: number): void {
    this.#cancel?.();
    this.#cancel = this.#options.timers.after(ms, () => {
      this.#looking = this.#look()
        .catch((error: unknown) => {
          this.#options.onFailure(error);
          this.#giveUpExpired();
        })
        .finally(() => {
          this.#looking = undefined;
          if (this.#isOver) return;
          const { leaseMs } = this.#options;
          this.#schedule(this.#isWanted ? 0 : leaseMs / RENEWALS);
          this.#isWanted = false;
        });
    });
  }

  async #look(): Promise<void> {
    const { leases, group, timers } = this.#options;
    const rows = new Map((await leases.list(group)).map((lease) => [lease.partition, lease]));
    const now = timers.now();
    for (const { partition, version } of rows.values()) {
      if (this.#seen.get(partition)?.version !== version) this.#seen.set(partition, { version, at: now });
    }
    for (const partition of [...this.#held.keys()]) await this.#keep(partition, rows);
    this.#giveUpExpired();
    if (!this.#isStopping) await this.#take(rows);
  }

  async #keep(partition: number, rows: Map<number, Lease>): Promise<void> {
    const { me, checkpoints, finalEnd, timers } = this.#options;
    const lease = rows.get(partition);
    const held = this.#held.get(partition);
    if (held === undefined) return;
    if (lease === undefined || lease.owner !== me) return this.#lose(partition);
    const renewed = { ...lease, version: lease.version + 1 };
    const now = timers.now();
    if (await this.#put(renewed)) {
      held.renewedAt = now;
      rows.set(partition, renewed);
    }
    if (held.isLeaving) return;
    const end = finalEnd(partition);
    const isBusy = this.#listener?.isBusy?.(partition) === true;
    if (end !== null && checkpoints.areAt(partition, end) && !isBusy) {
      const isWorkedOn = lease.isWorkedOn || checkpoints.hasWorkedOn(partition);
      this.#leave(partition, { owner: null, claimant: null, isFinished: true, isWorkedOn });
    } else if (lease.claimant !== null) {
      this.#leave(partition, { owner: lease.claimant, claimant: null });
    }
  }

  async #take(rows: Map<number, Lease>): Promise<void> {
    const { me, timers, leaseMs, finalEnd } = this.#options;
    const since = timers.now();
    const open = this.#eligible(rows).filter((partition) => !this.#leaving.has(partition));
    const isExpired = (partition: number) =>
      !this.#held.has(partition) && timers.now() - (this.#seen.get(partition)?.at ?? 0) >= leaseMs;
    const taken: number[] = [];
    // What was handed over is ours already; nobody else will take it.
    for (const partition of open) {
      if (rows.get(partition)?.owner === me && !this.#held.has(partition)) taken.push(partition);
    }
    const plan = planLeases({ me, partitions: open, leases: rows, isExpired });
    for (const partition of plan.take) {
      if (this.#isStopping) break;
      if (taken.includes(partition)) continue;
      const before = rows.get(partition);
      const version = (before?.version ?? 0) + 1;
      const isWorkedOn = before?.isWorkedOn === true || finalEnd(partition) === null;
      const lease = { partition, owner: me, claimant: null, isFinished: false, isWorkedOn, version };
      if (await this.#put(lease)) taken.push(partition);
    }
    for (const partition of plan.ask) {
      const lease = rows.get(partition)!;
      await this.#put({ ...lease, claimant: me, version: lease.version + 1 });
    }
    await this.#begin(
      taken.sort((a, b) => a - b),
      rows,
      since,
    );
  }

  /** Not finished, with parents that are, or that are gone from the stream. */
  #eligible(rows: ReadonlyMap<number, Lease>): number[] {
    const shards = this.#options.shards();
    const present = new Set(shards.map(({ partition }) => partition));
    const isDone = (partition: number) => !present.has(partition) || rows.get(partition)?.isFinished === true;
    return shards
      .filter(({ partition, parents }) => rows.get(partition)?.isFinished !== true && parents.every(isDone))
      .map(({ partition }) => partition);
  }

  /** @param since when taking them began, ms on the timers' clock */
  async #begin(
    partitions: readonly number[],
    rows: ReadonlyMap<number, Lease>,
    since: number,
  ): Promise<void> {
    if (partitions.length === 0) return;
    const { group, leases, follow, checkpoints, shards, startOf } = this.#options;
    const saved = await leases.checkpoints(group, partitions);
    const parentsOf = new Map(shards().map(({ partition, parents }) => [partition, parents]));
    for (const partition of partitions) {
      this.#held.set(partition, { renewedAt: since, isLeaving: false, unfollow: follow(partition) });
      checkpoints.take(
        partition,
        saved.filter((row) => row.partition === partition),
      );
      const isChild = parentsOf.get(partition)?.some((parent) => rows.get(parent)?.isWorkedOn === true);
      if (isChild === true) checkpoints.seed(partition, startOf(partition));
    }
    this.#listener?.assigned(partitions);
  }

  /** Hands it over when nothing of it is in flight here any more. The lease is renewed until then. */
  #leave(partition: number, change: Partial<Lease>): void {
    const held = this.#held.get(partition);
    if (held === undefined || held.isLeaving) return;
    held.isLeaving = true;
    const leaving = this.#revoke(partition)
      .then(async () => {
        await this.#stored(partition);
        if (!this.#held.has(partition)) return;
        await this.#write(partition, change);
        this.#drop(partition);
        this.hurry();
      })
      .catch((error: unknown) => {
        // Not written: the lease runs out by itself.
        this.#options.onFailure(error);
        this.#drop(partition);
      })
      .finally(() => this.#leaving.delete(partition));
    this.#leaving.set(partition, leaving);
  }

  /** What was given to us, or asked for, while we were about to go. */
  async #disclaim(): Promise<void> {
    const { leases, group, me } = this.#options;
    for (const lease of await leases.list(group)) {
      if (lease.owner !== me && lease.claimant !== me) continue;
      const owner = lease.owner === me ? null : lease.owner;
      await leases.put(group, { ...lease, owner, claimant: null, version: lease.version + 1 });
    }
  }

  /** Its checkpoints are in the store, or it is ours no more. */
  async #stored(partition: number): Promise<void> {
    const { checkpoints, timers, leaseMs, onFailure } = this.#options;
    while (this.#held.has(partition)) {
      try {
        return await checkpoints.store();
      } catch (error) {
        onFailure(error);
        await new Promise<void>((resolve) => {
          timers.after(leaseMs / RENEWALS, resolve);
        });
      }
    }
  }

  /** Changes the row while it is ours, whatever renewed it in between. */
  async #write(partition: number, change: Partial<Lease>): Promise<void> {
    const { leases, group, me } = this.#options;
    for (;;) {
      const lease = (await leases.list(group)).find((row) => row.partition === partition);
      if (lease === undefined || lease.owner !== me) return;
      if (await leases.put(group, { ...lease, ...change, version: lease.version + 1 })) return;
    }
  }

  /** It is another's already: nothing may be saved from now on. */
  #lose(partition: number): void {
    const held = this.#held.get(partition);
    if (held === undefined) return;
    this.#drop(partition);
    if (held.isLeaving) return;
    const leaving = this.#revoke(partition)
      .catch(this.#options.onFailure)
      .finally(() => this.#leaving.delete(partition));
    this.#leaving.set(partition, leaving);
  }

  #giveUpExpired(): void {
    const { timers, leaseMs } = this.#options;
    for (const [partition, { renewedAt }] of [...this.#held]) {
      if (timers.now() - renewedAt >= leaseMs) this.#lose(partition);
    }
  }

  async #revoke(partition: number): Promise<void> {
    await this.#listener?.revoked([partition]);
  }

  #drop(partition: number): void {
    this.#held.get(partition)?.unfollow();
    this.#held.delete(partition);
    this.#options.checkpoints.leave(partition);
  }

  async #put(lease: Lease): Promise<boolean> {
    const { leases, group, timers } = this.#options;
    const isStored = await leases.put(group, lease);
    if (isStored) this.#seen.set(lease.partition, { version: lease.version, at: timers.now() });
    return isStored;
  }
}
