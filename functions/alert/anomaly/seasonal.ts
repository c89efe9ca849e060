/**
 * Robust seasonal z-score: how far a reading is from what the time of day or week and the latest level make likely, in
 * sizes usual at that hour (running means that outliers cannot move), and how rare that is, each side by itself. Without
 * a season that helps it goes by the level alone.
 */
import { Alarm } from './alarm.js';
import { type Cells, type Detector, scoreOf, WARM_UP } from './detector.js';
import { Expectation } from './expectation.js';
import { SETTLING, Tail } from './tail.js';

export class SeasonalDetector implements Detector {
  readonly cells: readonly Cells[];
  readonly #expectation: Expectation;
  readonly #tail = new Tail();
  readonly #alarm = new Alarm();
  readonly #count = new Float64Array(1);

  constructor(seasons: readonly number[]) {
    this.#expectation = new Expectation(seasons);
    this.cells = [...this.#expectation.cells, this.#tail.cells, this.#alarm.cells, this.#count];
  }

  score(time: number, value: number): number | null {
    const count = ++this.#count[0]!;
    this.#expectation.next(time, value);
    const rarity = count > SETTLING ? this.#tail.observe(this.#expectation.innovation) : 0;
    return count <= WARM_UP ? null : scoreOf(this.#alarm.next(rarity));
  }
}
