/**
 * How rare a figure is among those that came before: its tail probability, as the anomaly likelihood of Lavin and Ahmad
 * (Evaluating Real-time Anomaly Detection Algorithms, 2015), but from a histogram and a fitted tail instead of a normal
 * distribution, as figures that detectors work on are seldom normal.
 */

/** Readings before figures are worth remembering: sizes are not known yet. */
export const SETTLING = 11;

/** Four bins for each doubling, from 2^-4 to 2^10. */
const PER_DOUBLING = 4;
const LOWEST = -4;
const BINS = 56;

/** Behind the bins of either side. */
const UNIT = 2 * BINS;
/** What is beyond is as large as can be. */
const LARGEST = 2 ** (BINS / PER_DOUBLING + LOWEST);
/** Figures to remember: half of the weight is on the latest 0.7 times as many. */
const REMEMBERED = 4000;
const GROWTH = 1 / (1 - 1 / REMEMBERED);
/** The share of figures that makes the tail. */
const SHARE = 0.02;
/** Mean of log(figure / start of the tail) until there is evidence, and as how many figures that counts. */
const PRIOR = 0.3;
const PRIOR_WEIGHT = 6;

export class Tail {
  /**
   * Weight by bin, of figures from 0 and of those below, and last the weight of the next figure: it grows instead of
   * all others decaying.
   */
  readonly cells = new Float32Array(UNIT + 1);

  constructor() {
    this.cells[UNIT] = 1;
  }

  /** The rarity of a figure, judged by those before it; remembers it. */
  observe(figure: number): number {
    const rarity = this.rarity(figure);
    this.add(figure);
    return rarity;
  }

  add(figure: number): void {
    const { cells } = this;
    cells[(figure < 0 ? BINS : 0) + Math.floor(positionOf(Math.abs(figure)))]! += cells[UNIT]!;
    cells[UNIT]! *= GROWTH;
    if (cells[UNIT]! > 1e6) for (let bin = 0; bin <= UNIT; bin++) cells[bin]! *= 1e-6;
  }

  /**
   * -log10 of the probability of a figure as large, on its side of 0: from 0.
   * @param figure in units of about its usual size
   */
  rarity(figure: number): number {
    const { cells } = this;
    const unit = cells[UNIT]!;
    const from = figure < 0 ? BINS : 0;
    const end = from + BINS;
    let total = 0;
    for (let bin = 0; bin < UNIT; bin++) total += cells[bin]!;
    if (total === 0) return 0;
    const position = from + positionOf(Math.abs(figure));
    const whole = Math.floor(position);
    let above = cells[whole]! * (1 - (position - whole));
    for (let bin = whole + 1; bin < end; bin++) above += cells[bin]!;
    const count = total / unit;
    const seen = above / total;
    const fitted = this.#fitted(position, from, end, total, unit);
    const p = fitted === null ? seen + 0.3 / (count + 1) : 0.5 * (seen + fitted);
    // What few have been seen of cannot be very rare.
    return Math.max(0, -Math.log10(p + 0.3 / (1 + count) ** 2));
  }

  /** A Pareto tail above the quantile, its exponent by Hill (1975); null below that quantile. */
  #fitted(position: number, from: number, end: number, total: number, unit: number): number | null {
    const { cells } = this;
    let mass = 0;
    let excess = 0;
    let start = end;
    while (start > from && mass < SHARE * total) mass += cells[--start]!;
    if (position < start) return null;
    for (let bin = start; bin < end; bin++) excess += cells[bin]! * (bin + 0.5 - start);
    const doubling = Math.LN2 / PER_DOUBLING;
    const hill = ((excess * doubling) / unit + PRIOR * PRIOR_WEIGHT) / (mass / unit + PRIOR_WEIGHT);
    return ((mass + 0.3 * unit) / total) * Math.exp((-(position - start) * doubling) / hill);
  }
}

/** In bins, from 0 to just below their number. */
function positionOf(figure: number): number {
  if (!(figure > 2 ** LOWEST)) return 0;
  if (figure >= LARGEST) return BINS - 1e-9;
  return (Math.log2(figure) - LOWEST) * PER_DOUBLING;
}
