/** What a dispatch that came too late is told. */
import { MillraceError } from '../common/errors.js';

export function staleDispatch(stored: bigint, from: bigint): MillraceError {
  return new MillraceError(`alerts up to ${stored} are dispatched, the commit was computed from ${from}`, {
    code: 'STORE_STALE',
    canRetry: true,
    hint: 'Another run dispatches at the same time; the next try reads the groups again.',
  });
}
