import fc from 'fast-check';
import { decide, type Result, type RetryRules, startAt } from '../../../runtime/mappings/progress.js';

const forever: RetryRules = {
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: true,
};
const batch = { baseOffset: 10n, count: 8, ageMs: 0 };
const error: Result = { kind: 'error' };
const partial = (...failures: bigint[]): Result => ({ kind: 'partial', failures });

test('success moves past the batch', () => {
  const { position, discarded } = decide(startAt(10n), batch, { kind: 'success' }, forever, 0);
  expect(position).toEqual(startAt(18n));
  expect(discarded).toBeNull();
});

test('a partial failure moves to the lowest failed record and starts its retry count afresh', () => {
  const { position } = decide({ ...startAt(10n), attempts: 2 }, batch, partial(16n, 13n), forever, 5_000);
  expect(position).toEqual({ next: 13n, attempts: 0, limit: 5, notBefore: 6_000 });
});

test.each([
  ['an unknown identifier', partial(99n)],
  ['the first record', partial(10n)],
  ['a thrown error', error],
])('%s fails the whole batch', (_, result) => {
  const { position } = decide(startAt(10n), batch, result, forever, 0);
  expect(position).toEqual({ next: 10n, attempts: 1, limit: 8, notBefore: 1_000 });
});

test('without ReportBatchItemFailures a partial answer fails the whole batch', () => {
  const rules = { ...forever, reportBatchItemFailures: false };
  expect(decide(startAt(10n), batch, partial(13n), rules, 0).position.next).toBe(10n);
});

test('the wait doubles from one second to sixty', () => {
  const waits = Array.from({ length: 8 }, (_, attempts) => {
    return decide({ ...startAt(10n), attempts }, batch, error, forever, 0).position.notBefore;
  });
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test('retries used up: the batch is given up and named', () => {
  const rules = { ...forever, maximumRetryAttempts: 2 };
  const { position, discarded } = decide({ ...startAt(10n), attempts: 2 }, batch, error, rules, 0);
  expect(position).toEqual(startAt(18n));
  expect(discarded).toEqual({ from: 10n, to: 18n });
});

test('bisect halves the batch without consuming a retry', () => {
  const rules = { ...forever, maximumRetryAttempts: 1, bisectBatchOnFunctionError: true };
  const { position, discarded } = decide({ ...startAt(10n), attempts: 1 }, batch, error, rules, 0);
  expect(position).toMatchObject({ next: 10n, attempts: 1, limit: 4 });
  expect(discarded).toBeNull();
});

test('too old: given up at once', () => {
  const rules = { ...forever, maximumRecordAgeMs: 60_000 };
  expect(decide(startAt(10n), { ...batch, ageMs: 60_001 }, error, rules, 0).discarded).toEqual({
    from: 10n,
    to: 18n,
  });
});

test('whatever a function does, no record is passed over that neither succeeded nor was given up', () => {
  const results = fc.array(
    fc.oneof(
      fc.constant<Result>({ kind: 'success' }),
      fc.constant<Result>({ kind: 'error' }),
      fc
        .array(fc.bigInt({ min: 0n, max: 60n }), { minLength: 1 })
        .map((failures): Result => partial(...failures)),
    ),
  );
  const rules = fc.record({
    maximumRetryAttempts: fc.integer({ min: -1, max: 3 }),
    maximumRecordAgeMs: fc.constant(-1),
    bisectBatchOnFunctionError: fc.boolean(),
    reportBatchItemFailures: fc.boolean(),
  });
  fc.assert(
    fc.property(results, rules, fc.integer({ min: 1, max: 10 }), (outcomes, retry, size) => {
      let position = startAt(0n);
      const done = new Set<bigint>();
      for (const result of outcomes) {
        const taken = { baseOffset: position.next, count: position.limit ?? size, ageMs: 0 };
        const end = taken.baseOffset + BigInt(taken.count);
        const { position: next, discarded } = decide(position, taken, result, retry, 0);
        for (let offset = position.next; offset < next.next; offset++) {
          const failed = result.kind === 'partial' && result.failures.includes(offset);
          const ok = result.kind === 'success' || (result.kind === 'partial' && !failed);
          const givenUp = discarded !== null && offset >= discarded.from && offset < discarded.to;
          expect(ok || givenUp).toBe(true);
          done.add(offset);
        }
        expect(next.next).toBeGreaterThanOrEqual(position.next);
        expect(next.next).toBeLessThanOrEqual(end);
        position = next;
      }
      expect(done.size).toBe(Number(position.next));
    }),
  );
});
