/**
 * What an event source mapping does after an invocation, as data: the pure half of the poller.
 *
 * Rules (Lambda's): success and a batch with no failed record move the checkpoint past the batch. A partial failure
 * moves it to the lowest failed record and starts the retry count of the remainder afresh. A thrown error retries the
 * whole batch, or, with bisect, its first half, which consumes no retry. Retries used up or records too old: the batch
 * is given up. Between retries the wait doubles from 1 s to 60 s.
 */
export interface RetryRules {
  /** -1: for ever */
  readonly maximumRetryAttempts: number;
  /** ms, -1: for ever */
  readonly maximumRecordAgeMs: number;
  readonly bisectBatchOnFunctionError: boolean;
  readonly reportBatchItemFailures: boolean;
}

export interface Position {
  /** Next offset to fetch. */
  readonly next: bigint;
  /** Failed attempts at the batch that begins at `next`. */
  readonly attempts: number;
  /** At most this many records in the next batch; null for the mapping's batch size. After a failure a batch is not
   * made larger until its records are through. */
  readonly limit: number | null;
  /** Not before this moment (ms on the caller's clock). */
  readonly notBefore: number;
}

/** A batch that was invoked. */
export interface Attempted {
  readonly baseOffset: bigint;
  readonly count: number;
  /** Time since its newest record arrived. */
  readonly ageMs: number;
}

export type Result =
  | { readonly kind: 'success' }
  | { readonly kind: 'partial'; readonly failures: readonly bigint[] }
  | { readonly kind: 'error' };

export interface Decision {
  readonly position: Position;
  /** Records given up: [from, to) by offset, or null. */
  readonly discarded: { readonly from: bigint; readonly to: bigint } | null;
}

export const FIRST_BACKOFF_MS = 1_000;
export const LONGEST_BACKOFF_MS = 60_000;

export function startAt(next: bigint): Position {
  return { next, attempts: 0, limit: null, notBefore: 0 };
}

/** @param now ms on the clock of `notBefore` */
export function decide(
  position: Position,
  batch: Attempted,
  result: Result,
  rules: RetryRules,
  now: number,
): Decision {
  const end = batch.baseOffset + BigInt(batch.count);
  if (result.kind === 'success') return { position: startAt(end), discarded: null };

  const lowest =
    result.kind === 'partial' && rules.reportBatchItemFailures ? lowestOf(result.failures, batch) : null;
  if (lowest !== null && lowest > batch.baseOffset) {
    const rest = Number(end - lowest);
    return {
      position: { next: lowest, attempts: 0, limit: rest, notBefore: now + FIRST_BACKOFF_MS },
      discarded: null,
    };
  }
  const attempts = position.attempts + 1;
  const tooOften = rules.maximumRetryAttempts >= 0 && attempts > rules.maximumRetryAttempts;
  const tooOld = rules.maximumRecordAgeMs >= 0 && batch.ageMs > rules.maximumRecordAgeMs;
  if (rules.bisectBatchOnFunctionError && result.kind === 'error' && batch.count > 1 && !tooOld) {
    const half = Math.ceil(batch.count / 2);
    const waitMs = backoff(attempts);
    return {
      position: { next: batch.baseOffset, attempts: position.attempts, limit: half, notBefore: now + waitMs },
      discarded: null,
    };
  }
  if (tooOften || tooOld) return { position: startAt(end), discarded: { from: batch.baseOffset, to: end } };
  const retry = { next: batch.baseOffset, attempts, limit: batch.count, notBefore: now + backoff(attempts) };
  return { position: retry, discarded: null };
}

function backoff(attempts: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempts - 1));
}

/** An unknown or empty identifier fails the whole batch, as on Lambda. */
function lowestOf(failures: readonly bigint[], batch: Attempted): bigint {
  const end = batch.baseOffset + BigInt(batch.count);
  let lowest = end;
  for (const offset of failures) {
    if (offset < batch.baseOffset || offset >= end) return batch.baseOffset;
    if (offset < lowest) lowest = offset;
  }
  return lowest === end ? batch.baseOffset : lowest;
}
