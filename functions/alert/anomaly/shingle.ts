/** A reading together with those before it, as a point that half-space trees can place: each coordinate from 0 to 1. */
import { clamp } from './expectation.js';

export const DIMENSIONS = 5;
const LAGS = [0, 1, 2, 4];
const STEEPNESS = 0.7;

export class Shingle {
  /** The latest deviations, newest first, squashed. */
  readonly cells = new Float64Array(5);
  readonly #point = new Float64Array(DIMENSIONS);

  /** Both in usual sizes: see `Expectation`. The point is valid until the next call. */
  next(innovation: number, deviation: number): Float64Array {
    this.cells.copyWithin(1, 0);
    this.cells[0] = squash(deviation);
    for (const [index, lag] of LAGS.entries()) this.#point[index] = this.cells[lag]!;
    this.#point[LAGS.length] = squash(innovation);
    return this.#point;
  }
}

/** 0.5 for 0; twice the usual size is near 0.8. */
const squash = (figure: number): number => 1 / (1 + Math.exp(-STEEPNESS * clamp(figure, 20)));
