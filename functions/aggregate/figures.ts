/**
 * Figures of the metrics in one window: count, sum, min, max, first and last.
 */
import type { MetricFigures } from '../../stores/aggregation.js';

/** Names come from devices, so the object they are keys of has no prototype to collide with. */
export type Metrics = Record<string, MetricFigures>;

/** A window takes no more names than this: a device that invents them all the time must not fill the memory. */
export const MAX_METRICS = 1_000;

export function noMetrics(): Metrics {
  return Object.create(null) as Metrics;
}

export function copyMetrics(metrics: Readonly<Record<string, MetricFigures>>): Metrics {
  const copy = noMetrics();
  for (const [name, figures] of Object.entries(metrics)) copy[name] = { ...figures };
  return copy;
}

/**
 * Adds an event's numbers; returns how many names were new. `ts`, `seq`, `deviceId` and `deviceType` are no metrics;
 * strings, booleans and whatever else is not a number are not aggregated.
 * @param room how many new names the window may take
 */
export function addEvent(
  metrics: Metrics,
  body: Readonly<Record<string, unknown>>,
  time: number,
  room: number,
): number {
  let added = 0;
  for (const name in body) {
    const value = body[name];
    if (typeof value !== 'number') continue;
    if (name === 'ts' || name === 'seq' || name === 'deviceId' || name === 'deviceType') continue;
    const figures = metrics[name];
    if (figures !== undefined) addValue(figures, value, time);
    else if (added < room) {
      metrics[name] = figuresOf(value, time);
      added++;
    }
  }
  return added;
}

function figuresOf(value: number, time: number): MetricFigures {
  return {
    count: 1,
    sum: value,
    min: value,
    max: value,
    first: value,
    firstTime: time,
    last: value,
    lastTime: time,
  };
}

/** `first` is the earliest event's, of equal times the one before in the stream; `last` the latest's, the one after. */
function addValue(figures: MetricFigures, value: number, time: number): void {
  figures.count++;
  const sum = figures.sum + value;
  // Infinity does not survive JSON: a sum beyond all doubles stays at the largest.
  figures.sum = Number.isFinite(sum) ? sum : Math.sign(sum) * Number.MAX_VALUE;
  if (value < figures.min) figures.min = value;
  if (value > figures.max) figures.max = value;
  if (time < figures.firstTime) {
    figures.first = value;
    figures.firstTime = time;
  }
  if (time >= figures.lastTime) {
    figures.last = value;
    figures.lastTime = time;
  }
}
