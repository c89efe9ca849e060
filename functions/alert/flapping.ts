/**
 * Alerts that come and go: 5 firings within an hour of event time are flapping, until an hour passes without one.
 * Between the two nothing changes, or the mark itself would flap.
 */
export const FLAPPING_FIRINGS = 5;
export const FLAPPING_MS = 3_600_000;

export interface Flapping {
  /** Event times, in the order in which they fired. */
  readonly fired: readonly number[];
  readonly flapping: boolean;
}

/** After a firing at this event time. */
export function fired(before: Flapping, at: number): Flapping {
  const recent = before.fired.filter((time) => time > at - FLAPPING_MS);
  const flapping = recent.length > 0 && (before.flapping || recent.length + 1 >= FLAPPING_FIRINGS);
  return { fired: [...recent, at].slice(-FLAPPING_FIRINGS), flapping };
}

/** Whether it still is at this event time. */
export function isFlapping({ fired, flapping }: Flapping, at: number): boolean {
  return flapping && fired.some((time) => time > at - FLAPPING_MS);
}
