/**
 * The open windows of one definition and one device or group. It says which windows there are; whether one is late,
 * complete or closed it asks the owner's clock.
 *
 * A window is *complete* when the watermark has reached its end (revision 1), and *closed* when it has gone on from
 * there for the allowed lateness. What comes in between corrects it (one revision more per event); what comes later is
 * late.
 */
import type { WindowRow } from '../../stores/aggregation.js';
import type { Changes } from './changes.js';
import { MetricSet } from './figures/metric-set.js';
import type { Owner } from './owner.js';
import type { Plan } from './plan.js';
import type { Recent } from './recent.js';
import { Window } from './window.js';

/** Most devices are idle most of the time: they share one empty list. */
const NONE: Window[] = [];

export class Series {
  readonly plan: Plan;
  readonly owner: Owner;
  /** The owner's next one. */
  next: Series | null = null;
  /**
   * Latest end of the windows that ticks have closed, and of all that closed where the shape needs to know: an event
   * for a window up to there is late.
   */
  closedUpTo = Number.NEGATIVE_INFINITY;
  /** Open windows, by end. Changed by `open`, `merge` and `settle` alone. */
  windows: Window[] = NONE;
  /** Of definitions of the last events: these, which are no window that closes. */
  recent: Recent | null = null;

  constructor(plan: Plan, owner: Owner) {
    this.plan = plan;
    this.owner = owner;
  }

  /** Whether a window that ends at `end` takes no more events. */
  isLate(end: number): boolean {
    return end <= this.owner.watermark - this.plan.lateness || end <= this.closedUpTo;
  }

  /** The open window [start, end), made when it is not there. */
  window(start: number, end: number): Window {
    const { windows } = this;
    let at = windows.length;
    // From the back: events mostly come in order, and most devices have one or two windows open.
    while (at > 0) {
      const window = windows[at - 1]!;
      if (window.end === end && window.start === start) return window;
      if (window.end <= end) break;
      at--;
    }
    return this.open(at, start, end);
  }

  /** Opens a window at a place of the list, which stays in order of end. */
  open(at: number, start: number, end: number): Window {
    const window = new Window(this, start, end, new MetricSet(this.plan.metrics));
    this.#insert(at, window);
    return window;
  }

  /** Takes an open window over from the store. */
  restore(row: WindowRow): void {
    const window = Window.restore(this, row);
    let at = this.windows.length;
    while (at > 0 && this.windows[at - 1]!.end > row.end) at--;
    this.#insert(at, window);
    // It may be complete already, then this is early: that is allowed.
  }

  /** Takes the window at `at + 1` into the one at `at`. */
  merge(at: number, changes: Changes): void {
    const window = this.windows[at]!;
    const [other] = this.windows.splice(at + 1, 1);
    window.merge(other!);
    changes.gone(other!);
  }

  /** Completes and closes windows as of an event time; whether any closed. */
  settle(until: number, byTick: boolean, changes: Changes): boolean {
    const { windows } = this;
    const closing = until - this.plan.lateness;
    let count = 0;
    for (const window of windows) {
      if (window.end > until) break;
      const closes = window.end <= closing;
      if (window.revision === 0) window.revision = 1;
      else if (!closes) continue;
      if (closes) {
        window.close();
        count++;
      }
      changes.window(window);
    }
    if (count === 0) return false;
    const { end } = windows[count - 1]!;
    if ((byTick || this.plan.shape.remembersClosed) && end > this.closedUpTo) this.closedUpTo = end;
    if (count === windows.length) this.windows = NONE;
    else windows.splice(0, count);
    return true;
  }

  /** Event time at which the first window is complete, or closes; Infinity when none is open. */
  nextAt(): number {
    const { lateness } = this.plan;
    let next = Number.POSITIVE_INFINITY;
    for (const { end, revision } of this.windows) {
      const due = revision === 0 ? end : end + lateness;
      if (due < next) next = due;
      // Those behind it end later, and are not due before that.
      if (revision === 0) break;
    }
    return next;
  }

  #insert(at: number, window: Window): void {
    const { windows, owner } = this;
    if (windows.length === 0) this.windows = [window];
    else if (at === windows.length) windows.push(window);
    else windows.splice(at, 0, window);
    if (window.end < owner.nextAt) owner.nextAt = window.end;
  }
}
