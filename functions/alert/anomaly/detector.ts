/** What all detectors have in common: one reading after the other in, how strange it is out. */

/** Readings before the first score. A score cannot be high at once after it either: see `Tail`. */
export const WARM_UP = 30;

export type Cells = Float64Array | Float32Array | Uint8Array;

export interface Detector {
  /** All that it remembers, in arrays of fixed length: the same bytes for the same readings. */
  readonly cells: readonly Cells[];
  /**
   * How strange a reading is, from what came before it alone: 0 to 1, or null while it warms up. Takes the reading in.
   * @param time epoch ms, not before that of the last reading
   * @param value finite, and so are differences of values
   */
  score(time: number, value: number): number | null;
}

/** -log10 of the probability whose score is one half. */
const HALF = 3.2;

/**
 * From -log10 of a probability to a score from 0 to 1 that keeps their order: 0.01 for one reading in ten, 0.13 for one in
 * a hundred, 0.44 for one in a thousand, 0.71 for one in ten thousand, 0.93 for one in a million.
 */
export function scoreOf(rarity: number): number {
  return 1 - 1 / (1 + (rarity / HALF) ** 4);
}

/** a / b, where 0 / 0 is 0 and nothing is infinite. */
export function ratio(a: number, b: number): number {
  if (a === 0) return 0;
  const size = Math.abs(a) >= LARGE * b ? LARGE : Math.abs(a) / b;
  return a < 0 ? -size : size;
}
const LARGE = 1e6;
