/**
 * Where a batch goes on from what was already applied. Batches come again after crashes, cut differently; what keeps
 * effects exactly once is that a function skips the records before its tally's `nextOffset`.
 */
import { type Batch, offsetAt } from '../streams/batch.js';

/** Index of the batch's first record at or after `nextOffset`; its `count` when it has none. */
export function firstIndexFrom(batch: Batch, nextOffset: bigint): number {
  if (batch.offsets === undefined) {
    const ahead = nextOffset - batch.baseOffset;
    return ahead <= 0n ? 0 : ahead >= BigInt(batch.count) ? batch.count : Number(ahead);
  }
  let index = 0;
  while (index < batch.count && offsetAt(batch, index) < nextOffset) index++;
  return index;
}

/**
 * Whether state cached at `nextOffset` may be used for this batch. If not, another environment has been at work (or
 * the batch comes again), and the state is to be read from the store. Where offsets have gaps, a later start proves
 * nothing: there the store's own check (`from` of a commit) is what catches a stale cache.
 */
export function isFresh(nextOffset: bigint, batch: Batch): boolean {
  return batch.offsets === undefined ? batch.baseOffset === nextOffset : batch.baseOffset >= nextOffset;
}
