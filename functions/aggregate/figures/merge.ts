/**
 * Rows into one: rollups of windows, and the partial rows that partitions keep of a group.
 */
import type { Measured } from '../../../stores/aggregation.js';
import { MetricSet } from './metric-set.js';
import { metricPlans } from './plans.js';

/** What is merged says itself which figures it has. */
const PLANS = metricPlans({});

/**
 * The figures of all events of the rows. Of a metric it has the figures that all of the rows with that metric have.
 * Figures that depend on the order of events (`ordered`, `durations`) run on from row to row; see `timeline.ts` for
 * rows that overlap in time. The result keeps no samples.
 * @param rows the oldest first
 */
export function mergeMeasured(rows: readonly Measured[]): Measured {
  const set = new MetricSet(PLANS);
  let events = 0;
  for (const row of rows) {
    events += row.events;
    set.mergeMeasured(row);
  }
  set.close();
  return { events, ...set.measured() };
}
