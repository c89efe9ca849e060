/** Readings, and the windows they make: written to a store whole, as aggregate would have left them. */

import type { AggregationDefinition } from '../../common/aggregations.js';
import { MetricSet } from '../../functions/aggregate/figures/metric-set.js';
import { metricPlans } from '../../functions/aggregate/figures/plans.js';
import type { AggregationStore, Measured, WindowRow } from '../../stores/aggregation.js';

export interface Reading {
  /** Of the series: a device id, or a group. */
  readonly key: string;
  /** Event time, epoch ms. */
  readonly time: number;
  readonly value: number;
  readonly partition?: number;
}

/** A definition of windows of ten seconds with rollups. */
export function rolledUp(name: string, changes: Partial<AggregationDefinition> = {}): AggregationDefinition {
  return {
    name,
    window: { type: 'tumbling', sizeMs: 10_000 },
    by: 'device',
    deviceTypes: null,
    allowedLatenessMs: 60_000,
    metrics: { '*': ['count', 'sum', 'min', 'max', 'mean', 'first', 'last', 'p50', 'p99'] },
    rollups: true,
    publish: false,
    place: 'test',
    ...changes,
  };
}

/** What these readings measure, in order of their times. */
export function measured(definition: AggregationDefinition, readings: readonly Reading[]): Measured {
  const set = new MetricSet(metricPlans(definition.metrics));
  const inOrder = [...readings].sort((a, b) => a.time - b.time);
  for (const { time, value } of inOrder) set.add({ temperature: value }, time);
  set.close();
  return { events: readings.length, ...set.measured() };
}

/** The windows of these readings, closed. */
export function windowRows(
  definition: AggregationDefinition,
  readings: readonly Reading[],
  changes: Partial<WindowRow> = {},
): WindowRow[] {
  const { window, name } = definition;
  if (window.type !== 'tumbling') throw new Error('only tumbling windows here');
  const size = window.sizeMs;
  const groups = new Map<string, Reading[]>();
  for (const reading of readings) {
    const id = `${reading.key} ${reading.partition ?? 0} ${Math.floor(reading.time / size)}`;
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [reading]);
    else group.push(reading);
  }
  return [...groups.values()].map((group) => {
    const { key, time, partition = 0 } = group[0]!;
    const start = Math.floor(time / size) * size;
    return {
      definition: name,
      key,
      start,
      size,
      end: start + size,
      partition,
      offset: 1n,
      closed: true,
      revision: 1,
      ...measured(definition, group),
      ...changes,
    };
  });
}

let position = 0n;

/** Writes windows in one commit. */
export async function writeWindows(store: AggregationStore, windows: readonly WindowRow[]): Promise<void> {
  const counts = { aggregated: 0, late: 0, duplicate: 0, refused: 0, ticks: 0 };
  const tally = {
    partition: 0,
    nextOffset: ++position,
    ...counts,
    ahead: 0,
    behind: 0,
    corrections: 0,
  };
  await store.commit({ tally, progress: [], windows, removed: [], late: [] });
}
