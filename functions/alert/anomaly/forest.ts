/** Half-space trees over each reading and those before it, as deviations from the level; it knows no season. */
import { Alarm } from './alarm.js';
import { type Cells, type Detector, scoreOf, WARM_UP } from './detector.js';
import { Expectation } from './expectation.js';
import { HalfSpaceTrees } from './half-space-trees.js';
import { DIMENSIONS, Shingle } from './shingle.js';
import { SETTLING, Tail } from './tail.js';

export const SEED = 1;
const TREES = 16;

export class ForestDetector implements Detector {
  readonly cells: readonly Cells[];
  readonly #expectation = new Expectation([]);
  readonly #shingle = new Shingle();
  readonly #trees = new HalfSpaceTrees(TREES, DIMENSIONS, SEED);
  readonly #tail = new Tail();
  readonly #alarm = new Alarm();
  readonly #count = new Float64Array(1);

  constructor() {
    this.cells = [
      ...this.#expectation.cells,
      this.#shingle.cells,
      ...this.#trees.cells,
      this.#tail.cells,
      this.#alarm.cells,
      this.#count,
    ];
  }

  score(time: number, value: number): number | null {
    const count = ++this.#count[0]!;
    const { innovation, deviation } = this.#expectation.next(time, value);
    const figure = this.#trees.observe(this.#shingle.next(innovation, deviation));
    const rarity = count > SETTLING ? this.#tail.observe(figure) : 0;
    return count <= WARM_UP ? null : scoreOf(this.#alarm.next(rarity));
  }
}
