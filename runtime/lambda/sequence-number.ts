/**
 * Kinesis' sequence numbers out of partitions and offsets, and back: what functions and failure documents see.
 *
 * The layout is that of Kinesis' own numbers (as kinesalite took them apart), 47 hexadecimal digits written as 56
 * decimal ones: `2`, the shard's creation (seconds, 9 digits), `0`, the index in the shard (16), `00`, the record's
 * time (9), the shard (8), the version `2`. So they grow with the offset, differ between partitions and look like
 * the real ones. Creation and time are constants here: the number of a record depends on its position alone, and so is
 * the same in every process and in every replay.
 */
const OFFSET_BITS = 80n;
const PARTITION_BITS = 4n;
const MAX_PARTITION = 0xffff_ffff;
const OFFSET_MASK = 0xffff_ffff_ffff_ffffn;
const PARTITION_MASK = 0xffff_ffffn;
/** 2024-01-01T00:00:00Z, when every shard was made. */
const CREATED_SECONDS = 1_704_067_200n;
const BASE = (2n << 184n) + (CREATED_SECONDS << 148n) + 2n;

const SHAPE = /^\d{56}$/;

export interface PositionInStream {
  readonly partition: number;
  readonly offset: bigint;
}

/** 56 digits; ascending with the offset within a partition. */
export function sequenceNumberOf(partition: number, offset: bigint): string {
  return (BASE + (offset << OFFSET_BITS) + (BigInt(partition) << PARTITION_BITS)).toString();
}

/** The position whose sequence number this is; null when no position has it. */
export function positionOf(sequenceNumber: string): PositionInStream | null {
  if (!SHAPE.test(sequenceNumber)) return null;
  const rest = BigInt(sequenceNumber) - BASE;
  const offset = (rest >> OFFSET_BITS) & OFFSET_MASK;
  const partition = (rest >> PARTITION_BITS) & PARTITION_MASK;
  const isOurs = rest === (offset << OFFSET_BITS) + (partition << PARTITION_BITS);
  return isOurs && partition <= MAX_PARTITION ? { partition: Number(partition), offset } : null;
}
