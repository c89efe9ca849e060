import { corpus, type Series } from '../../../bench/anomaly/corpus.js';
import { events, nab, points } from '../../../bench/anomaly/measures.js';

const series: Series = {
  name: 'x',
  times: Array.from({ length: 1000 }, (_, index) => index),
  values: Array.from({ length: 1000 }, () => 0),
  faults: [{ kind: 'shift', from: 500, to: 540 }],
};
const alarms = (...at: number[]) => [
  { series, scores: series.times.map((time) => (at.includes(time) ? 1 : 0)) },
];

test('one alarm in the fault is found, with its delay; alarms close to each other are one', () => {
  expect(events(alarms(510, 515, 700, 705), 0.5)).toMatchObject({
    recall: 1,
    precision: 0.5,
    delay: 10,
    falseAlarms: 1,
  });
  // Within the warm-up nothing counts; when a fault ends, the series changes once more.
  expect(events(alarms(100, 545), 0.5)).toMatchObject({ recall: 0, falseAlarms: 0 });
});

test('silence is 0, an early detection is near 100, false ones cost', () => {
  expect(nab(alarms(), 0.5)).toBe(0);
  const early = nab(alarms(452), 0.5);
  expect(early).toBeGreaterThan(95);
  expect(nab(alarms(530), 0.5)).toBeLessThan(early);
  expect(nab(alarms(452, 200, 900), 0.5)).toBeLessThan(early - 5);
});

test('points: perfect scores have areas of 1, equal ones those of chance', () => {
  const inside = series.times.filter((time) => time >= 500 && time < 540);
  expect(points(alarms(...inside))).toMatchObject({ roc: 1, pr: 1 });
  const { roc, pr, chance } = points(alarms());
  expect([roc, pr]).toEqual([0.5, chance]);
});

test('the corpus is the same each time, and another with another seed', () => {
  const first = corpus(1);
  // Compared as text: there are hundreds of thousands of readings.
  expect(JSON.stringify(corpus(1)) === JSON.stringify(first)).toBe(true);
  expect(corpus(2).map(({ values }) => values[10])).not.toEqual(first.map(({ values }) => values[10]));
  for (const { name, times, values, faults } of first) {
    expect([name, values.length, values.every(Number.isFinite)]).toEqual([name, times.length, true]);
    expect([name, times.every((time, index) => index === 0 || time > times[index - 1]!)]).toEqual([
      name,
      true,
    ]);
    for (const { from, to } of faults) {
      expect([name, from >= 0.2 * times.length - 1 && to > from && to <= times.length]).toEqual([name, true]);
    }
  }
});
