/** Figures of the Kinesis engine, with what they are where nobody says otherwise. */
export interface KinesisSettings {
  /** GetRecords a second and shard; Kinesis allows five, to all readers together. */
  readonly readsPerSecond: number;
  /** Between two polls of a shard while records flow, and at the most (ms). */
  readonly pollBusyMs: number;
  readonly pollIdleMs: number;
  /** Records kept per shard for who reads them a moment later (bytes). */
  readonly cacheBytes: number;
  /** Appended and not stored yet, over all partitions (bytes). */
  readonly maxQueuedBytes: number;
  /** A record that Kinesis does not take for so long is given up (ms). */
  readonly deliveryMs: number;
  /** After the first refusal, and at the most (ms). */
  readonly backoffFirstMs: number;
  readonly backoffMostMs: number;
  /** The shards are looked at so often even if nothing hints at a change (ms). */
  readonly topologyMs: number;
  /** A process that does not renew its leases for so long has lost them (ms). */
  readonly leaseMs: number;
  /** A checkpoint that was saved is on its way to the store after (ms). */
  readonly storeAfterMs: number;
  /** The gateways' clocks may be ahead of Kinesis' by so much (ms). */
  readonly clockSkewMs: number;
  /** A new stream has to be ACTIVE within (ms). */
  readonly createMs: number;
}

export const DEFAULTS: KinesisSettings = {
  readsPerSecond: 5,
  pollBusyMs: 200,
  pollIdleMs: 1_000,
  cacheBytes: 8 << 20,
  maxQueuedBytes: 128 << 20,
  deliveryMs: 120_000,
  backoffFirstMs: 100,
  backoffMostMs: 5_000,
  topologyMs: 30_000,
  leaseMs: 10_000,
  storeAfterMs: 50,
  clockSkewMs: 5_000,
  createMs: 120_000,
};
