/**
 * The default: four signs of trouble, each as rare as it is among its own past. An unexpected reading, the same reading
 * again and again, more noise than usual, and a shape that half-space trees know little of. The rarest decides, the
 * second adds a little, the trees add where something else is strange as well: on their own they are alarmed too often.
 * How much each counts was found on the seeds for tuning of `bench/anomaly`.
 */
import { Alarm } from './alarm.js';
import { type Cells, type Detector, scoreOf, WARM_UP } from './detector.js';
import { Expectation } from './expectation.js';
import { SEED } from './forest.js';
import { HalfSpaceTrees } from './half-space-trees.js';
import { DIMENSIONS, Shingle } from './shingle.js';
import { SETTLING, Tail } from './tail.js';

const TREES = 8;
const SECOND = 0.1;
const BY_TREES = 0.08;
/** Noise has to be so much rarer (a power of ten) than an unexpected reading. */
const HANDICAP_OF_NOISE = 1.1;
/** Runs are rare in nearly all series, so that any looks very rare. */
const WEIGHT_OF_RUNS = 0.8;
/** Weight of the newest reading in the noise, and the largest deviation that counts. */
const NEWEST = 0.1;
const BOUND = 6;
/** Repetitions to one unit of what `Tail` takes. */
const PER_RUN = 4;

const COUNT = 0;
const NOISE = 1;
const LAST = 2;
const RUN = 3;

export class AutoDetector implements Detector {
  readonly cells: readonly Cells[];
  readonly #state = new Float64Array(4);
  readonly #expectation: Expectation;
  readonly #shingle = new Shingle();
  readonly #trees = new HalfSpaceTrees(TREES, DIMENSIONS, SEED);
  readonly #unexpected = new Tail();
  readonly #noise = new Tail();
  readonly #run = new Tail();
  readonly #unknown = new Tail();
  readonly #alarm = new Alarm();

  constructor(seasons: readonly number[]) {
    this.#expectation = new Expectation(seasons);
    this.cells = [
      this.#state,
      ...this.#expectation.cells,
      this.#shingle.cells,
      ...this.#trees.cells,
      ...[this.#unexpected, this.#noise, this.#run, this.#unknown].map(({ cells }) => cells),
      this.#alarm.cells,
    ];
  }

  score(time: number, value: number): number | null {
    const state = this.#state;
    const count = ++state[COUNT]!;
    const { innovation, deviation } = this.#expectation.next(time, value);
    const bounded = Math.min(BOUND, Math.abs(innovation));
    state[NOISE]! += NEWEST * (bounded * bounded - state[NOISE]!);
    if (count > 1 && value === state[LAST]) state[RUN]!++;
    else {
      // A run is compared with those before it, not with itself as it was a moment ago.
      this.#run.add(state[RUN]! / PER_RUN);
      state[RUN] = 0;
    }
    state[LAST] = value;
    const strangeness = this.#trees.observe(this.#shingle.next(innovation, deviation));
    if (count <= SETTLING) return null;
    const rarities = [
      this.#unexpected.observe(innovation),
      WEIGHT_OF_RUNS * this.#run.rarity(state[RUN]! / PER_RUN),
      this.#noise.observe(state[NOISE]!) - HANDICAP_OF_NOISE,
    ].sort((a, b) => b - a);
    const byTrees = this.#unknown.observe(strangeness);
    const rarity = rarities[0]! + SECOND * Math.max(0, rarities[1]!) + BY_TREES * byTrees;
    return count <= WARM_UP ? null : scoreOf(this.#alarm.next(rarity));
  }
}
