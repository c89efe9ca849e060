/** What the next reading should be: from the latest ones, and from what is usual at that time of day or of week. */
import { ratio } from './detector.js';
import { Season } from './season.js';
import { Spread } from './spread.js';

/** Weights of the newest reading in the level that the next one is expected at, and in the level that is usual. */
const FAST = 0.5;
const SLOW = 1 / 60;
/** Of the newest in the running error by which models are chosen. */
const JUDGED = 1 / 400;
/** A season has to make so much less of an error than none. */
const BETTER = 0.9;
/** Deviations of more than so many times their usual size move what is usual no further. */
const BOUND = 4;

const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** Knots of a season of one day, half an hour apart, and of any longer one. */
const KNOTS = 48;
const KNOTS_OF_LONG = 168;

// Cells: those of all models, then three per model: the two levels above the season, and the running error.
const FIRST = 0;
const NEWEST = 1;
const COUNT = 2;
const HEAD = 3;
const PER_MODEL = 3;
const NEAR = 0;
const USUAL = 1;
const ERROR = 2;

const HOURS = 24;
/** Weight that readings of an hour need for its own spread to count as much as the common one. */
const PRIOR = 20;
const FADING = 0.995;

export class Expectation {
  readonly cells;
  /** Of the latest reading: what it is above what was expected, in sizes that are usual at that hour. */
  innovation = 0;
  /** The same, above what is usual, in sizes that are usual at all. */
  deviation = 0;
  readonly #state: Float64Array;
  readonly #seasons: readonly Season[];
  readonly #innovations = new Spread(500);
  readonly #deviations = new Spread(500);
  /** By hour of the day: sum of deviations, in usual sizes, and how many. */
  readonly #hours = new Float32Array(2 * HOURS);

  /** @param seasons lengths in ms */
  constructor(seasons: readonly number[]) {
    this.#seasons = seasons.map((length) => new Season(length, length <= DAY ? KNOTS : KNOTS_OF_LONG));
    this.#state = new Float64Array(HEAD + PER_MODEL * (seasons.length + 1));
    this.cells = [
      this.#state,
      ...this.#seasons.flatMap(({ cells }) => cells),
      this.#innovations.cells,
      this.#deviations.cells,
      this.#hours,
    ];
  }

  /** Takes a reading in, and sets what it deviates by: as all before it have it. */
  next(time: number, value: number): this {
    const state = this.#state;
    const before = state[COUNT]!;
    const usualSize = this.#deviations.size;
    const [innovation, deviation] = this.#follow(time, value, usualSize);
    const hour = 2 * Math.floor((((time % DAY) + DAY) % DAY) / HOUR);
    const spread = (this.#hours[hour]! + PRIOR) / (this.#hours[hour + 1]! + PRIOR);
    this.innovation = ratio(innovation, this.#innovations.size * spread);
    this.deviation = ratio(deviation, usualSize);
    this.#hours[hour] = this.#hours[hour]! * FADING + Math.min(3, Math.abs(this.deviation));
    this.#hours[hour + 1] = this.#hours[hour + 1]! * FADING + 1;
    if (before === 0) return this;
    this.#innovations.add(innovation);
    this.#deviations.add(deviation);
    return this;
  }

  /** Of the model with the least error so far: how far the reading is from what it expected, and from what is usual. */
  #follow(time: number, value: number, usualSize: number): [innovation: number, deviation: number] {
    const state = this.#state;
    const count = ++state[COUNT]!;
    if (count === 1) state[FIRST] = time;
    const elapsed = count === 1 ? 0 : time - state[NEWEST]!;
    const age = time - state[FIRST]!;
    state[NEWEST] = time;
    const bound = usualSize === 0 ? Number.POSITIVE_INFINITY : BOUND * usualSize;
    let least = Number.POSITIVE_INFINITY;
    let chosen: [number, number] = [0, 0];
    for (let model = 0; model <= this.#seasons.length; model++) {
      const season = model === 0 ? undefined : this.#seasons[model - 1]!;
      const seasonal = season === undefined ? 0 : season.at(time);
      if (seasonal !== undefined) {
        const base = HEAD + PER_MODEL * model;
        const rest = value - seasonal;
        const innovation = rest - state[base + NEAR]!;
        const deviation = rest - state[base + USUAL]!;
        const bounded = clamp(deviation, bound);
        state[base + NEAR]! += Math.max(FAST, 1 / count) * innovation;
        state[base + USUAL]! += Math.max(SLOW, 1 / count) * bounded;
        if (count > 1)
          state[base + ERROR]! += Math.max(JUDGED, 1 / count) * (Math.abs(bounded) - state[base + ERROR]!);
        // Within its first round a season knows nothing but what just came.
        const ready = season === undefined || age > season.length * 1.05;
        const error = state[base + ERROR]! * (season === undefined ? BETTER : 1);
        if (ready && error < least) {
          least = error;
          chosen = count === 1 ? [0, 0] : [innovation, deviation];
        }
      }
      season?.learn(value, seasonal, bound, elapsed);
    }
    return chosen;
  }
}

export const clamp = (value: number, bound: number): number => Math.max(-bound, Math.min(bound, value));
