/** A pool's counters, as its stats show them. */
import { createHistogram } from '../../common/histogram.js';
import type { BatchOutcome, ColdStart, PoolStats } from './invocation.js';
import type { SerializedError } from './protocol.js';

const RECENT_COLD_STARTS = 100;

export interface Counters {
  /** One invocation is over. @param error null when it succeeded or failed in part */
  invocation(durationMs: number, error: SerializedError | null): void;
  throttle(): void;
  environmentStarted(): void;
  /** Its first invocation is over. */
  coldStart(times: ColdStart): void;
  snapshot(gauges: Pick<PoolStats, 'environments' | 'concurrentExecutions'>): PoolStats;
}

export function createCounters(): Counters {
  const durations = createHistogram();
  const recentColdStarts: ColdStart[] = [];
  const counts = { invocations: 0, errors: 0, throttles: 0, timeouts: 0, coldStarts: 0 };
  let durationMs = 0;
  let lastError: string | null = null;
  return {
    invocation(took, error) {
      counts.invocations++;
      durationMs += took;
      durations.observe(took / 1000);
      if (error === null) return;
      counts.errors++;
      if (error.code === 'FUNCTION_TIMEOUT') counts.timeouts++;
      lastError = error.message;
    },
    throttle() {
      counts.throttles++;
    },
    environmentStarted() {
      counts.coldStarts++;
    },
    coldStart(times) {
      recentColdStarts.push(times);
      if (recentColdStarts.length > RECENT_COLD_STARTS) recentColdStarts.shift();
    },
    snapshot: (gauges) => ({
      ...counts,
      durationMs,
      durations,
      recentColdStarts: [...recentColdStarts],
      lastError,
      ...gauges,
    }),
  };
}

/** Why a batch failed as a whole, or null. */
export function errorOf(outcome: BatchOutcome): SerializedError | null {
  return outcome.kind === 'error' ? outcome.error : null;
}
