/**
 * Checkpoints: for each consumer group (one per event source mapping) and partition, the next offset to read.
 *
 * Written after a batch was finished (processed, filtered, or sent to its destination) and before the next one is
 * fetched. A checkpoint that was saved survives kill -9. After a loss of power an older one may come back, never a
 * newer one than was saved: the functions' effects are idempotent, so reading again is safe and skipping is not.
 *
 * An engine on a network (Kafka, Kinesis) saves in the background, in order: kill -9 may then bring an older one back as well.
 * What was saved is there when the consumer is closed, and when a partition was given back.
 */
export interface Checkpoints {
  /** Next offset to read, or undefined when the group has never finished anything there. */
  load(group: string, partition: number): bigint | undefined;
  save(group: string, partition: number, nextOffset: bigint): void;
  close(): void;
}
