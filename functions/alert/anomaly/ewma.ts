/**
 * EWMA control chart (Roberts 1959): an exponentially weighted mean of the readings' distance from their long-run level,
 * in usual sizes, against control limits. These come from how the chart itself behaved so far, not from a normal
 * distribution of independent readings. It knows no season.
 */
import { Alarm } from './alarm.js';
import { type Cells, type Detector, ratio, scoreOf, WARM_UP } from './detector.js';
import { clamp } from './expectation.js';
import { Spread } from './spread.js';
import { SETTLING, Tail } from './tail.js';

/** Weight of the newest reading in the chart, and in the long-run level. */
const NEWEST = 0.4;
const LEVEL = 1 / 200;
/** Sizes that one reading counts for at the most. */
const BOUND = 20;

const COUNT = 0;
const MEAN = 1;
const CHART = 2;

export class EwmaDetector implements Detector {
  readonly cells: readonly Cells[];
  readonly #state = new Float64Array(3);
  readonly #spread = new Spread(500);
  readonly #tail = new Tail();
  readonly #alarm = new Alarm();

  constructor() {
    this.cells = [this.#state, this.#spread.cells, this.#tail.cells, this.#alarm.cells];
  }

  score(_time: number, value: number): number | null {
    const state = this.#state;
    const count = ++state[COUNT]!;
    const distance = count === 1 ? 0 : value - state[MEAN]!;
    state[CHART]! += NEWEST * (clamp(ratio(distance, this.#spread.size), BOUND) - state[CHART]!);
    const size = count < WARM_UP ? Number.POSITIVE_INFINITY : 4 * this.#spread.size;
    state[MEAN]! +=
      count === 1 ? value : Math.max(LEVEL, 1 / count) * (size === 0 ? distance : clamp(distance, size));
    if (count > 1) this.#spread.add(distance);
    const rarity = count > SETTLING ? this.#tail.observe(state[CHART]!) : 0;
    return count <= WARM_UP ? null : scoreOf(this.#alarm.next(rarity));
  }
}
