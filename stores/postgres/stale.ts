/** What a commit that came too late is told. */
import { MillraceError } from '../../common/errors.js';

/** @param stored the offset that is stored, or undefined when somebody took it away meanwhile */
export function stale(what: string, stored: bigint, from: bigint | undefined): MillraceError {
  return new MillraceError(`${what} is at offset ${stored}, the commit was computed from ${from}`, {
    code: 'STORE_STALE',
    canRetry: true,
    hint: 'Another environment works on this partition; the next try reads the state again.',
  });
}
