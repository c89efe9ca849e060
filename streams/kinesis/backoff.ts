/**
 * How long to wait before trying again: twice as long each time, up to a limit, at least half of it and the rest by
 * chance, so that many clients that were refused together do not come back together. ("Exponential Backoff And Jitter",
 * AWS Architecture Blog, 2015: its "equal jitter".)
 */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * @param failures how often in a row, from 1
 * @param random in [0, 1)
 */
export function backoffMs({ firstMs, mostMs }: Backoff, failures: number, random: () => number): number {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(failures - 1, 20));
  return full / 2 + (full / 2) * random();
}
