/**
 * Metric models that follow from metrics above them: what makes a power follow the wind, a cold store follow its door,
 * and a meter its load. Additions, products and quotients only, as in `metrics.ts`.
 */
import type { Random } from '../random.js';
import type { Metric } from '../scenario/scenario.js';
import { clamp, rounded, type Sensor, type Value } from './metrics.js';
import { draw } from './occasions.js';

type Model<K extends Metric['model']> = Extract<Metric, { model: K }>;

export function correlated(
  { with: other, factor, offset, noise, lag, min, max, digits }: Model<'correlated'>,
  random: Random,
): Sensor {
  /** Readings of the other metric that are not older than the lag, and the one before them. */
  const past: { readonly time: number; readonly value: number }[] = [];
  return (time, values) => {
    past.push({ time, value: Number(values[other]) });
    while (past.length > 1 && past[1]!.time <= time - lag) past.shift();
    const value = factor * past[0]!.value + offset + random.between(-noise, noise);
    return rounded(clamp(value, min, max), digits);
  };
}

/** A value for each value of the other metric. */
export function mapped({ with: other, to, otherwise }: Model<'mapped'>): Sensor {
  const table = new Map<string, Value>(Object.entries(to));
  return (_, values) => table.get(String(values[other])) ?? otherwise;
}

/** Straight lines between the points; beyond the first and the last, what those say. */
export function curve({ with: other, points, noise, digits }: Model<'curve'>, random: Random): Sensor {
  return (_, values) => {
    const x = Number(values[other]);
    const jitter = random.between(-noise, noise);
    const after = points.findIndex(([at]) => at > x);
    if (after === 0) return rounded(points[0]![1] + jitter, digits);
    if (after === -1) return rounded(points.at(-1)![1] + jitter, digits);
    const [[x0, y0], [x1, y1]] = [points[after - 1]!, points[after]!];
    return rounded(y0 + ((y1 - y0) * (x - x0)) / (x1 - x0) + jitter, digits);
  };
}

export function sum({ of, offset, noise, min, max, digits }: Model<'sum'>, random: Random): Sensor {
  const terms = Object.entries(of);
  return (_, values) => {
    let value = offset + random.between(-noise, noise);
    for (const [name, factor] of terms) value += factor * Number(values[name]);
    return rounded(clamp(value, min, max), digits);
  };
}

export function product({ of, factor, noise, digits }: Model<'product'>, random: Random): Sensor {
  return (_, values) => {
    let value = factor;
    for (const name of of) value *= Number(values[name]);
    return rounded(value + random.between(-noise, noise), digits);
  };
}

/**
 * First-order lag, as of heat: the distance to the other metric shrinks to 1/e in `within`. Implicit Euler, which
 * needs no exponential and is stable however rare the reports are.
 */
export function follow({ with: other, within, noise, digits }: Model<'follow'>, random: Random): Sensor {
  let value: number | undefined;
  let last = 0;
  return (time, values) => {
    const target = Number(values[other]);
    const passed = time - last;
    value = value === undefined ? target : value + ((target - value) * passed) / (within + passed);
    last = time;
    return rounded(value + random.between(-noise, noise), digits);
  };
}

const HOUR = 3_600_000;

/** What the other metric adds up to over time, as a meter or an odometer does. */
export function integral(
  { with: other, start, perHour, min, max, digits }: Model<'integral'>,
  random: Random,
): Sensor {
  let value = draw(random, start);
  let last = 0;
  return (time, values) => {
    value = clamp(value + (perHour * Number(values[other]) * (time - last)) / HOUR, min, max);
    last = time;
    return rounded(value, digits);
  };
}
