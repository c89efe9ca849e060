import fc from 'fast-check';
import { createConcurrency } from '../../../runtime/environments/concurrency.js';

const RESERVED = 'ReservedFunctionConcurrentInvocationLimitExceeded';
const ACCOUNT = 'ConcurrentInvocationLimitExceeded';
const wide = { account: 1_000, scalingPer10s: 1_000 };
const plain = (name: string) => ({ name, provisionedConcurrency: 0 });
const reserving = (name: string, reservedConcurrency: number) => ({ ...plain(name), reservedConcurrency });

test('reserved concurrency is a ceiling', () => {
  const fn = createConcurrency(wide, [reserving('a', 2)]).get('a')!;
  expect([fn.enter(), fn.enter(), fn.enter()]).toEqual([null, null, RESERVED]);
  fn.leave();
  expect(fn.enter()).toBeNull();
});

test('reserved concurrency 0 switches a function off', () => {
  const fn = createConcurrency(wide, [reserving('a', 0)]).get('a')!;
  expect(fn.off).toBe(true);
  expect(fn.enter()).toBe(RESERVED);
});

test('what one function reserves is a floor that others cannot take', () => {
  const functions = createConcurrency({ ...wide, account: 3 }, [reserving('a', 2), plain('b')]);
  const a = functions.get('a')!;
  const b = functions.get('b')!;
  expect([b.enter(), b.enter()]).toEqual([null, ACCOUNT]);
  expect([a.enter(), a.enter()]).toEqual([null, null]);
});

test('provisioned concurrency is a floor and no ceiling', () => {
  const a = { name: 'a', provisionedConcurrency: 1 };
  const functions = createConcurrency({ ...wide, account: 2 }, [a, plain('b')]);
  expect(functions.get('b')!.enter()).toBeNull();
  expect([functions.get('a')!.enter(), functions.get('a')!.enter()]).toEqual([null, ACCOUNT]);
  functions.get('b')!.leave();
  expect(functions.get('a')!.enter()).toBeNull();
});

test('a function gains so many environments within any ten seconds', () => {
  // gains at    0  0    9999  10000 10000  10001
  // of two     ok ok  refused    ok    ok  refused
  const fn = createConcurrency({ account: 10, scalingPer10s: 2 }, [plain('a')]).get('a')!;
  expect([0, 0, 9_999, 10_000, 10_000, 10_001].map((now) => fn.gain(now))).toEqual([
    null,
    null,
    ACCOUNT,
    null,
    null,
    ACCOUNT,
  ]);
});

test('no sequence of work exceeds a bound, and none refuses what a reservation promises', () => {
  const claims = fc.array(
    fc.record({
      reserved: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
      provisioned: fc.integer({ min: 0, max: 2 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const steps = fc.array(fc.record({ fn: fc.nat(3), enter: fc.boolean() }), { maxLength: 60 });
  fc.assert(
    fc.property(claims, fc.integer({ min: 12, max: 20 }), steps, (given, account, moves) => {
      const functions = given.map(({ reserved, provisioned }, i) => ({
        name: String(i),
        provisionedConcurrency: reserved === undefined ? provisioned : Math.min(provisioned, reserved),
        ...(reserved === undefined ? {} : { reservedConcurrency: reserved }),
      }));
      const bounds = createConcurrency({ account, scalingPer10s: 1 }, functions);
      const active = functions.map(() => 0);
      for (const { fn, enter } of moves) {
        const i = fn % functions.length;
        const claim = functions[i]!;
        const bound = bounds.get(claim.name)!;
        if (!enter) {
          if (active[i]! > 0) {
            bound.leave();
            active[i]!--;
          }
          continue;
        }
        const floor = claim.reservedConcurrency ?? claim.provisionedConcurrency;
        const refusal = bound.enter();
        if (refusal === null) active[i]!++;
        else expect(active[i]!).toBeGreaterThanOrEqual(floor);
        expect(active[i]!).toBeLessThanOrEqual(claim.reservedConcurrency ?? account);
        expect(active.reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(account);
      }
    }),
  );
});
