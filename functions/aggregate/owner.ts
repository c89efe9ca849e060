/**
 * Whose windows they are: a device or a group. It has a clock, and a series of windows per definition.
 */
import type { Changes } from './changes.js';
import { Clock } from './clock.js';
import type { Plan } from './plan.js';
import { Series } from './series.js';

export abstract class Owner extends Clock {
  /** Device id, or the group's tags. */
  readonly key: string;
  /** Chained in order of their definitions: most have one, and an array would cost more than it holds. */
  series: Series | null = null;
  /** Event time at which the first window is complete, or closes; it may be early, never late. */
  nextAt = Number.POSITIVE_INFINITY;
  /** The second in which `Closings` has it on its list; Infinity when it is on none. */
  listedAt = Number.POSITIVE_INFINITY;
  /** Up to where windows of definitions that are not there now have closed, by name: such a one may come back. */
  departed: Readonly<Record<string, number>> | null = null;
  /** The last batch that changed it, and the index of the last record in it that did. */
  run = -1;
  index = 0;

  constructor(key: string) {
    super();
    this.key = key;
  }

  /** Its `Progress`: empty for devices, else the name of the group's definition. */
  abstract get scope(): string;
  /** Its state document. */
  abstract encode(): string;

  /** Its series of a definition, made when it is not there. */
  seriesOf(plan: Plan): Series {
    let before: Series | null = null;
    let series = this.series;
    while (series !== null && series.plan.slot < plan.slot) {
      before = series;
      series = series.next;
    }
    if (series !== null && series.plan === plan) return series;
    const made = new Series(plan, this);
    made.next = series;
    if (before === null) this.series = made;
    else before.next = made;
    return made;
  }

  /** A window of a definition that is not there now has closed, up to `end`. */
  depart(definition: string, end: number): void {
    const before = this.departed?.[definition] ?? Number.NEGATIVE_INFINITY;
    this.departed = { ...this.departed, [definition]: Math.max(before, end) };
  }

  get hasOpenWindows(): boolean {
    for (let series = this.series; series !== null; series = series.next) {
      if (series.windows.length > 0) return true;
    }
    return false;
  }

  /**
   * Completes and closes windows as of an event time: of the watermark, or of a tick's estimate.
   * Returns whether any closed.
   */
  settle(until: number, byTick: boolean, changes: Changes): boolean {
    let next = Number.POSITIVE_INFINITY;
    let closed = false;
    for (let series = this.series; series !== null; series = series.next) {
      if (series.settle(until, byTick, changes)) closed = true;
      const due = series.nextAt();
      if (due < next) next = due;
    }
    this.nextAt = next;
    return closed;
  }
}
