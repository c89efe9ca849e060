/**
 * The value at a rank, without sorting everything: quickselect (C. A. R. Hoare, Algorithm 65: Find, 1961) with three
 * ways, for values that stand for more than one.
 */

/**
 * The first value, in ascending order, up to which the weights come to more than `rank`. Reorders both arrays. Undefined
 * of no values; the largest where the weights come to less.
 */
export function atRank(values: Float64Array, weights: Float64Array, rank: number): number | undefined {
  let low = 0;
  let high = values.length - 1;
  let left = rank;
  while (low < high) {
    const pivot = middleOf(values[low]!, values[(low + high) >>> 1]!, values[high]!);
    // [low, less) below the pivot, [less, index) equal to it, (more, high] above it.
    let less = low;
    let more = high;
    let below = 0;
    let equal = 0;
    for (let index = low; index <= more; ) {
      const value = values[index]!;
      const weight = weights[index]!;
      if (value < pivot) {
        below += weight;
        swap(values, weights, index++, less++);
      } else if (value > pivot) {
        swap(values, weights, index, more--);
      } else {
        equal += weight;
        index++;
      }
    }
    if (left < below) high = less - 1;
    else if (left < below + equal || more === high) return pivot;
    else {
      left -= below + equal;
      low = more + 1;
    }
  }
  return values[low];
}

function swap(values: Float64Array, weights: Float64Array, a: number, b: number): void {
  const value = values[a]!;
  values[a] = values[b]!;
  values[b] = value;
  const weight = weights[a]!;
  weights[a] = weights[b]!;
  weights[b] = weight;
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
