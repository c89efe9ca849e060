import fc from 'fast-check';
import {
  afterExpiry,
  afterInvocation,
  type Portion,
  type Result,
  type RetryRules,
  wholeBatch,
} from '../../../runtime/mappings/progress.js';

const forever: RetryRules = {
  maximumRetryAttempts: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: true,
};
const bisecting = { ...forever, bisectBatchOnFunctionError: true, maximumRetryAttempts: 1 };
const error: Result = { kind: 'error' };
const throttled: Result = { kind: 'throttled' };
const lowest = (index: number): Result => ({ kind: 'partial', lowest: index });
const portion = (from: number, to: number, attempts = 0, waits = attempts): Portion => {
  return { from, to, attempts, waits };
};

test('success finishes the portion, the next one goes at once', () => {
  const step = afterInvocation([portion(0, 4, 2), portion(4, 8)], { kind: 'success' }, forever);
  expect(step).toEqual({ remaining: [portion(4, 8)], givenUp: null, waitMs: 0 });
});

test('a partial failure keeps what follows the lowest failed record, and its retries begin afresh', () => {
  const step = afterInvocation([portion(0, 8, 2)], lowest(3), forever);
  expect(step).toEqual({ remaining: [portion(3, 8)], givenUp: null, waitMs: 1_000 });
});

test.each([
  ['the first record', lowest(0)],
  ['a thrown error', error],
])('%s fails the whole batch', (_, result) => {
  const step = afterInvocation(wholeBatch(8), result, forever);
  expect(step).toEqual({ remaining: [portion(0, 8, 1)], givenUp: null, waitMs: 1_000 });
});

test('without ReportBatchItemFailures every answer is a success', () => {
  const rules = { ...forever, reportBatchItemFailures: false };
  expect(afterInvocation(wholeBatch(8), lowest(3), rules).remaining).toEqual([]);
  expect(afterInvocation(wholeBatch(8), error, rules).remaining).toEqual([portion(0, 8, 1)]);
});

test('the wait doubles from one second to sixty', () => {
  const waits = Array.from({ length: 8 }, (_, attempts) => {
    return afterInvocation([portion(0, 8, attempts)], error, forever).waitMs;
  });
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test('throttles wait as long and consume no retry', () => {
  const step = afterInvocation([portion(0, 8, 1, 3)], throttled, { ...forever, maximumRetryAttempts: 1 });
  expect(step).toEqual({ remaining: [portion(0, 8, 1, 4)], givenUp: null, waitMs: 8_000 });
});

test('retries used up: the portion is given up after 1 + maximumRetryAttempts invocations', () => {
  const rules = { ...forever, maximumRetryAttempts: 2 };
  expect(afterInvocation([portion(0, 4, 1), portion(4, 8)], error, rules).givenUp).toBeNull();
  const step = afterInvocation([portion(0, 4, 2), portion(4, 8)], error, rules);
  expect(step).toEqual({ remaining: [portion(4, 8)], givenUp: { from: 0, to: 4, attempts: 3 }, waitMs: 0 });
});

test('bisect halves a portion without consuming a retry, down to single records, which consume them', () => {
  const once = afterInvocation(wholeBatch(5), error, bisecting);
  expect(once).toEqual({ remaining: [portion(0, 3), portion(3, 5)], givenUp: null, waitMs: 1_000 });
  const twice = afterInvocation(once.remaining, error, bisecting);
  expect(twice.remaining).toEqual([portion(0, 2), portion(2, 3), portion(3, 5)]);
  const single = afterInvocation([portion(2, 3)], error, bisecting);
  expect(single.remaining).toEqual([portion(2, 3, 1)]);
  expect(afterInvocation(single.remaining, error, bisecting).givenUp).toEqual({
    from: 2,
    to: 3,
    attempts: 2,
  });
});

test('bisect splits at the reported record', () => {
  expect(afterInvocation(wholeBatch(8), lowest(5), bisecting).remaining).toEqual([portion(5, 8)]);
});

test('what is too old leaves, the rest keeps its attempts', () => {
  expect(afterExpiry([portion(0, 4, 2), portion(4, 8)], 3)).toEqual([portion(3, 4, 2), portion(4, 8)]);
  expect(afterExpiry([portion(0, 4, 2), portion(4, 8)], 4)).toEqual([portion(4, 8)]);
});

test('whatever a function does, what is left is the end of the batch, in order and without gaps', () => {
  const results = fc.array(
    fc.oneof(
      fc.constantFrom<Result>({ kind: 'success' }, error, throttled),
      fc.nat(40).map((index) => lowest(index)),
    ),
  );
  const rules = fc.record({
    maximumRetryAttempts: fc.integer({ min: -1, max: 3 }),
    bisectBatchOnFunctionError: fc.boolean(),
    reportBatchItemFailures: fc.boolean(),
  });
  fc.assert(
    fc.property(results, rules, fc.integer({ min: 1, max: 40 }), (outcomes, retry, size) => {
      let portions = wholeBatch(size);
      for (const outcome of outcomes) {
        const head = portions[0];
        if (head === undefined) break;
        const index =
          outcome.kind === 'partial' ? Math.min(head.to - 1, Math.max(head.from, outcome.lowest)) : 0;
        const result = outcome.kind === 'partial' ? lowest(index) : outcome;
        const step = afterInvocation(portions, result, retry);
        const from = step.remaining[0]?.from ?? size;
        // What was passed succeeded or is given up.
        if (step.givenUp !== null) expect([step.givenUp.from, step.givenUp.to]).toEqual([head.from, from]);
        else if (result.kind === 'error' || result.kind === 'throttled') expect(from).toBe(head.from);
        else if (result.kind === 'partial' && retry.reportBatchItemFailures) expect(from).toBe(index);
        else expect(from).toBe(head.to);
        let at = from;
        for (const one of step.remaining) {
          expect(one.from).toBe(at);
          expect(one.to).toBeGreaterThan(one.from);
          at = one.to;
        }
        expect(at).toBe(size);
        portions = step.remaining;
      }
    }),
  );
});
