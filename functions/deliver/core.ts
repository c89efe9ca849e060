/**
 * When a delivery is tried again, when it is given up, and when a target is left alone for a while.
 *
 * Waits double from 1 s to 10 min and are shortened by up to a half, by a hash of delivery and attempt: what failed at
 * one moment does not come again at one moment, and the same delivery waits the same wherever that is computed.
 */
import type { Delivery, Settlement, TargetState } from '../../stores/notifications.js';
import type { Outcome } from './outcome.js';

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 600_000;
/** A target that asks for a longer pause does not know what it asks. */
const LONGEST_PAUSE_MS = 3_600_000;
export const MAX_ATTEMPTS = 50;
export const MAX_AGE_MS = 86_400_000;
/** However old: a dead letter that somebody redrives is not given up at its first failure. */
const MIN_ATTEMPTS = 5;
/** So many failures in a row open a target's breaker. */
export const BREAKER_FAILURES = 5;
const FIRST_OPEN_MS = 10_000;
const LONGEST_OPEN_MS = 300_000;

export const CLOSED = { failures: 0, openUntil: 0 } as const;

/**
 * Which HTTP statuses pass: 408 (timeout), 425 (too early), 429 (too many) and those of a server in trouble. Anything
 * else that is no success, redirects included, comes of the message or the address and would come again.
 */
export function mayPass(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** Wait after so many attempts (1: the first one failed), ms. */
export function waitMs(id: string, attempts: number): number {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(attempts - 1, 30));
  return Math.round(wait * (1 - fraction(`${id}/${attempts}`) / 2));
}

/** `Retry-After` as seconds or as an HTTP date, in ms from `now`; null: there is none that can be read. */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(0, ms), LONGEST_PAUSE_MS);
}

/** @param at when the attempt began @param now when it had ended; both epoch ms */
export function settlementOf(delivery: Delivery, outcome: Outcome, at: number, now: number): Settlement {
  const { id, target, dueAt } = delivery;
  const attempts = delivery.attempts + 1;
  const { status } = outcome;
  const error = outcome.kind === 'delivered' ? outcome.note : outcome.error;
  const attempt = { deliveryId: id, target, at, durationMs: Math.max(0, now - at), status, error };
  if (outcome.kind === 'delivered') {
    return {
      delivery: { id, state: 'delivered', dueAt, attempts, lastError: null },
      attempt: { ...attempt, outcome: 'delivered' },
    };
  }
  const { error: lastError } = outcome;
  if (outcome.kind === 'refused' || isGivenUp(delivery, attempts, now)) {
    return {
      delivery: { id, state: 'dead', dueAt, attempts, lastError },
      attempt: { ...attempt, outcome: 'dead' },
    };
  }
  const wait = Math.max(waitMs(id, attempts), outcome.retryAfterMs ?? 0);
  return {
    delivery: { id, state: 'waiting', dueAt: now + wait, attempts, lastError },
    attempt: { ...attempt, outcome: 'failed' },
  };
}

function isGivenUp({ createdAt }: Delivery, attempts: number, now: number): boolean {
  return attempts >= MAX_ATTEMPTS || (now - createdAt >= MAX_AGE_MS && attempts >= MIN_ATTEMPTS);
}

/** A claim given back: it was not tried and is due as before. */
export function givenBack({ id, dueAt, attempts, lastError }: Delivery): Settlement {
  return { delivery: { id, state: 'waiting', dueAt, attempts, lastError }, attempt: null };
}

/**
 * Whether it waited for as long as a delivery may and was never tried, as the target took nothing all the time. One
 * that was redriven is due since then.
 */
export function isExpired({ attempts, createdAt, dueAt }: Delivery, now: number): boolean {
  return attempts === 0 && now - Math.max(createdAt, dueAt) >= MAX_AGE_MS;
}

export function expired({ id, target, dueAt, attempts }: Delivery, now: number): Settlement {
  const error = 'the target took nothing for 24 h';
  return {
    delivery: { id, state: 'dead', dueAt, attempts, lastError: error },
    attempt: { deliveryId: id, target, at: now, durationMs: 0, outcome: 'dead', status: null, error },
  };
}

/** `probe`: the breaker is half open, and one delivery decides. */
export function admission({ failures, openUntil }: TargetState, now: number): 'closed' | 'probe' | 'open' {
  if (openUntil > now) return 'open';
  return failures >= BREAKER_FAILURES ? 'probe' : 'closed';
}

/**
 * The breaker after an attempt. A refusal is an answer: the target is there. `Retry-After` is a wish about the target,
 * not about one message, so it opens the breaker for as long.
 */
export function breakerAfter(state: TargetState, outcome: Outcome, now: number): TargetState {
  const { target, openUntil } = state;
  if (outcome.kind !== 'failed') return { target, ...CLOSED };
  const pause = now + (outcome.retryAfterMs ?? 0);
  // Those that were under way when it opened do not open it further.
  if (openUntil > now) return { ...state, openUntil: Math.max(openUntil, pause) };
  const failures = state.failures + 1;
  const over = failures - BREAKER_FAILURES;
  const open = over < 0 ? 0 : Math.min(LONGEST_OPEN_MS, FIRST_OPEN_MS * 2 ** Math.min(over, 30));
  return { target, failures, openUntil: Math.max(open === 0 ? 0 : now + open, pause > now ? pause : 0) };
}

/** FNV-1a over UTF-16 units, finished as in MurmurHash3, as a fraction of 1. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
