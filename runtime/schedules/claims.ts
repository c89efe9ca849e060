/**
 * A scheduler's side of `stores/firings.ts`: claim a moment, keep the lease while its run lasts, mark it finished.
 */
import type { Claim, Firings } from '../../stores/firings.js';
import type { SchedulerClock } from './scheduler.js';

export interface Claims {
  /** The moment to look for missed ones from, epoch ms; undefined when nothing is known of earlier times. */
  servedUntil(rule: string): Promise<number | undefined>;
  claim(rule: string, due: number, overlap: boolean): Promise<Claim>;
  /** Keeps a claim that was won. Call the answer when the run has ended; neither throws nor rejects. */
  hold(rule: string, due: number): () => Promise<void>;
}

/** For one process that keeps no books: every claim is won. */
export const ALONE: Claims = {
  servedUntil: async () => undefined,
  claim: async () => ({ kind: 'won' }),
  hold: () => async () => {},
};

/**
 * How long a claim outlives its process (ms): so much later another one takes the run up. A third of it must be enough
 * for a stalled event loop to come back.
 */
export const LEASE_MS = 30_000;
const RENEWALS_PER_LEASE = 3;

/** @param onError told about a lease that could not be renewed or ended; the run is not touched by it */
export function createClaims(
  firings: Firings,
  clock: SchedulerClock,
  onError: (rule: string, error: unknown, due: number) => void,
): Claims {
  return {
    async servedUntil(rule) {
      const last = await firings.last(rule);
      if (last === undefined) return undefined;
      return last.finished ? last.due : last.due - 1;
    },
    claim: (rule, due, overlap) => firings.claim({ rule, due, now: clock.now(), leaseMs: LEASE_MS, overlap }),
    hold(rule, due) {
      const guarded = async (work: () => Promise<void>) => {
        try {
          await work();
        } catch (error) {
          onError(rule, error, due);
        }
      };
      let ended = false;
      let cancel = () => {};
      let renewing: Promise<void> = Promise.resolve();
      const renew = async () => {
        let ours = true;
        await guarded(async () => {
          ours = await firings.renew(rule, due, clock.now() + LEASE_MS);
        });
        if (ours && !ended) renewLater();
      };
      const renewLater = () => {
        cancel = clock.after(LEASE_MS / RENEWALS_PER_LEASE, () => {
          renewing = renew();
        });
      };
      renewLater();
      return async () => {
        ended = true;
        cancel();
        await renewing;
        await guarded(() => firings.finish(rule, due));
      };
    },
  };
}
