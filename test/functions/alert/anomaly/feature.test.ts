import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { anomalyFeature } from '../../../../functions/alert/anomaly/feature.js';
import { DETECTORS } from '../../../../functions/alert/anomaly/options.js';
import { ExpressionProblem } from '../../../../functions/alert/language/expression.js';
import { DAY, MINUTE, noise, type Reading, START, sampleOf, scoresOf, series } from './readings.js';

const reading = fc.tuple(
  fc.integer({ min: -2_000, max: 2 * 3_600_000 }),
  fc.oneof(
    fc.double({ min: -100, max: 100, noNaN: true }),
    fc.integer({ min: 0, max: 3 }),
    fc.double(),
    fc.constantFrom(0, -0, 5e-324, 1e308, -1e308, Number.NaN, Number.POSITIVE_INFINITY),
  ),
);
/** Some at the same time, some late. */
const readings = fc.array(reading, { minLength: 40, maxLength: 150 }).map((steps) => {
  let time = START;
  return steps.map(([step, value]): Reading => {
    time += step;
    return [time, value];
  });
});

describe.each(DETECTORS)('%s', (detector) => {
  test('scores what came so far alone, from 0 to 1, and the same each time', () => {
    fc.assert(
      fc.property(readings, fc.nat(150), (all, cut) => {
        const scores = scoresOf(all, { detector });
        for (const score of scores) {
          if (score !== undefined) expect(score >= 0 && score <= 1).toBe(true);
        }
        expect(scoresOf(all.slice(0, cut), { detector })).toEqual(scores.slice(0, cut));
      }),
      { numRuns: 30 },
    );
  });

  test('goes on after a restart exactly as it would have, and remembers no more than before', () => {
    const feature = anomalyFeature('x', { detector });
    fc.assert(
      fc.property(readings, fc.nat(150), (all, cut) => {
        let state = feature.start();
        const size = JSON.stringify(feature.encode(state)).length;
        const scores = all.map((each, index) => {
          if (index === cut) state = feature.decode(JSON.parse(JSON.stringify(feature.encode(state))));
          feature.observe(state, sampleOf(each));
          return feature.value(state, each[0]);
        });
        expect(scores).toEqual(scoresOf(all, { detector }));
        expect(JSON.stringify(feature.encode(state)).length - size).toBeLessThan(64);
      }),
      { numRuns: 30 },
    );
  });

  test('is unknown for 30 readings, and known from then on', () => {
    const random = noise(1);
    const scores = scoresOf(series(60, MINUTE, random), { detector });
    expect(scores.findIndex((score) => score !== undefined)).toBe(30);
    expect(scores.slice(30)).not.toContain(undefined);
  });

  test('finds nothing in what never changes', () => {
    const scores = scoresOf(
      series(3000, MINUTE, () => 21.5),
      { detector },
    );
    expect(Math.max(...scores.map((score) => score ?? 0))).toBeLessThan(0.2);
  });

  test('remembers at most 8 KiB', () => {
    const feature = anomalyFeature('x', { detector });
    const state = feature.start();
    for (const each of series(6000, 5 * MINUTE, noise(3))) feature.observe(state, sampleOf(each));
    expect(JSON.stringify(feature.encode(state)).length).toBeLessThan(8192);
  });
});

test('a jump of what never changed is found at once', () => {
  const scores = scoresOf(series(600, MINUTE, (_, index) => (index === 500 ? 22 : 21.5)));
  expect(scores[500]).toBeGreaterThan(0.5);
});

test.each([
  ['huge', 1e300],
  ['tiny', 1e-300],
  ['offset', 1],
])('a spike is found whatever the unit is: %s', (name, unit) => {
  const random = noise(7);
  const offset = name === 'offset' ? 1e9 : 0;
  const all = series(1500, MINUTE, (_, index) => offset + unit * (random() + (index === 1200 ? 15 : 0)));
  const scores = scoresOf(all);
  const others = scores.filter((score, index) => index !== 1200 && (score ?? 0) >= 0.5);
  if (unit === 1e300) expect(scores.every((score) => score === undefined || score <= 1)).toBe(true);
  else expect(scores[1200]).toBeGreaterThan(0.7);
  expect(others.length).toBeLessThan(8);
});

test('days are learnt: their peaks are nothing new, the same value at night is', () => {
  const random = noise(5);
  const night = 12 * 288 + 12;
  const all = series(14 * 288, 5 * MINUTE, (time, index) => {
    const usual = 100 - 50 * Math.cos((2 * Math.PI * time) / DAY) + 2 * random();
    return index === night ? 145 : usual;
  });
  const scores = scoresOf(all);
  expect(scores[night]).toBeGreaterThan(0.8);
  const alarms = scores.filter((score, index) => index > 3 * 288 && index !== night && (score ?? 0) >= 0.5);
  expect(alarms.length).toBeLessThan(6);
});

test('it adapts to a new level: high where it begins, low after', () => {
  const random = noise(9);
  const scores = scoresOf(series(2000, MINUTE, (_, index) => random() + (index >= 1000 ? 20 : 0)));
  expect(scores[1000]).toBeGreaterThan(0.8);
  const later = scores.slice(1100).filter((score) => (score ?? 0) >= 0.5);
  expect(later.length).toBeLessThan(4);
});

test('a sensor that is stuck is found, and one that reports whole numbers is not', () => {
  const random = noise(11);
  const stuck = scoresOf(
    series(1500, MINUTE, (_, index) => (index >= 1200 && index < 1230 ? 3 : 3 + random())),
  );
  expect(Math.max(...stuck.slice(1200, 1230).map((score) => score ?? 0))).toBeGreaterThan(0.5);
  const rounded = scoresOf(series(1500, MINUTE, () => Math.round(3 + 0.4 * random())));
  expect(rounded.filter((score) => (score ?? 0) >= 0.5).length).toBeLessThan(8);
});

test('missing readings and late ones change nothing; a gap is no anomaly', () => {
  const random = noise(13);
  const all = series(800, MINUTE, random);
  const [clean, feature] = [scoresOf(all), anomalyFeature('x')];
  const state = feature.start();
  const scores = all.map((each, index) => {
    feature.observe(state, { ...sampleOf(each), event: {} });
    feature.observe(state, { ...sampleOf(each), event: { x: 'broken' } });
    if (index > 0) feature.observe(state, sampleOf([all[index - 1]![0] - 1, 1e6]));
    feature.observe(state, sampleOf(each));
    return feature.value(state, each[0]);
  });
  expect(scores).toEqual(clean);
  const gap = all.map(([time, value], index): Reading => [index > 600 ? time + 3 * DAY : time, value]);
  expect(
    Math.max(
      ...scoresOf(gap)
        .slice(601, 610)
        .map((score) => score ?? 0),
    ),
  ).toBeLessThan(0.5);
});

test('the wind of 1048 mph at Newark is found, and little else in that year', () => {
  const rows = readFileSync('test/data/nyc-weather-2013.csv', 'utf8').split('\n');
  const all = rows
    .map((row) => row.split(','))
    .filter((row) => row[0] === 'EWR' && row[9] !== 'NA')
    .map((row): Reading => [Date.parse(row[14]!), Number(row[9])]);
  const scores = scoresOf(all).map((score) => score ?? 0);
  const wrong = all.findIndex(([, value]) => value > 1000);
  expect(new Date(all[wrong]![0]).toISOString()).toBe('2013-02-12T08:00:00.000Z');
  expect(scores[wrong]).toBe(Math.max(...scores));
  expect(scores[wrong]).toBeGreaterThan(0.9);
  expect(scores.filter((score) => score >= 0.5).length).toBeLessThan(15);
});

test.each([
  [{ detectr: 'auto' }, 'anomaly has no option "detectr"'],
  [{ detector: 'sesonal' }, 'anomaly has no detector "sesonal"'],
  [{ detector: 3 }, 'anomaly has no detector 3'],
  [{ season: '1 day' }, 'a season is auto, none, or a duration'],
  [{ season: '1s' }, 'a season lasts from 1m to'],
  [{ detector: 'ewma', season: '1d' }, 'the detector ewma knows no season'],
])('options are checked: %j', (options, message) => {
  expect(() => anomalyFeature('x', options)).toThrow(ExpressionProblem);
  expect(() => anomalyFeature('x', options)).toThrow(message);
});

test('equal options are one state, others another', () => {
  const id = (options: Record<string, unknown>) => anomalyFeature('x', options).id;
  expect(id({})).toBe(id({ detector: 'auto', season: 'auto' }));
  expect(new Set([{}, { season: '1d' }, { season: 'none' }, { detector: 'forest' }].map(id)).size).toBe(4);
});

test('what was remembered by something else is refused', () => {
  const forest = anomalyFeature('x', { detector: 'forest' });
  const ewma = anomalyFeature('x', { detector: 'ewma' });
  expect(() => ewma.decode(forest.encode(forest.start()))).toThrow(
    expect.objectContaining({ code: 'ANOMALY_STATE_UNKNOWN' }),
  );
});
