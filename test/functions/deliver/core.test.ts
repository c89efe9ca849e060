import fc from 'fast-check';
import {
  admission,
  BREAKER_FAILURES,
  breakerAfter,
  expired,
  isExpired,
  MAX_AGE_MS,
  MAX_ATTEMPTS,
  mayPass,
  retryAfterMs,
  settlementOf,
  waitMs,
} from '../../../functions/deliver/core.js';
import { failed, type Outcome, refused } from '../../../functions/deliver/outcome.js';
import type { TargetState } from '../../../stores/notifications.js';
import { deliveryOf, T0 } from './support.js';

const HOUR = 3_600_000;
const DELIVERED: Outcome = { kind: 'delivered', status: 200, note: null };
const CLOSED: TargetState = { target: 'ops/webhook/0', failures: 0, openUntil: 0 };
const waiting = (attempts: number, age = 0) =>
  deliveryOf('n1', 'ops/webhook/0', {}, { attempts, createdAt: T0 - age, dueAt: T0 });

describe('waits', () => {
  test('double from a second to ten minutes, and are shortened by up to a half, the same each time', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 60 }), (id, attempts) => {
        const most = Math.min(600_000, 1_000 * 2 ** (attempts - 1));
        const wait = waitMs(id, attempts);
        expect(wait).toBeGreaterThanOrEqual(most / 2);
        expect(wait).toBeLessThanOrEqual(most);
        expect(waitMs(id, attempts)).toBe(wait);
      }),
    );
  });

  test('what failed together comes again apart', () => {
    const waits = Array.from({ length: 1_000 }, (_, n) => waitMs(`delivery-${n}`, 5));
    expect(new Set(waits).size).toBeGreaterThan(900);
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(mean).toBeGreaterThan(11_500);
    expect(mean).toBeLessThan(12_500);
  });
});

describe('what is tried again', () => {
  test.each([
    [408, true],
    [425, true],
    [429, true],
    [500, true],
    [503, true],
    [301, false],
    [400, false],
    [401, false],
    [404, false],
    [410, false],
    [422, false],
  ])('status %d: %p', (status, again) => expect(mayPass(status)).toBe(again));

  test('Retry-After as seconds and as a date, never for more than an hour', () => {
    expect(retryAfterMs('120', T0)).toBe(120_000);
    expect(retryAfterMs(' 1.5 ', T0)).toBe(1_500);
    expect(retryAfterMs(new Date(T0 + 30_000).toUTCString(), T0)).toBe(30_000);
    expect(retryAfterMs(new Date(T0 - 30_000).toUTCString(), T0)).toBe(0);
    expect(retryAfterMs('1e9', T0)).toBeNull();
    expect(retryAfterMs('99999999', T0)).toBe(HOUR);
    expect(retryAfterMs('soon', T0)).toBeNull();
    expect(retryAfterMs(null, T0)).toBeNull();
  });

  test('a failure waits, longer if the target asks for it', () => {
    const { delivery, attempt } = settlementOf(waiting(0), failed('status 503', 503), T0, T0 + 40);
    expect(delivery).toMatchObject({ state: 'waiting', attempts: 1, lastError: 'status 503' });
    expect(delivery.dueAt).toBe(T0 + 40 + waitMs('n1', 1));
    expect(attempt).toEqual({
      deliveryId: 'n1',
      target: 'ops/webhook/0',
      at: T0,
      durationMs: 40,
      outcome: 'failed',
      status: 503,
      error: 'status 503',
    });
    const asked = settlementOf(waiting(0), failed('status 429', 429, 90_000), T0, T0);
    expect(asked.delivery.dueAt).toBe(T0 + 90_000);
  });

  test('a refusal is a dead letter at once', () => {
    const { delivery, attempt } = settlementOf(waiting(0), refused('status 404', 404), T0, T0);
    expect([delivery.state, delivery.attempts, attempt?.outcome]).toEqual(['dead', 1, 'dead']);
  });

  test('is given up after 50 attempts, or a day, but a redriven one not at its first failure', () => {
    const fateAfter = (attempts: number, age: number) =>
      settlementOf(waiting(attempts, age), failed('no'), T0, T0).delivery.state;
    expect(fateAfter(MAX_ATTEMPTS - 2, 0)).toBe('waiting');
    expect(fateAfter(MAX_ATTEMPTS - 1, 0)).toBe('dead');
    expect(fateAfter(10, MAX_AGE_MS - 1)).toBe('waiting');
    expect(fateAfter(10, MAX_AGE_MS)).toBe('dead');
    expect(fateAfter(0, MAX_AGE_MS)).toBe('waiting');
  });

  test('what was never tried in a day is given up, a redriven one only a day later', () => {
    const now = T0 + MAX_AGE_MS;
    const untried = deliveryOf('n1', 't', {}, { createdAt: T0, dueAt: T0 });
    expect(isExpired(untried, now - 1)).toBe(false);
    expect(isExpired(untried, now)).toBe(true);
    expect(isExpired({ ...untried, dueAt: T0 + HOUR }, now)).toBe(false);
    expect(isExpired({ ...untried, attempts: 1 }, now)).toBe(false);
    expect(expired(untried, now).delivery.state).toBe('dead');
  });
});

describe('breaker', () => {
  const no = failed('connection refused');
  const stateAfter = (outcomes: readonly Outcome[], now = T0) =>
    outcomes.reduce((state, outcome) => breakerAfter(state, outcome, now), CLOSED);

  test('opens at the fifth failure in a row, and a success or a refusal ends the row', () => {
    expect(stateAfter([no, no, no, no])).toEqual({ ...CLOSED, failures: 4, openUntil: 0 });
    expect(admission(stateAfter([no, no, no, no]), T0)).toBe('closed');
    expect(stateAfter([no, no, no, no, no])).toEqual({ ...CLOSED, failures: 5, openUntil: T0 + 10_000 });
    expect(stateAfter([no, no, no, no, DELIVERED, no])).toMatchObject({ failures: 1 });
    expect(stateAfter([no, no, no, no, refused('status 400', 400)])).toEqual(CLOSED);
  });

  test('is half open when its time is over; a failed probe opens it for twice as long, up to five minutes', () => {
    let state = stateAfter([no, no, no, no, no]);
    let now = state.openUntil;
    expect([admission(state, now - 1), admission(state, now)]).toEqual(['open', 'probe']);
    const opened: number[] = [];
    for (let probe = 0; probe < 8; probe++) {
      state = breakerAfter(state, no, now);
      opened.push((state.openUntil - now) / 1_000);
      now = state.openUntil;
    }
    expect(opened).toEqual([20, 40, 80, 160, 300, 300, 300, 300]);
    expect(breakerAfter(state, DELIVERED, now)).toEqual(CLOSED);
  });

  test('requests that were under way when it opened do not open it further', () => {
    const open = stateAfter([no, no, no, no, no]);
    expect(breakerAfter(open, no, T0 + 100)).toEqual(open);
    expect(BREAKER_FAILURES).toBe(5);
  });

  test('Retry-After is for the whole target', () => {
    const paused = stateAfter([failed('status 429', 429, 30_000)]);
    expect(paused).toEqual({ ...CLOSED, failures: 1, openUntil: T0 + 30_000 });
    expect(admission(paused, T0 + 29_999)).toBe('open');
    expect(admission(paused, T0 + 30_000)).toBe('closed');
  });

  test('whatever happens, no target is left alone for more than an hour', () => {
    const outcome = fc.oneof(
      fc.constant(no),
      fc.constant(DELIVERED),
      fc.integer({ min: 0, max: 3_600_000 }).map((ms) => failed('status 429', 429, ms)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(outcome, fc.nat(600_000)), { maxLength: 60 }), (steps) => {
        let state = CLOSED;
        let now = T0;
        for (const [result, later] of steps) {
          now += later;
          state = breakerAfter(state, result, now);
          expect(state.openUntil - now).toBeLessThanOrEqual(HOUR);
          if (result.kind === 'delivered') expect(state).toEqual(CLOSED);
        }
      }),
    );
  });
});
