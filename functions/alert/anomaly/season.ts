/** What is usual at a time of day or of week: knots over one season, joined by straight lines, each a running mean. */

/** Rounds that a knot remembers. */
const REMEMBERED = 5;
/** Of a round: with less, nothing is known there. */
const KNOWN = 0.2;

export class Season {
  readonly length: number;
  readonly cells;
  /** By knot: what is usual, as a difference from the first reading, so that 32 bits do. */
  readonly #levels: Float32Array;
  /** By knot: rounds that its level is a mean of. */
  readonly #weights: Float32Array;
  readonly #origin = new Float64Array(1);
  readonly #width: number;
  // Of the moment that was looked at last.
  #left = 0;
  #right = 0;
  #share = 0;

  /** @param length of the season, ms */
  constructor(length: number, knots: number) {
    this.length = length;
    this.#width = length / knots;
    this.#levels = new Float32Array(knots);
    this.#weights = new Float32Array(knots);
    this.cells = [this.#origin, this.#levels, this.#weights];
  }

  /** What is usual at the time; undefined when nothing is known. */
  at(time: number): number | undefined {
    const knots = this.#levels.length;
    const position = mod(time, this.length) / this.#width;
    this.#left = Math.min(Math.floor(position), knots - 1);
    this.#right = (this.#left + 1) % knots;
    this.#share = position - this.#left;
    const left = this.#level(this.#left);
    const right = this.#share < 0.02 ? left : this.#level(this.#right);
    if (left !== undefined && right !== undefined) return left + (right - left) * this.#share;
    return this.#share < 0.5 ? left : right;
  }

  /**
   * Learns from a reading at the time that `at` was just asked for.
   * @param usual what `at` answered
   * @param bound a difference from what is usual counts for no more
   * @param elapsed ms since the reading before: so much of the knots' time it stands for
   */
  learn(value: number, usual: number | undefined, bound: number, elapsed: number): void {
    if (this.#untouched()) this.#origin[0] = value;
    const time = Math.min(1, elapsed / this.#width);
    this.#learn(this.#left, (1 - this.#share) * time, value, usual, bound);
    this.#learn(this.#right, this.#share * time, value, usual, bound);
  }

  #untouched(): boolean {
    return this.#weights[this.#left] === 0 && this.#weights.every((weight) => weight === 0);
  }

  #level(knot: number): number | undefined {
    return this.#weights[knot]! > KNOWN ? this.#origin[0]! + this.#levels[knot]! : undefined;
  }

  #learn(knot: number, weight: number, value: number, usual: number | undefined, bound: number): void {
    if (weight < 1e-6) return;
    const before = this.#weights[knot]!;
    const known = before === 0 ? value : this.#origin[0]! + this.#levels[knot]!;
    const error = value - (usual ?? known);
    const bounded = before > 1 ? Math.max(-bound, Math.min(bound, error)) : error;
    this.#weights[knot] = Math.min(REMEMBERED, before + weight);
    this.#levels[knot] = clip(known - this.#origin[0]! + (weight / (before + weight)) * bounded);
  }
}

const mod = (a: number, b: number): number => ((a % b) + b) % b;
/** Into what 32 bits can tell from infinity. */
const clip = (value: number): number => Math.max(-3e38, Math.min(3e38, value));
