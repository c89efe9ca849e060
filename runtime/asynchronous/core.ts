/**
 * What becomes of an asynchronous invocation after an attempt: Lambda's rules, as a function of the event, the outcome
 * and the time.
 *
 * - What the function throws (or its timing out, or crashing) uses up an attempt; the next one follows after one
 *   minute, then after two.
 * - A throttle or a fault of the system uses up none; the event goes back to the queue for 1 s, doubling up to 5 min.
 * - An event whose next attempt would come when it is older than the maximum age is given up at once: there is nothing
 *   left to wait for.
 *
 * Sources: AWS Lambda developer guide, "Invoking a function asynchronously" and "Error handling".
 */
import type { WaitingEvent } from '../../stores/asynchronous.js';
import type { AsynchronousOutcome } from '../destinations/invocation-record.js';
import type { AsynchronousSettings } from '../manifest/manifest.js';

/** Condition in the record a destination gets. */
export type Condition = AsynchronousOutcome['condition'];

export type Attempt = 'success' | 'error' | 'throttled';

export type Fate =
  | {
      readonly kind: 'settled';
      readonly condition: Condition;
      /** Attempts that reached the function. */
      readonly invokeCount: number;
    }
  | {
      readonly kind: 'waiting';
      /** Epoch ms. */
      readonly due: number;
      readonly attempts: number;
      readonly throttles: number;
    };

type Progress = Pick<WaitingEvent, 'attempts' | 'throttles' | 'enqueued'>;
type Limits = Pick<AsynchronousSettings, 'maximumRetryAttempts' | 'maximumEventAgeMs'>;

const MINUTE = 60_000;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 5 * MINUTE;

/** Before an attempt: whether it is too late for one. */
export function isTooOld(event: Progress, limits: Limits, now: number): boolean {
  return now - event.enqueued > limits.maximumEventAgeMs;
}

export function fateAfter(event: Progress, attempt: Attempt, limits: Limits, now: number): Fate {
  if (attempt === 'success') {
    return { kind: 'settled', condition: 'Success', invokeCount: event.attempts + 1 };
  }
  const attempts = event.attempts + (attempt === 'error' ? 1 : 0);
  if (attempts > limits.maximumRetryAttempts) {
    return { kind: 'settled', condition: 'RetriesExhausted', invokeCount: attempts };
  }
  const throttles = attempt === 'error' ? 0 : event.throttles + 1;
  const wait = attempt === 'error' ? attempts * MINUTE : backoff(throttles);
  if (isTooOld(event, limits, now + wait)) {
    return { kind: 'settled', condition: 'EventAgeExceeded', invokeCount: attempts };
  }
  return { kind: 'waiting', due: now + wait, attempts, throttles };
}

/** ms to wait after so many failures in a row, 1 at least. */
export function backoff(failures: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
}
