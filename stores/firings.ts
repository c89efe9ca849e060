/**
 * When schedules were created and which of their moments have been served: what several processes on one store, and a
 * process and its successor, must agree on.
 *
 * A moment is *claimed* before its run and *finished* after it. Whoever wins the claim runs; the claim is a lease that
 * the winner renews while it runs. So:
 * - a moment is run once, however many processes see it fall due;
 * - a run that died with its process is not lost: its lease runs out, and the moment can be claimed again. Such a run
 *   happens twice, in part, which jobs must stand: they are idempotent and take up where they ended;
 * - after a loss of power, a claim or its end may be forgotten: the moment is then run again, never left out.
 *
 * Clocks of the processes on one store must agree within `CLOCK_TOLERANCE_MS`. A call is one small transaction; it
 * rejects with a `MillraceError` that says whether a retry helps, and then a claim may or may not have been won: it is
 * asked for again, at the latest when its lease has run out.
 */
export const CLOCK_TOLERANCE_MS = 60_000;

export interface ClaimRequest {
  readonly rule: string;
  /** The moment that is due, epoch ms. */
  readonly due: number;
  /** Epoch ms. */
  readonly now: number;
  /** The claim holds for so long without being renewed (ms). */
  readonly leaseMs: number;
  /** Claim even while an earlier moment is being run. */
  readonly overlap: boolean;
}

export type Claim =
  | { readonly kind: 'won' }
  /** The moment, or a later one, was served already. */
  | { readonly kind: 'served' }
  /** Another run is under way. Ask again then (epoch ms), if it has not been served by that time. */
  | { readonly kind: 'busy'; readonly until: number };

export interface Firing {
  readonly due: number;
  readonly finished: boolean;
}

export interface Firings {
  /** When the rule came to have this expression (epoch ms): `now` the first time, the same ever after. */
  register(rule: string, expression: string, now: number): Promise<number>;
  /** The rule must be registered. */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Extends the lease of a claim won. False: somebody else has claimed since. */
  renew(rule: string, due: number, until: number): Promise<boolean>;
  /** The run has ended, well or not. */
  finish(rule: string, due: number): Promise<void>;
  /** The latest moment claimed, or undefined when none ever was. */
  last(rule: string): Promise<Firing | undefined>;
  /**
   * Lets go of all claims whose runs have not finished. For a process that knows it is alone on the store: whoever
   * held them is dead, and nobody should have to wait for their leases.
   */
  releaseAll(): Promise<void>;
  close(): Promise<void>;
}
