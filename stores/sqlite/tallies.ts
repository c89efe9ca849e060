/**
 * The position check that the SQLite stores of stream functions share.
 */
import { MillraceError } from '../../common/errors.js';

/**
 * Throws `STORE_STALE` (canRetry) when a commit was computed from another position than the stored one. Call it
 * inside the transaction.
 */
export function checkPosition(stored: bigint, from: bigint | undefined, partition: number): void {
  if (from === undefined || from === stored) return;
  throw new MillraceError(
    `partition ${partition} is at offset ${stored}, the commit was computed from ${from}`,
    {
      code: 'STORE_STALE',
      canRetry: true,
      hint: 'Another environment works on this partition; the next try reads the state again.',
    },
  );
}
