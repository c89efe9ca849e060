/** Figures of windows, against lists of readings. */
import fc from 'fast-check';
import { FIGURES, figureOf } from '../../../../../functions/alert/language/features/figures.js';
import {
  MAX_READINGS,
  paneLength,
  type Series,
} from '../../../../../functions/alert/language/features/series.js';
import { windowOf } from '../../../../../functions/alert/language/features/window.js';
import { Fed, sampleOf } from '../support.js';

const WIDTH = 60_000;

interface Reading {
  readonly time: number;
  readonly value: number;
}

/** What the guide says, word for word. */
function figure(name: string, readings: readonly Reading[]): number | undefined {
  const values = readings.map(({ value }) => value);
  const count = values.length;
  const sum = values.reduce((a, b) => a + b, 0);
  if (name === 'count') return count;
  if (name === 'sum') return sum;
  if (count === 0) return undefined;
  const mean = sum / count;
  const seconds = (readings.at(-1)!.time - readings[0]!.time) / 1000;
  const steps = values
    .slice(1)
    .map((value, index) => (value >= values[index]! ? value - values[index]! : value));
  const increase = steps.reduce((a, b) => a + b, 0);
  const percentile = /^p(.+)$/.exec(name)?.[1];
  if (percentile !== undefined) {
    return [...values].sort((a, b) => a - b)[Math.floor((Number(percentile) / 100) * (count - 1))];
  }
  const plain: Record<string, number> = {
    min: Math.min(...values),
    max: Math.max(...values),
    mean,
    first: values[0]!,
    last: values.at(-1)!,
    stddev: Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / count),
    range: Math.max(...values) - Math.min(...values),
    delta: values.at(-1)! - values[0]!,
    increase,
  };
  if (name === 'rate') return seconds > 0 ? increase / seconds : undefined;
  if (name === 'slope') return seconds > 0 ? plain.delta! / seconds : undefined;
  return plain[name];
}

const ALL = [...FIGURES, 'p1', 'p50', 'p99', 'p99.9'];

test('few readings: exactly those of (at - width, at], whatever the order they come in', () => {
  const reading = fc.record({
    after: fc.oneof(fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: -80_000, max: 20_000 })),
    value: fc.integer({ min: -100, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 50 }), fc.nat(70_000), (steps, later) => {
      const fed = new Fed<Series>(windowOf('t', WIDTH));
      const readings: Reading[] = [];
      let newest = 1_000_000;
      for (const { after, value } of steps) {
        const time = newest + after;
        newest = Math.max(newest, time);
        fed.take(sampleOf({ t: value }, time));
        readings.push({ time, value });
      }
      const at = newest + later;
      // Sorting is stable: equal times stay in the order of the stream.
      const within = readings.filter(({ time }) => time > at - WIDTH).sort((a, b) => a.time - b.time);
      for (const name of ALL) {
        const expected = figure(name, within);
        const actual = figureOf(name)(fed.state, at, WIDTH);
        if (expected === undefined) expect(actual).toBeUndefined();
        else expect(actual).toBeCloseTo(expected, 9);
      }
    }),
    { numRuns: 300 },
  );
});

test('many readings: of the panes that reach into the window, which is up to 1/60 longer then', () => {
  const fed = new Fed<Series>(windowOf('t', WIDTH));
  const readings: Reading[] = [];
  const length = paneLength(WIDTH);
  for (let index = 0; index < 4_000; index++) {
    const reading = { time: 1_000_003 + index * 37, value: 50 + 40 * Math.sin(index / 50) };
    readings.push(reading);
    fed.take(sampleOf({ t: reading.value }, reading.time));
    if (index < MAX_READINGS || index % 97 !== 0) continue;
    const { time: at } = reading;
    const panes = readings.filter(({ time }) => (Math.floor(time / length) + 1) * length - 1 > at - WIDTH);
    for (const name of FIGURES) {
      expect(figureOf(name)(fed.state, at, WIDTH)).toBeCloseTo(figure(name, panes)!, 6);
    }
    for (const name of ['p10', 'p50', 'p90']) {
      expect(Math.abs(figureOf(name)(fed.state, at, WIDTH)! - figure(name, panes)!)).toBeLessThan(6);
    }
  }
  expect(fed.state.panes!.length).toBeLessThanOrEqual(62);
  // A quiet device is exact again once the panes are gone.
  fed.take(sampleOf({ t: 1 }, readings.at(-1)!.time + 2 * WIDTH));
  expect(fed.state).toMatchObject({ panes: null, values: [1] });
});
