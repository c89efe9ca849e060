/** Randomness of a test: seeded, and the seed is printed, so that a failure can be repeated with TEST_SEED=n. */

export interface Random {
  readonly seed: number;
  /** In [0, 1). */
  next(): number;
  /** A whole number in [from, to]. */
  integer(from: number, to: number): number;
}

/** Mulberry32, by Tommy Ettinger. */
export function seededRandom(seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31)): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, next, integer: (from, to) => from + Math.floor(next() * (to - from + 1)) };
}
