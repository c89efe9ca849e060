/**
 * What an event source mapping does after an invocation, as data: the pure half of a lane.
 *
 * A fetched batch is a row of portions, and its first one is what is invoked next; at the beginning the only portion is
 * the whole batch. What happens then (Lambda's rules):
 *
 * - Success finishes the portion.
 * - A partial failure finishes what lies before the lowest failed record; the rest begins afresh, its retries too.
 * - A whole failure (thrown, or the first record or an unknown one reported) consumes a retry; or, with bisect,
 *   halves the portion and consumes none. Both halves stay portions of their own: newer records never join them.
 * - Retries used up: the portion is given up.
 * - A throttle changes nothing but the wait.
 *
 * Waits between attempts at the same portion double from 1 s to 60 s.
 */
export interface RetryRules {
  /** -1: for ever */
  readonly maximumRetryAttempts: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** Without it, whatever the function answers is a success. */
  readonly reportBatchItemFailures: boolean;
}

/** Records `[from, to)` of the fetched batch, by index. */
export interface Portion {
  readonly from: number;
  readonly to: number;
  /** Failed invocations that count as attempts. */
  readonly attempts: number;
  /** Failed and throttled invocations: how often it has been waited. */
  readonly waits: number;
}

export type Result =
  | { readonly kind: 'success' }
  /** Index (of the fetched batch) of the lowest failed record; the portion's first one when one is unknown. */
  | { readonly kind: 'partial'; readonly lowest: number }
  | { readonly kind: 'error' }
  | { readonly kind: 'throttled' };

export interface Step {
  /** What is left, in order and without gaps; empty when the batch is finished. */
  readonly remaining: readonly Portion[];
  /** Records `[from, to)` that must be given up before the checkpoint passes them; `attempts` were made. */
  readonly givenUp: { readonly from: number; readonly to: number; readonly attempts: number } | null;
  /** Before the next attempt, ms. */
  readonly waitMs: number;
}

export const FIRST_BACKOFF_MS = 1_000;
export const LONGEST_BACKOFF_MS = 60_000;

export function wholeBatch(count: number): readonly Portion[] {
  return [fresh(0, count)];
}

/** @param portions at least one; the first was invoked */
export function afterInvocation(portions: readonly Portion[], result: Result, rules: RetryRules): Step {
  const [head, ...rest] = portions as readonly [Portion, ...Portion[]];
  const { from, to } = head;
  const isReported = result.kind === 'partial' && rules.reportBatchItemFailures;
  if (result.kind === 'success' || (result.kind === 'partial' && !isReported)) return go(rest);
  if (result.kind === 'throttled') return again({ ...head, waits: head.waits + 1 }, rest);
  if (result.kind === 'partial' && result.lowest > from) {
    return { remaining: [fresh(result.lowest, to), ...rest], givenUp: null, waitMs: FIRST_BACKOFF_MS };
  }
  if (rules.bisectBatchOnFunctionError && to - from > 1) {
    const middle = from + Math.ceil((to - from) / 2);
    return {
      remaining: [fresh(from, middle), fresh(middle, to), ...rest],
      givenUp: null,
      waitMs: FIRST_BACKOFF_MS,
    };
  }
  const attempts = head.attempts + 1;
  if (rules.maximumRetryAttempts >= 0 && attempts > rules.maximumRetryAttempts) {
    return { ...go(rest), givenUp: { from, to, attempts } };
  }
  return again({ ...head, attempts, waits: head.waits + 1 }, rest);
}

/** The first `count` records have become too old: what is left, its attempts as they were. */
export function afterExpiry(portions: readonly Portion[], count: number): readonly Portion[] {
  const [head, ...rest] = portions as readonly [Portion, ...Portion[]];
  const from = head.from + count;
  return from < head.to ? [{ ...head, from }, ...rest] : rest;
}

/** The wait after the nth failure in a row, ms. */
export function backoff(failures: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
}

function fresh(from: number, to: number): Portion {
  return { from, to, attempts: 0, waits: 0 };
}

function go(remaining: readonly Portion[]): Step {
  return { remaining, givenUp: null, waitMs: 0 };
}

function again(head: Portion, rest: readonly Portion[]): Step {
  return { remaining: [head, ...rest], givenUp: null, waitMs: backoff(head.waits) };
}
