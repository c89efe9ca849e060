/** What goes wrong with sensors and with what they measure, put into a series that was in order. */
import type { Random } from '../../simulators/random.js';
import { normal } from './normal.js';
import type { Signal } from './signals.js';

export type FaultKind = 'spike' | 'dip' | 'shift' | 'drift' | 'stuck' | 'noise' | 'season';

export interface Place {
  readonly random: Random;
  readonly signal: Signal;
  /** Level and noise of each reading. */
  readonly base: readonly (readonly [level: number, noise: number])[];
  readonly times: readonly number[];
  /** Changed in place. */
  readonly values: number[];
  readonly from: number;
  /** So many readings the fault may last. */
  readonly most: number;
}

/** Each answers the index after its last reading. */
export const FAULTS: Readonly<Record<FaultKind, (place: Place) => number>> = {
  spike: (place) => add(place, place.random.integer(1, 4), () => size(place, 4, 10)),
  dip: (place) => add(place, place.random.integer(1, 6), () => -size(place, 4, 10)),
  shift(place) {
    const by = size(place, 2.5, 5) * (place.random.unit() < 0.5 ? -1 : 1);
    return add(place, between(place, 100, 400), () => by);
  },
  drift(place) {
    const by = size(place, 4, 8) * (place.random.unit() < 0.5 ? -1 : 1);
    const length = between(place, 100, 400);
    return add(place, length, (index) => (by * index) / length);
  },
  stuck(place) {
    const to = place.from + between(place, 30, 150);
    place.values.fill(place.values[place.from]!, place.from, to);
    return to;
  },
  noise(place) {
    const { random, signal } = place;
    const by = size(place, 1, 2.5);
    return add(place, between(place, 40, 200), () => normal(random, 0, by) * (signal.unit === 0 ? 0 : 1));
  },
  /** The daily shape comes at another time of day, or hardly at all. */
  season(place) {
    const { random, base, values, times, from } = place;
    const interval = times[1]! - times[0]!;
    const to =
      from + Math.min(place.most, Math.max(20, Math.round((86_400_000 / interval) * random.between(1, 2))));
    const shifted = random.unit() < 0.5;
    const by = Math.round((86_400_000 / interval) * random.between(0.3, 0.5));
    const middle = base.slice(from, to).reduce((sum, [level]) => sum + level, 0) / (to - from);
    for (let index = from; index < to; index++) {
      const level = shifted ? base[Math.max(0, index - by)]![0] : middle + 0.15 * (base[index]![0] - middle);
      values[index] = level + base[index]![1];
    }
    return to;
  },
};

const size = ({ random, signal }: Place, low: number, high: number): number =>
  signal.unit * random.between(low, high);
const between = ({ random, most }: Place, low: number, high: number): number =>
  Math.max(5, Math.min(most, random.integer(low, high)));

function add({ values, from }: Place, length: number, by: (index: number) => number): number {
  for (let index = 0; index < length; index++) values[from + index]! += by(index);
  return from + length;
}
