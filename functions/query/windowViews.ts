/** Windows and rollups as the API shows them, with the figures that their definition asks for. Pure. */
import type { AggregationDefinition } from '../../common/aggregations.js';
import type { Measured, MetricFigures, StateFigures, WindowRow } from '../../stores/aggregation.js';
import type { RollupRow } from '../../stores/rollups.js';
import { figuresOf, stateFiguresOf } from '../aggregate/figures/read.js';
import { extraFigures } from './definitions.js';
import { correctionsOf, type MergedWindow } from './mergedWindows.js';
import { rfc3339 } from './timestamps.js';

/** @param definition the row's own, or undefined when it is configured no more */
export function windowView(row: WindowRow, definition: AggregationDefinition | undefined, metric?: string) {
  const history = { ...row, complete: row.revision > 0, corrections: correctionsOf(row) };
  return {
    ...spanView(history, definition),
    ...measuredView(row, definition, metric),
    partition: row.partition,
    offset: row.offset.toString(),
  };
}

export function mergedView(row: MergedWindow, definition: AggregationDefinition, metric?: string) {
  return {
    ...spanView(row, definition),
    ...measuredView(row, definition, metric),
    partials: row.partials,
  };
}

function spanView(row: Omit<MergedWindow, 'partials'>, definition: AggregationDefinition | undefined) {
  // The latest events are never complete: their revision counts how often they have changed.
  const isLast = definition?.window.type === 'last';
  return {
    ...seriesView(row, definition),
    start: rfc3339(row.start),
    end: rfc3339(row.end),
    revision: row.revision,
    complete: !isLast && row.complete,
    closed: row.closed,
    corrections: isLast ? 0 : row.corrections,
  };
}

export function rollupView(row: RollupRow, definition: AggregationDefinition, metric?: string) {
  return {
    ...seriesView(row, definition),
    period: row.period,
    start: rfc3339(row.start),
    end: rfc3339(row.end),
    ...measuredView(row, definition, metric),
  };
}

function seriesView(
  row: { readonly definition: string; readonly key: string },
  definition: AggregationDefinition | undefined,
) {
  const { key } = row;
  return {
    definition: row.definition,
    key,
    ...(definition?.by === 'device' ? { deviceId: key } : {}),
  };
}

function measuredView(row: Measured, definition: AggregationDefinition | undefined, only?: string) {
  const view = <T>(entries: Readonly<Record<string, T>>, of: (figures: T, name: string) => unknown) =>
    Object.fromEntries(
      Object.entries(entries)
        .filter(([name]) => only === undefined || name === only)
        .map(([name, figures]) => [name, of(figures, name)]),
    ) as Record<string, Record<string, unknown>>;
  return {
    events: row.events,
    metrics: view(row.metrics, (figures, name) => metricView(figures, definition, name)),
    states: view(row.states ?? {}, (figures, name) => stateView(figures, definition, name)),
  };
}

function metricView(figures: MetricFigures, definition: AggregationDefinition | undefined, name: string) {
  return {
    count: figures.count,
    sum: figures.sum,
    mean: figures.sum / figures.count,
    min: figures.min,
    max: figures.max,
    first: figures.first,
    firstTime: rfc3339(figures.firstTime),
    last: figures.last,
    lastTime: rfc3339(figures.lastTime),
    ...figuresOf(figures, extraFigures(definition, name, 'numbers')),
  };
}

function stateView(figures: StateFigures, definition: AggregationDefinition | undefined, name: string) {
  return {
    count: figures.count,
    first: figures.first,
    firstTime: rfc3339(figures.firstTime),
    last: figures.last,
    lastTime: rfc3339(figures.lastTime),
    ...stateFiguresOf(figures, extraFigures(definition, name, 'states')),
  };
}
