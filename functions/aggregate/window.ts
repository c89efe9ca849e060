/** One open window: what it holds, and what the store has of it. */
import type { WindowRow } from '../../stores/aggregation.js';
import { MetricSet } from './figures/metric-set.js';
import type { Series } from './series.js';

export class Window {
  readonly series: Series;
  /** [start, end), epoch ms. A session's change. */
  start: number;
  end: number;
  /** Length that the definition said when it was opened, ms; 0 where events say it. */
  size: number;
  events = 0;
  closed = false;
  revision = 0;
  set: MetricSet;
  /** The last batch that changed it, and the index of the last record in it that did. */
  run = -1;
  index = 0;
  /** The start that the store knows it by; null when it has not heard of it. */
  storedStart: number | null = null;
  /** It has become part of another one. */
  isGone = false;

  constructor(series: Series, start: number, end: number, set: MetricSet) {
    this.series = series;
    this.start = start;
    this.end = end;
    this.size = series.plan.shape.sizeMs;
    this.set = set;
  }

  /** Adds an event. Returns whether that corrects a complete window. */
  add(body: Readonly<Record<string, unknown>>, eventTime: number): boolean {
    this.events++;
    this.set.add(body, eventTime);
    if (this.revision === 0) return false;
    this.revision++;
    return true;
  }

  /** Takes in another one. The merged one is complete as soon as one of the two was. */
  merge(other: Window): void {
    this.events += other.events;
    this.set.merge(other.set);
    this.revision = Math.max(this.revision, other.revision);
    other.isGone = true;
  }

  close(): void {
    this.closed = true;
    this.set.close();
  }

  static restore(series: Series, row: WindowRow): Window {
    const set = MetricSet.restore(series.plan.metrics, row);
    const window = new Window(series, row.start, row.end, set);
    window.size = row.size;
    window.events = row.events;
    window.revision = row.revision;
    window.storedStart = row.start;
    return window;
  }
}
