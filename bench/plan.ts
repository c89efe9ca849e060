/** What a benchmark run does: phases and their lengths. Pure. */
import type { DriverConfig } from './driver/config.js';

/** Open-loop rates, events/s: what a small, a middling and a busy site send. */
export const RATES = [2_000, 5_000, 20_000] as const;

export const OVERLOAD_RATE = 300_000;

export interface Plan {
  readonly closed: Partial<DriverConfig>;
  readonly open: Partial<DriverConfig>;
  readonly overload: Partial<DriverConfig>;
}

export function plan(quick: boolean): Plan {
  return quick
    ? {
        closed: { mode: 'closed', seconds: 5, warmupSeconds: 3 },
        open: { mode: 'open', seconds: 4, warmupSeconds: 1 },
        overload: { mode: 'open', rate: OVERLOAD_RATE, seconds: 6, warmupSeconds: 0 },
      }
    : {
        closed: { mode: 'closed', seconds: 15, warmupSeconds: 5 },
        open: { mode: 'open', seconds: 12, warmupSeconds: 3 },
        overload: { mode: 'open', rate: OVERLOAD_RATE, seconds: 15, warmupSeconds: 0 },
      };
}

/** A steady rate over a long time; the first minute is warm-up (caches fill, code is compiled). */
export function soak(seconds: number, rate: number): Partial<DriverConfig> {
  return { mode: 'open', rate, seconds, warmupSeconds: Math.min(60, seconds / 5), sampleSeconds: 5 };
}
