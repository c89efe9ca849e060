/**
 * Figures of the metrics in one window.
 *
 * `first` is the earliest event's value, of equal times the one before in the stream; `last` the latest's, of equal
 * times the one after. An event of a metric that is already there allocates nothing for the basic figures.
 */
import type { Measured, MetricFigures, StateFigures } from '../../../stores/aggregation.js';
import { MetricExtra } from './extra.js';
import { finite } from './finite.js';
import type { Layout } from './layout.js';
import * as at from './layout.js';
import type { MetricPlan, MetricPlans } from './plans.js';
import { StateMetric } from './state-metric.js';

/** A window takes no more names than this: a device that invents them all the time must not fill the memory. */
export const MAX_METRICS = 1_000;

/** What rows hold of the metrics. */
export type MeasuredMetrics = Pick<Measured, 'metrics' | 'states'>;

export class MetricSet {
  readonly #plans: MetricPlans;
  #layout: Layout;
  /** `WIDTH` per metric, in the layout's order. */
  #values: number[];
  /** By slot, where any metric has one. */
  #extras: (MetricExtra | null)[] | null = null;
  #states: Map<string, StateMetric> | null = null;

  constructor(plans: MetricPlans) {
    this.#plans = plans;
    this.#layout = plans.layouts.empty();
    this.#values = this.#layout.blank();
  }

  /** What comes back is what was measured, whatever the plans want by now: half a window has no percentile. */
  static restore(plans: MetricPlans, { metrics, states }: MeasuredMetrics): MetricSet {
    const set = new MetricSet(plans);
    for (const [name, figures] of Object.entries(metrics)) set.#mergeMetric(name, figures);
    for (const [name, figures] of Object.entries(states ?? {})) set.#mergeState(name, figures);
    return set;
  }

  /** Adds an event's metrics. `ts`, `seq`, `deviceId` and `deviceType` are none. */
  add(body: Readonly<Record<string, unknown>>, eventTime: number): void {
    // Events of a device have their metrics in the same order as a rule: the next one is where it is expected.
    let expected = 0;
    for (const name in body) {
      const value = body[name];
      // Infinity is refused by the schemas; what does not come by them is no number either.
      if (typeof value === 'number' && Number.isFinite(value)) {
        let slot = expected;
        if (this.#layout.names[expected] !== name) {
          slot = this.#slotFor(name);
          if (slot < 0) continue;
        }
        expected = slot + 1;
        this.#addNumber(slot, value, eventTime);
      } else if (this.#plans.states) this.#addState(name, value, eventTime);
    }
  }

  /** Adds another set's contents, as if its events had come after this one's. */
  merge(other: MetricSet): void {
    this.mergeMeasured(other.measured());
  }

  /** Adds a row's contents, as if its events had come after this set's. */
  mergeMeasured({ metrics, states }: MeasuredMetrics): void {
    for (const [name, figures] of Object.entries(metrics)) this.#mergeMetric(name, figures);
    for (const [name, figures] of Object.entries(states ?? {})) this.#mergeState(name, figures);
  }

  /** No event comes any more: what was only needed for that (samples) is let go. */
  close(): void {
    for (const extra of this.#extras ?? []) extra?.close();
    for (const state of this.#states?.values() ?? []) state.close();
  }

  /** Whether `measured` has states. */
  get hasStates(): boolean {
    return this.#states !== null;
  }

  /** Does not alias live state. */
  measured(): MeasuredMetrics {
    // Names come from devices, so the objects they are keys of have no prototype to collide with.
    const metrics = Object.create(null) as Record<string, MetricFigures>;
    const { names } = this.#layout;
    for (let slot = 0; slot < names.length; slot++) {
      metrics[names[slot]!] = this.#figures(slot);
    }
    if (this.#states === null) return { metrics };
    const states = Object.create(null) as Record<string, StateFigures>;
    for (const [name, state] of this.#states) states[name] = state.figures();
    return { metrics, states };
  }

  #addNumber(slot: number, number: number, time: number): void {
    const values = this.#values;
    const base = slot * at.WIDTH;
    // -0 would come back from a row as 0.
    const value = number + 0;
    const count = values[base]! + 1;
    values[base] = count;
    values[base + at.SUM] = finite(values[base + at.SUM]! + value);
    if (value < values[base + at.MIN]!) values[base + at.MIN] = value;
    if (value > values[base + at.MAX]!) values[base + at.MAX] = value;
    if (time < values[base + at.FIRST_TIME]!) {
      values[base + at.FIRST] = value;
      values[base + at.FIRST_TIME] = time;
    }
    if (time >= values[base + at.LAST_TIME]!) {
      values[base + at.LAST] = value;
      values[base + at.LAST_TIME] = time;
    }
    if (this.#extras !== null) this.#extras[slot]?.add(value, time, count);
  }

  #addState(name: string, value: unknown, time: number): void {
    if (typeof value !== 'string' && typeof value !== 'boolean') return;
    const known = this.#states?.get(name);
    if (known !== undefined) {
      known.add(String(value), time);
      return;
    }
    const plan = this.#planFor(name);
    if (plan?.states) this.#newState(name, new StateMetric(String(value), time, plan));
  }

  #mergeMetric(name: string, figures: MetricFigures): void {
    let slot = this.#layout.slotOf(name);
    if (slot === undefined) {
      if (this.#isFull()) return;
      slot = this.#grow(name, MetricExtra.restore(figures));
    } else this.#extras?.[slot]?.merge(figures, this.#values[slot * at.WIDTH]!);
    const values = this.#values;
    const base = slot * at.WIDTH;
    values[base]! += figures.count;
    values[base + at.SUM] = finite(values[base + at.SUM]! + figures.sum);
    if (figures.min < values[base + at.MIN]!) values[base + at.MIN] = figures.min;
    if (figures.max > values[base + at.MAX]!) values[base + at.MAX] = figures.max;
    if (figures.firstTime < values[base + at.FIRST_TIME]!) {
      values[base + at.FIRST] = figures.first;
      values[base + at.FIRST_TIME] = figures.firstTime;
    }
    if (figures.lastTime >= values[base + at.LAST_TIME]!) {
      values[base + at.LAST] = figures.last;
      values[base + at.LAST_TIME] = figures.lastTime;
    }
  }

  #mergeState(name: string, figures: StateFigures): void {
    const known = this.#states?.get(name);
    if (known !== undefined) known.merge(figures);
    else if (!this.#isFull()) this.#newState(name, StateMetric.restore(figures));
  }

  /** Slot of a metric, new if need be; -1 when it is not aggregated, or the window is full. */
  #slotFor(name: string): number {
    const known = this.#layout.slotOf(name);
    if (known !== undefined) return known;
    const plan = this.#planFor(name);
    return plan === undefined ? -1 : this.#grow(name, plan.extra ? MetricExtra.of(plan) : null);
  }

  /** Plan of a metric that is not there yet; undefined when it cannot be. */
  #planFor(name: string): MetricPlan | undefined {
    if (name === 'ts' || name === 'seq' || name === 'deviceId' || name === 'deviceType') return undefined;
    return this.#isFull() ? undefined : this.#plans.planOf(name);
  }

  #isFull(): boolean {
    return this.#layout.names.length + (this.#states?.size ?? 0) >= MAX_METRICS;
  }

  #grow(name: string, extra: MetricExtra | null): number {
    const slot = this.#layout.names.length;
    const { layout, values } = this.#plans.layouts.grow(this.#layout, name, this.#values);
    this.#layout = layout;
    this.#values = values;
    this.#setExtra(slot, extra);
    return slot;
  }

  #setExtra(slot: number, extra: MetricExtra | null): void {
    if (extra === null && this.#extras === null) return;
    this.#extras ??= [];
    while (this.#extras.length < slot) this.#extras.push(null);
    this.#extras[slot] = extra;
  }

  #newState(name: string, state: StateMetric): void {
    this.#states ??= new Map();
    this.#states.set(name, state);
  }

  #figures(slot: number): MetricFigures {
    const values = this.#values;
    const base = slot * at.WIDTH;
    const figures: MetricFigures = {
      count: values[base]!,
      sum: values[base + at.SUM]!,
      min: values[base + at.MIN]!,
      max: values[base + at.MAX]!,
      first: values[base + at.FIRST]!,
      firstTime: values[base + at.FIRST_TIME]!,
      last: values[base + at.LAST]!,
      lastTime: values[base + at.LAST_TIME]!,
    };
    this.#extras?.[slot]?.writeTo(figures);
    return figures;
  }
}
