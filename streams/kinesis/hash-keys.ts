/**
 * Where a record goes: partitions that are appended to are equal slices of Kinesis' hash keys, as many as the stream
 * was declared with, whatever shards there are now.
 *
 * A new stream's shards are exactly the slices. When shards are split or merged later, a key keeps its place in its
 * slice, so its records go from a shard to that shard's child and to no other, and whoever reads parents before children
 * reads them in order. Keys are spread over their slice, so that a split divides them.
 */
import { murmur2 } from '../partitioner.js';
import type { Shard } from './api.js';

const HASHES = 1n << 128n;
/** Share of a slice (1/16) that is left free at each end: nobody depends on how its borders were rounded. */
const MARGIN = 16n;
const FRACTION_BITS = 32n;

interface Slice {
  readonly first: bigint;
  /** Exclusive. */
  readonly end: bigint;
}

function sliceOf(partition: number, partitions: number): Slice {
  const count = BigInt(partitions);
  return { first: (BigInt(partition) * HASHES) / count, end: (BigInt(partition + 1) * HASHES) / count };
}

/** The hash key of a key's records. Always the same for the same arguments. */
export function hashKeyOf(partition: number, partitions: number, key: string): bigint {
  const { first, end } = sliceOf(partition, partitions);
  const size = end - first;
  const margin = size / MARGIN;
  const spread = (size - 2n * margin) * BigInt(mixed(murmur2(Buffer.from(key, 'utf8'))));
  return first + margin + (spread >> FRACTION_BITS);
}

/**
 * Hash keys that together reach each open shard of the slice once: time has to get everywhere. Where the shards are not
 * known to the last, the slice's own middle. Right after a change a shard may get the time twice, which moves it once.
 */
export function hashKeysOfAll(partition: number, partitions: number, shards: readonly Shard[]): bigint[] {
  const { first, end } = sliceOf(partition, partitions);
  const least = (end - first) / (2n * MARGIN * MARGIN);
  const found: bigint[] = [];
  for (const shard of shards) {
    if (shard.isClosed) continue;
    const overlap = { from: shard.firstHash, to: shard.lastHash };
    if (overlap.from < first) overlap.from = first;
    if (overlap.to > end) overlap.to = end;
    // An overlap of a hair comes from rounding; the shard has its own slice.
    if (overlap.to - overlap.from > least) found.push((overlap.from + overlap.to) / 2n);
  }
  return found.length === 0 ? [(first + end) / 2n] : found;
}

/**
 * All keys of a partition have a hash in common with the number of partitions, so it is mixed once more. Source of the
 * mixing: Austin Appleby's MurmurHash3, fmix32.
 */
function mixed(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
