/** Knows whether any current subscription can match telemetry, so that unheard telemetry need not be routed. */
import type { TopicMap } from '../topics.js';

export interface SubscriptionWatch {
  add(filter: string): void;
  remove(filter: string): void;
  readonly telemetryWatched: boolean;
}

export function createSubscriptionWatch(topics: TopicMap): SubscriptionWatch {
  const filters = new Map<string, number>();
  let watching = 0;
  const change = (filter: string, by: 1 | -1) => {
    if (!topics.watchesTelemetry(filter)) return;
    const count = (filters.get(filter) ?? 0) + by;
    if (count < 0) return;
    watching += by;
    if (count === 0) filters.delete(filter);
    else filters.set(filter, count);
  };
  return {
    add: (filter) => change(filter, 1),
    remove: (filter) => change(filter, -1),
    get telemetryWatched() {
      return watching > 0;
    },
  };
}
