/**
 * Metric models: what a sensor reads, report after report. Nothing but additions, products, quotients and square
 * roots goes into a value (no Math.sin, whose last bit engines may choose), so it is the same on every machine.
 */
import { Random } from '../random.js';
import type { MachineState, Metric } from '../scenario/scenario.js';
import { correlated, curve, follow, integral, mapped, product, sum } from './derived.js';
import { draw } from './occasions.js';

export type Value = number | string | boolean;

/** A model at work for one device. Asked once per report, in order, for every report (sent or not). */
export type Sensor = (time: number, values: Readonly<Record<string, Value>>) => Value;

/** @param random for this metric of this device alone */
export function createSensor(metric: Metric, random: Random): Sensor {
  switch (metric.model) {
    case 'constant':
      return () => metric.value;
    case 'walk':
      return walk(metric, random);
    case 'seasonal':
      return seasonal(metric, random);
    case 'square':
      return square(metric, random);
    case 'counter':
      return counter(metric, random);
    case 'drift':
      return drift(metric, random);
    case 'recorded':
      return recorded(metric, random);
    case 'correlated':
      return correlated(metric, random);
    case 'mapped':
      return mapped(metric);
    case 'curve':
      return curve(metric, random);
    case 'sum':
      return sum(metric, random);
    case 'product':
      return product(metric, random);
    case 'follow':
      return follow(metric, random);
    case 'integral':
      return integral(metric, random);
    case 'states':
      return states(metric, random);
  }
}

type Model<K extends Metric['model']> = Extract<Metric, { model: K }>;

function walk({ start, step, min, max, pull, digits }: Model<'walk'>, random: Random): Sensor {
  const home = draw(random, start);
  let value = home;
  return () => {
    const reading = rounded(value, digits);
    value = clamp(value + random.between(-step, step) + pull * (home - value), min, max);
    return reading;
  };
}

function seasonal(
  { mean, amplitude, period, noise, phase, digits }: Model<'seasonal'>,
  random: Random,
): Sensor {
  const [middle, swing, offset] = [draw(random, mean), draw(random, amplitude), draw(random, phase)];
  return (time) =>
    rounded(middle + swing * wave(time / period + offset) + random.between(-noise, noise), digits);
}

/**
 * Like a sine of period 1, within 0.0017: Bhaskara I's rational approximation (7th century), which takes exactly
 * rounded operations only.
 */
export function wave(turns: number): number {
  const x = turns - Math.floor(turns);
  const half = x < 0.5 ? x * 2 : (x - 0.5) * 2;
  const bow = half * (1 - half);
  const height = (16 * bow) / (5 - 4 * bow);
  return x < 0.5 ? height : -height;
}

function square({ low, high, period, duty, phase, digits }: Model<'square'>, random: Random): Sensor {
  const offset = draw(random, phase);
  return (time) => {
    const turns = time / period + offset;
    return rounded(turns - Math.floor(turns) < duty ? high : low, digits);
  };
}

function counter({ start, perSecond, wrap, digits }: Model<'counter'>, random: Random): Sensor {
  let value = draw(random, start);
  let last = 0;
  return (time) => {
    value += (draw(random, perSecond) * (time - last)) / 1000;
    last = time;
    if (value >= wrap) value -= wrap * Math.floor(value / wrap);
    return rounded(value, digits);
  };
}

const HOUR = 3_600_000;

function drift({ start, perHour, min, max, noise, digits }: Model<'drift'>, random: Random): Sensor {
  const [begin, rate] = [draw(random, start), draw(random, perHour)];
  return (time) =>
    rounded(clamp(begin + (rate * time) / HOUR, min, max) + random.between(-noise, noise), digits);
}

function recorded({ values, period, digits }: Model<'recorded'>, random: Random): Sensor {
  const begin = random.integer(0, values.length - 1);
  return (time) => rounded(values[(begin + Math.floor(time / period)) % values.length]!, digits);
}

function states({ states: machine, initial, digits }: Model<'states'>, random: Random): Sensor {
  let state = machine[initial]!;
  // A device is met in the midst of its first state, not at its beginning.
  let until = draw(random, state.lasts) * random.unit();
  let moving = typeof state.value === 'number' ? state.value : 0;
  let last = 0;
  const pass = (to: number) => {
    if (state.perSecond !== undefined) moving += (state.perSecond * (to - last)) / 1000;
    else if (typeof state.value === 'number') moving = state.value;
    last = to;
  };
  return (time) => {
    while (until <= time) {
      pass(until);
      state = machine[chosen(state, random)]!;
      until += Math.max(1, draw(random, state.lasts));
    }
    pass(time);
    return state.perSecond !== undefined ? rounded(moving, digits) : state.value;
  };
}

function chosen({ next }: MachineState, random: Random): string {
  const entries = Object.entries(next);
  let left = random.unit() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [name, weight] of entries) {
    left -= weight;
    if (left < 0) return name;
  }
  return entries.at(-1)![0];
}

const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] as const;

/** To so many digits after the point, half away from zero; as the nearest number to that decimal. */
export function rounded(value: number, digits: number): number {
  const power = POWERS[digits]!;
  const scaled = Math.round(Math.abs(value) * power) / power;
  return value < 0 && scaled !== 0 ? -scaled : scaled;
}

export function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** A device's sensors, in the order in which they depend on one another. */
export function createSensors(
  metrics: Readonly<Record<string, Metric>>,
  seed: number,
  device: string,
): readonly (readonly [string, Sensor])[] {
  return Object.entries(metrics).map(([name, metric]) => [
    name,
    createSensor(metric, Random.named(seed, `${device} metric ${name}`)),
  ]);
}
