/**
 * Figures of a number that cost something, and are kept where the definition wants them: spread, what depends on
 * order, percentiles, distinct values.
 */
import type { MetricFigures } from '../../../stores/aggregation.js';
import { type Counter, counterFigures, counterState, newCounter, restoreCounter } from './counter.js';
import { finite } from './finite.js';
import { HyperLogLog } from './hyperloglog.js';
import type { MetricPlan } from './plans.js';
import { Sketch } from './sketch.js';

export class MetricExtra {
  #deviation = false;
  /** Mean, and sum of squared differences from it: Welford, "Note on a method for …", 1962. */
  #mean = 0;
  #m2 = 0;
  #ordered = false;
  #counter: Counter | null = null;
  #sketch: Sketch | null = null;
  #distinct: HyperLogLog | null = null;

  static of(plan: MetricPlan): MetricExtra {
    const extra = new MetricExtra();
    extra.#deviation = plan.deviation;
    extra.#ordered = plan.ordered;
    if (plan.sketch) extra.#sketch = new Sketch();
    if (plan.distinct) extra.#distinct = new HyperLogLog();
    return extra;
  }

  /** What the row has; null when it has none of these figures. */
  static restore(figures: MetricFigures): MetricExtra | null {
    const { mean, m2, ordered, sketch, distinct } = figures;
    if (mean === undefined && ordered === undefined && sketch === undefined && distinct === undefined) {
      return null;
    }
    const extra = new MetricExtra();
    if (mean !== undefined && m2 !== undefined) {
      extra.#deviation = true;
      extra.#mean = mean;
      extra.#m2 = m2;
    }
    if (ordered !== undefined) {
      extra.#ordered = true;
      extra.#counter = restoreCounter(figures, ordered);
    }
    if (sketch !== undefined) extra.#sketch = Sketch.restore(sketch);
    if (distinct !== undefined) extra.#distinct = HyperLogLog.restore(distinct);
    return extra;
  }

  /** @param count with this value */
  add(value: number, time: number, count: number): void {
    if (this.#deviation) {
      const delta = finite(value - this.#mean);
      this.#mean += delta / count;
      this.#m2 = finite(this.#m2 + finite(delta * finite(value - this.#mean)));
    }
    if (this.#ordered) {
      if (this.#counter === null) this.#counter = newCounter(value, time);
      else this.#counter.add(value, time);
    }
    this.#sketch?.add(value);
    this.#distinct?.addNumber(value);
  }

  /**
   * Adds a row. A figure that the row lacks is none of the whole any more.
   * @param count without the row
   */
  merge(figures: MetricFigures, count: number): void {
    const { mean, m2, ordered, sketch, distinct } = figures;
    if (mean === undefined || m2 === undefined) this.#deviation = false;
    else this.#mergeDeviation(mean, m2, count, figures.count);
    if (ordered === undefined) {
      this.#ordered = false;
      this.#counter = null;
    } else this.#counter?.merge(counterState(figures, ordered));
    if (sketch === undefined) this.#sketch = null;
    else this.#sketch?.merge(sketch);
    if (distinct === undefined) this.#distinct = null;
    else this.#distinct?.merge(distinct);
  }

  close(): void {
    this.#counter?.close();
  }

  writeTo(figures: MetricFigures): void {
    if (this.#deviation) {
      figures.mean = this.#mean;
      figures.m2 = this.#m2;
    }
    if (this.#ordered) figures.ordered = counterFigures(this.#counter!);
    if (this.#sketch !== null) figures.sketch = this.#sketch.figures();
    if (this.#distinct !== null) figures.distinct = this.#distinct.text();
  }

  /** Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances", 1979. */
  #mergeDeviation(mean: number, m2: number, mine: number, others: number): void {
    const both = mine + others;
    const delta = finite(mean - this.#mean);
    this.#mean += delta * (others / both);
    this.#m2 = finite(this.#m2 + m2 + finite(finite(delta * delta) * ((mine * others) / both)));
  }
}
