/**
 * Lambda's bounds on concurrency, without a clock.
 *
 * An account may have so many environments at work at a time. What functions reserve (or keep provisioned) is set
 * aside for them: a *floor* that others cannot take. A reservation is a *ceiling* as well; 0 switches the function
 * off. The others share what is left. Besides, each function gains only so many environments within ten seconds.
 */
import type { ConcurrencySettings } from '../../common/settings.js';
import type { ThrottleReason } from './failures.js';

export interface ConcurrencyClaim {
  readonly name: string;
  readonly reservedConcurrency?: number;
  readonly provisionedConcurrency: number;
}

/** The bounds of one function. */
export interface FunctionConcurrency {
  /** An environment is about to work; null when it may. Each null is followed by one `leave`. */
  enter(): ThrottleReason | null;
  leave(): void;
  /** An environment is about to be started. @param now ms, any clock that does not go back */
  gain(now: number): ThrottleReason | null;
  /** Reserved concurrency 0. */
  readonly off: boolean;
}

const SCALING_PERIOD_MS = 10_000;

/** Bounds of every function of an account, by name. */
export function createConcurrency(
  settings: ConcurrencySettings,
  functions: readonly ConcurrencyClaim[],
): ReadonlyMap<string, FunctionConcurrency> {
  const floorOf = ({ reservedConcurrency, provisionedConcurrency }: ConcurrencyClaim) =>
    reservedConcurrency ?? provisionedConcurrency;
  const shared = { free: functions.reduce((left, fn) => left - floorOf(fn), settings.account) };
  return new Map(
    functions.map((fn) => {
      const ceiling = fn.reservedConcurrency ?? Number.POSITIVE_INFINITY;
      return [fn.name, functionConcurrency(floorOf(fn), ceiling, shared, settings.scalingPer10s)];
    }),
  );
}

/** Bounds nothing. */
export const unbounded: FunctionConcurrency = {
  enter: () => null,
  leave: () => undefined,
  gain: () => null,
  off: false,
};

function functionConcurrency(
  floor: number,
  ceiling: number,
  shared: { free: number },
  scalingPer10s: number,
): FunctionConcurrency {
  let active = 0;
  /** Moments of the last gains, oldest first. */
  const gains: number[] = [];
  return {
    off: ceiling === 0,
    enter() {
      if (active >= ceiling) return 'ReservedFunctionConcurrentInvocationLimitExceeded';
      if (active >= floor) {
        if (shared.free <= 0) return 'ConcurrentInvocationLimitExceeded';
        shared.free--;
      }
      active++;
      return null;
    },
    leave() {
      active--;
      if (active >= floor) shared.free++;
    },
    gain(now) {
      while (gains.length > 0 && gains[0]! <= now - SCALING_PERIOD_MS) gains.shift();
      if (gains.length >= scalingPer10s) return 'ConcurrentInvocationLimitExceeded';
      gains.push(now);
      return null;
    },
  };
}
