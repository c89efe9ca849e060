/**
 * A consumer group's partitions, shared among the processes that work for it. Engines that hand partitions out and take
 * them away again (Kafka's rebalances, leases on Kinesis shards) implement it; where one process has a stream to
 * itself there is no share, and every partition is its own.
 */
export interface Share {
  /** Joins the group. `assigned` is called when the first partitions are this process's. */
  start(listener: ShareListener): void;
  /** Leaves the group when everything is `revoked`. */
  stop(): Promise<void>;
}

export interface ShareListener {
  /** These partitions are this process's from now on; their checkpoints can be loaded. */
  assigned(partitions: readonly number[]): void;
  /**
   * These go to another process. Resolves when nothing of them is in flight here any more and their checkpoints are
   * saved. An engine does not wait for ever: a process that was asleep may come back and find them gone, so whatever
   * a function writes carries its position, and is refused when a later one is there.
   */
  revoked(partitions: readonly number[]): Promise<void>;
  /**
   * Whether something that was begun in the partition is still to be finished although every record of it is: a window is
   * open. Asked where partitions end (Kinesis), before the one that ended is left for good. Absent: never.
   */
  isBusy?(partition: number): boolean;
}
