/**
 * DDSketch: percentiles within 1 % of the value, of any distribution, in a few hundred bytes, and mergeable without
 * loss. Source: Masson, Rim, Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
 * Guarantees", VLDB 2019. Bucket `i` counts the values in (g^(i-1), g^i] with g = (1 + a) / (1 - a); negative values
 * are mirrored, and zero has a count of its own. Only buckets that hold something are kept. Beyond 2,048 of one sign
 * (values over 17 orders of magnitude, everywhere) the buckets nearest to zero become one: then low percentiles lose
 * their bound, high ones keep it. What results does not depend on the order of values or merges.
 */
import type { SketchFigures } from '../../../stores/aggregation.js';

/** Relative error. */
export const ACCURACY = 0.01;
export const MAX_BUCKETS = 2_048;

const LOG_GAMMA = Math.log((1 + ACCURACY) / (1 - ACCURACY));
/** So much less than g^i is the value that is at most `ACCURACY` away from all of the bucket: 2 g^i / (g + 1). */
const TO_MIDDLE = Math.log(2 / ((1 + ACCURACY) / (1 - ACCURACY) + 1));
/** Doubles below lose digits, and no bound could hold: they count as zero. */
const SMALLEST = 2.2250738585072014e-308;

export class Sketch {
  #zero = 0;
  /** [index, count, index, count, …], as in rows. */
  readonly #positive: number[] = [];
  readonly #negative: number[] = [];

  static restore(figures: SketchFigures): Sketch {
    const sketch = new Sketch();
    sketch.merge(figures);
    return sketch;
  }

  add(value: number): void {
    const magnitude = Math.abs(value);
    if (magnitude < SMALLEST) this.#zero++;
    else count(value > 0 ? this.#positive : this.#negative, Math.ceil(Math.log(magnitude) / LOG_GAMMA), 1);
  }

  merge({ zero, positive, negative }: SketchFigures): void {
    this.#zero += zero;
    for (let at = 0; at < positive.length; at += 2) count(this.#positive, positive[at]!, positive[at + 1]!);
    for (let at = 0; at < negative.length; at += 2) count(this.#negative, negative[at]!, negative[at + 1]!);
  }

  figures(): SketchFigures {
    return { zero: this.#zero, positive: this.#positive.slice(), negative: this.#negative.slice() };
  }
}

/**
 * The value at a quantile, within 1 % of the value of rank `floor(q * (count - 1))`; null of nothing.
 * @param q 0 to 1
 */
export function percentile({ zero, positive, negative }: SketchFigures, q: number): number | null {
  let total = zero;
  for (let at = 1; at < positive.length; at += 2) total += positive[at]!;
  for (let at = 1; at < negative.length; at += 2) total += negative[at]!;
  if (total === 0) return null;
  // 0.29 * 100 is a little less than 29 in doubles.
  const rank = Math.floor(q * (total - 1) * (1 + 2 * Number.EPSILON));
  let passed = 0;
  for (let at = negative.length - 2; at >= 0; at -= 2) {
    passed += negative[at + 1]!;
    if (passed > rank) return -middleOf(negative[at]!);
  }
  passed += zero;
  if (passed > rank) return 0;
  for (let at = 0; at < positive.length; at += 2) {
    passed += positive[at + 1]!;
    if (passed > rank) return middleOf(positive[at]!);
  }
  return middleOf(positive[positive.length - 2]!);
}

function middleOf(index: number): number {
  return Math.min(Math.exp(index * LOG_GAMMA + TO_MIDDLE), Number.MAX_VALUE);
}

/** Adds to a bucket: most are there already, and few are held, so a search is as good as a table and much smaller. */
function count(buckets: number[], index: number, by: number): void {
  let low = 0;
  let high = buckets.length >>> 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (buckets[middle * 2]! < index) low = middle + 1;
    else high = middle;
  }
  const at = low * 2;
  if (buckets[at] === index) buckets[at + 1]! += by;
  else if (at === buckets.length) buckets.push(index, by);
  else buckets.splice(at, 0, index, by);
  if (buckets.length > MAX_BUCKETS * 2) {
    const [, lowest] = buckets.splice(0, 2);
    buckets[1]! += lowest!;
  }
}
