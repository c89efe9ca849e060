/**
 * Figures of one metric that is a string or a boolean.
 */
import type { StateFigures } from '../../../stores/aggregation.js';
import {
  type Durations,
  durationFigures,
  durationState,
  newDurations,
  restoreDurations,
} from './durations.js';
import { HyperLogLog } from './hyperloglog.js';
import type { MetricPlan } from './plans.js';

/** Longer values are cut for all figures but `distinct`: a window keeps many, and is written often. */
export const MAX_LENGTH = 256;

export class StateMetric {
  #count = 1;
  #first: string;
  #firstTime: number;
  #last: string;
  #lastTime: number;
  #durations: Durations | null;
  #distinct: HyperLogLog | null;

  constructor(value: string, time: number, plan: Pick<MetricPlan, 'durations' | 'distinct'>) {
    const kept = cut(value);
    this.#first = kept;
    this.#firstTime = time;
    this.#last = kept;
    this.#lastTime = time;
    this.#durations = plan.durations ? newDurations(kept, time) : null;
    this.#distinct = plan.distinct ? new HyperLogLog() : null;
    this.#distinct?.addText(value);
  }

  static restore(figures: StateFigures): StateMetric {
    const { count, first, firstTime, last, lastTime, durations, distinct } = figures;
    const state = new StateMetric(first, firstTime, { durations: false, distinct: false });
    state.#count = count;
    state.#last = last;
    state.#lastTime = lastTime;
    if (durations !== undefined) state.#durations = restoreDurations(figures, durations);
    if (distinct !== undefined) state.#distinct = HyperLogLog.restore(distinct);
    return state;
  }

  add(value: string, time: number): void {
    const kept = cut(value);
    this.#count++;
    this.#durations?.add(kept, time);
    this.#distinct?.addText(value);
    this.#widen(kept, time, kept, time);
  }

  /** Adds a row. A figure that the row lacks is none of the whole any more. */
  merge(figures: StateFigures): void {
    const { count, first, firstTime, last, lastTime, durations, distinct } = figures;
    this.#count += count;
    if (durations === undefined) this.#durations = null;
    else this.#durations?.merge(durationState(figures, durations));
    if (distinct === undefined) this.#distinct = null;
    else this.#distinct?.merge(distinct);
    this.#widen(first, firstTime, last, lastTime);
  }

  close(): void {
    this.#durations?.close();
  }

  figures(): StateFigures {
    return {
      count: this.#count,
      first: this.#first,
      firstTime: this.#firstTime,
      last: this.#last,
      lastTime: this.#lastTime,
      ...(this.#durations !== null && durationFigures(this.#durations)),
      ...(this.#distinct !== null && { distinct: this.#distinct.text() }),
    };
  }

  #widen(first: string, firstTime: number, last: string, lastTime: number): void {
    if (firstTime < this.#firstTime) {
      this.#first = first;
      this.#firstTime = firstTime;
    }
    if (lastTime >= this.#lastTime) {
      this.#last = last;
      this.#lastTime = lastTime;
    }
  }
}

function cut(value: string): string {
  if (value.length <= MAX_LENGTH) return value;
  // Half of a surrogate pair is no text.
  const half = value.charCodeAt(MAX_LENGTH - 1);
  return value.slice(0, half >= 0xd800 && half < 0xdc00 ? MAX_LENGTH - 1 : MAX_LENGTH);
}
