/**
 * Kinds of series that sensors and services make, as functions that are asked for one reading after the other. What is
 * ordinary of a series (bursts, steps of load, heavy tails) is in it; faults are put on top by `faults.ts`.
 */
import type { Random } from '../../simulators/random.js';
import { normal } from './normal.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Signal {
  /** Milliseconds between readings. */
  readonly interval: number;
  /** Of the ordinary readings: what a fault's size is a multiple of. */
  readonly unit: number;
  /** Whether there is a daily shape to lose. */
  readonly seasonal: boolean;
  /** No reading is below. */
  readonly least: number;
  /** Readings are multiples of it; 0: not rounded. */
  readonly step: number;
  /** The reading at epoch ms, without noise, and the noise. Asked for in order of time, once each. */
  at(time: number): readonly [level: number, noise: number];
}

type Kind = (random: Random) => Signal;

/** Of the day and of the week, from -1 to 1. */
const dayWave = (time: number, shift: number): number =>
  Math.sin((2 * Math.PI * (time + shift)) / DAY) +
  0.35 * Math.sin((4 * Math.PI * (time + shift * 1.7)) / DAY);
const isWeekend = (time: number): boolean => ((Math.floor(time / DAY) + 4) % 7) % 6 === 0;

/** A value that follows its own past: the noise of most physical things. */
function autoregressive(random: Random, keep: number, deviation: number): () => number {
  let state = 0;
  return () => {
    state = keep * state + normal(random, 0, deviation * Math.sqrt(1 - keep * keep));
    return state;
  };
}

/** Of two states with steps between them. */
function load(random: Random, low: number, high: number, change: number): () => number {
  let level = low;
  return () => {
    if (random.unit() < change) level = level === low ? random.between(0.7, 1) * high : low;
    return level;
  };
}

function poisson(random: Random, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(normal(random, mean, Math.sqrt(mean))));
  let product = random.unit();
  let count = 0;
  for (const limit = Math.exp(-mean); product > limit; count++) product *= random.unit();
  return count;
}

/** Of exponential, Pareto-like tail: 1 on the average or so. */
const heavy = (random: Random, shape: number): number => (1 - random.unit()) ** (-1 / shape) - 1;

export const KINDS: Readonly<Record<string, Kind>> = {
  /** A room: smooth daily shape, slow weather, a resolution of 0.1. */
  temperature(random) {
    const [mean, wave, shift] = [random.between(5, 70), random.between(2, 8), random.between(0, DAY)];
    const weather = autoregressive(random, 0.999, wave * 0.3);
    const fine = autoregressive(random, 0.6, wave * 0.05);
    return {
      interval: random.unit() < 0.5 ? 5 * MINUTE : HOUR,
      unit: wave * 0.3,
      seasonal: true,
      least: Number.NEGATIVE_INFINITY,
      step: 0.1,
      at: (time) => [mean + wave * dayWave(time, shift) + weather(), fine()],
    };
  },
  /** A machine: wanders, steps between loads, no season. */
  machine(random) {
    const wander = autoregressive(random, 0.995, 3);
    const fine = autoregressive(random, 0.3, 1);
    const step = load(random, 0, random.between(3, 8), 0.002);
    const level = random.between(40, 90);
    let slow = 0;
    return {
      interval: 5 * MINUTE,
      unit: 4,
      seasonal: false,
      least: Number.NEGATIVE_INFINITY,
      step: 0,
      at: () => {
        slow += 0.1 * (step() - slow);
        return [level + slow + wander(), fine()];
      },
    };
  },
  /** Processor: noise around a base, bursts that are ordinary, in percent. */
  cpu(random) {
    const base = random.between(3, 40);
    const noise = base * random.between(0.03, 0.15);
    const often = random.between(0.005, 0.03);
    return {
      interval: 5 * MINUTE,
      unit: noise * 2,
      seasonal: false,
      least: 0,
      step: 0.002,
      at: () => [base, normal(random, 0, noise) + (random.unit() < often ? noise * 3 * heavy(random, 3) : 0)],
    };
  },
  /** A load that jumps between levels several times a day, ordinarily. */
  steps(random) {
    const step = load(random, 0, random.between(20, 60), 0.03);
    const noise = random.between(0.5, 2);
    return {
      interval: 5 * MINUTE,
      unit: 15,
      seasonal: false,
      least: Number.NEGATIVE_INFINITY,
      step: 0.01,
      at: () => [20 + step(), normal(random, 0, noise)],
    };
  },
  /** Passengers or vehicles: days, weekends, noise that grows with the number. */
  traffic(random) {
    const [mean, shift] = [random.between(100, 15_000), random.between(0, DAY)];
    const weekend = random.between(0.5, 0.9);
    const days = autoregressive(random, 0.99, 0.05);
    return {
      interval: random.unit() < 0.6 ? 30 * MINUTE : 15 * MINUTE,
      unit: mean * 0.25,
      seasonal: true,
      least: 0,
      step: 1,
      at(time) {
        const wave = 1 + 0.6 * dayWave(time, shift);
        const level = Math.max(0.05, wave) * mean * (isWeekend(time) ? weekend : 1) * (1 + days());
        return [level, normal(random, 0, 0.04 * level + Math.sqrt(level))];
      },
    };
  },
  /** Mentions or requests: counts with days, and bursts that die away. */
  counts(random) {
    const [mean, shift] = [random.between(1, 40), random.between(0, DAY)];
    let burst = 0;
    return {
      interval: 5 * MINUTE,
      unit: mean * 1.5 + 3,
      seasonal: true,
      least: 0,
      step: 1,
      at(time) {
        burst *= 0.8;
        if (random.unit() < 0.004) burst += mean * heavy(random, 2.5);
        const level = mean * Math.max(0.1, 1 + 0.5 * dayWave(time, shift));
        return [level, poisson(random, level + burst) - level];
      },
    };
  },
  /** A rate or a price: hourly, days, lognormal. */
  rate(random) {
    const [mean, shift] = [random.between(0.05, 2), random.between(0, DAY)];
    const spread = random.between(0.1, 0.35);
    const slow = autoregressive(random, 0.95, 0.1);
    return {
      interval: HOUR,
      unit: mean * spread * 2,
      seasonal: true,
      least: 0,
      step: 0,
      at(time) {
        const level = mean * Math.exp(0.25 * dayWave(time, shift) + slow());
        return [level, level * (Math.exp(normal(random, 0, spread)) - 1)];
      },
    };
  },
  /** Latency: lognormal with a heavy tail, no season. */
  latency(random) {
    const [mean, tail] = [random.between(5, 300), random.between(2.2, 4)];
    return {
      interval: random.unit() < 0.5 ? 5 * MINUTE : MINUTE,
      unit: mean * 0.5,
      seasonal: false,
      least: 0,
      step: 0.01,
      at: () => [
        mean,
        mean * (0.15 * normal(random, 0, 1) + (random.unit() < 0.1 ? 0.4 * heavy(random, tail) : 0)),
      ],
    };
  },
  /** Disk that fills and is emptied now and then: a saw. */
  disk(random) {
    const slope = random.between(0.01, 0.05);
    let level = random.between(20, 50);
    return {
      interval: 5 * MINUTE,
      unit: 4,
      seasonal: false,
      least: 0,
      step: 0.1,
      at() {
        level += slope;
        if (level > 85 || random.unit() < 0.001) level = random.between(20, 40);
        return [level, normal(random, 0, 0.2)];
      },
    };
  },
  /** Something that is switched on at the same hours each day: square. */
  shift(random) {
    const [high, from] = [random.between(20, 100), random.integer(0, 12)];
    const hours = random.integer(4, 10);
    return {
      interval: 5 * MINUTE,
      unit: high * 0.3,
      seasonal: true,
      least: Number.NEGATIVE_INFINITY,
      step: 0,
      at(time) {
        const hour = (time % DAY) / HOUR;
        const on = hour >= from && hour < from + hours && !isWeekend(time);
        return [on ? high : high * 0.1, normal(random, 0, high * 0.03)];
      },
    };
  },
  /** Nearly always the same reading. */
  quiet(random) {
    const level = random.between(-10, 1000);
    const step = random.between(0.1, 1);
    return {
      interval: MINUTE,
      unit: step * 6,
      seasonal: false,
      least: Number.NEGATIVE_INFINITY,
      step,
      at: () => [level, normal(random, 0, step * 0.35)],
    };
  },
};
