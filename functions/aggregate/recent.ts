/**
 * The last events of a series. They are kept themselves, in the owner's state document: when one is pushed out, the
 * figures are made anew from those that are left. The row is made when a batch is done, not with every event.
 */
import { MetricSet } from './figures/metric-set.js';
import type { Series } from './series.js';
import { Window } from './window.js';

/** Event time, and what of the event is a metric. */
export type RecentEvent = readonly [number, Readonly<Record<string, unknown>>];

/** As in the state document. */
export interface RecentDocument {
  readonly revision: number;
  readonly events: readonly RecentEvent[];
}

export class Recent {
  /** Start 0; its revision counts how often its contents have changed. */
  readonly window: Window;
  /** By event time; of equal times in the order in which they came. */
  readonly #events: RecentEvent[] = [];

  constructor(series: Series) {
    this.window = new Window(series, 0, 0, new MetricSet(series.plan.metrics));
  }

  /** Takes an event; false when it is older than `count` others, and nothing has changed. */
  add(eventTime: number, body: Readonly<Record<string, unknown>>, count: number): boolean {
    const events = this.#events;
    let at = events.length;
    while (at > 0 && events[at - 1]![0] > eventTime) at--;
    if (at === 0 && events.length >= count) return false;
    events.splice(at, 0, [eventTime, metricsOf(body)]);
    if (events.length > count) events.splice(0, events.length - count);
    this.window.revision++;
    return true;
  }

  /** Makes the window say what the events are. */
  fill(): void {
    const { window } = this;
    const events = this.#events;
    window.set = new MetricSet(window.series.plan.metrics);
    for (const [eventTime, body] of events) window.set.add(body, eventTime);
    window.events = events.length;
    window.end = events.at(-1)![0] + 1;
  }

  encode(): RecentDocument {
    return { revision: this.window.revision, events: this.#events };
  }

  static decode(series: Series, { revision, events }: RecentDocument): Recent {
    const recent = new Recent(series);
    recent.window.revision = revision;
    recent.#events.push(...events);
    return recent;
  }
}

/** Names come from devices, so the object they are keys of has no prototype to collide with. */
function metricsOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const metrics = Object.create(null) as Record<string, unknown>;
  for (const name in body) {
    if (name === 'ts' || name === 'seq' || name === 'deviceId' || name === 'deviceType') continue;
    const value = body[name];
    if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') {
      metrics[name] = value;
    }
  }
  return metrics;
}
