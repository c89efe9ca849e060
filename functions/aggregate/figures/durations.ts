/**
 * How long a string or a boolean was each of its values. Of one window the first 100 values, by event time, have a
 * place of their own, the others share one: a device that invents values must not fill the memory.
 */
import type { StateFigures } from '../../../stores/aggregation.js';
import { type Sums, Timeline, type TimelineState } from './timeline.js';

export const MAX_VALUES = 100;
/** Where the time of further values goes. */
export const OTHER = '(other)';

export type DurationTotals = Map<string, number>;

function lasted(totals: DurationTotals, value: string, time: number): void {
  const known = totals.get(value);
  if (known !== undefined) totals.set(value, known + time);
  else if (totals.size < MAX_VALUES) totals.set(value, time);
  else totals.set(OTHER, (totals.get(OTHER) ?? 0) + time);
}

const SUMS: Sums<string, DurationTotals> = {
  none: () => new Map(),
  copy: (totals) => new Map(totals),
  step: (totals, value, time, _, nextTime) => lasted(totals, value, nextTime - time),
  add(totals, other, by) {
    for (const [value, time] of other) lasted(totals, value, Math.round(time * by));
  },
};

export type Durations = Timeline<string, DurationTotals>;

export function newDurations(value: string, time: number): Durations {
  return new Timeline(SUMS, value, time);
}

export function restoreDurations(figures: StateFigures, durations: Record<string, number>): Durations {
  return Timeline.restore(SUMS, durationState(figures, durations));
}

export function durationState(
  figures: StateFigures,
  durations: Record<string, number>,
): TimelineState<string, DurationTotals> {
  return {
    span: figures,
    totals: new Map(Object.entries(durations)),
    samples: figures.samples,
    folded: figures.folded && new Map(Object.entries(figures.folded)),
  };
}

export function durationFigures(
  durations: Durations,
): Required<Pick<StateFigures, 'durations'>> & Pick<StateFigures, 'samples' | 'folded'> {
  const { totals, samples, folded } = durations.state();
  return {
    durations: record(totals),
    ...(samples !== undefined && { samples: [...samples] }),
    ...(folded !== undefined && { folded: record(folded) }),
  };
}

/** Values come from devices: the object they are keys of has no prototype to collide with. */
function record(totals: DurationTotals): Record<string, number> {
  const durations = Object.create(null) as Record<string, number>;
  for (const [value, time] of totals) durations[value] = time;
  return durations;
}
