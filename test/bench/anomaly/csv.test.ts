import { readSeries, scoredSeries, timeOf } from '../../../bench/anomaly/csv.js';

test.each([
  ['2014-04-01 00:05:00', '2014-04-01T00:05:00.000Z'],
  ['2014-04-01 00:05:00.250000', '2014-04-01T00:05:00.250Z'],
  ['2014-04-01T02:05:00+02:00', '2014-04-01T00:05:00.000Z'],
  ['2014-04-01', '2014-04-01T00:00:00.000Z'],
  ['1396310700', '2014-04-01T00:05:00.000Z'],
  ['1396310700000', '2014-04-01T00:05:00.000Z'],
  ['1396310700000000', '2014-04-01T00:05:00.000Z'],
  ['17', '1970-01-01T00:00:17.000Z'],
])('timestamp %s', (text, time) => {
  expect(new Date(timeOf(text)).toISOString()).toBe(time);
});

test.each(['', 'yesterday', '2014-13-41 00:00:00'])('no timestamp: %s', (text) => {
  expect(timeOf(text)).toBeNaN();
});

test('columns are found by name; timestamp and value are written as they were', () => {
  const rows = readSeries(
    '\ufefflabel,Value,timestamp\r\n1,5.10,2014-04-01 00:00:00\n0,,2014-04-01 00:05:00\n0,x,?\n',
  )!;
  expect(rows.map(({ time, number }) => [time, number])).toEqual([
    [Date.UTC(2014, 3, 1), 5.1],
    [Date.UTC(2014, 3, 1, 0, 5), Number.NaN],
    [Number.NaN, Number.NaN],
  ]);
  expect(scoredSeries(rows, [0, 0.25, 0])).toBe(
    'timestamp,value,anomaly_score\n2014-04-01 00:00:00,5.10,0\n2014-04-01 00:05:00,,0.25\n?,x,0\n',
  );
  expect(readSeries('a,b\n1,2\n')).toBeNull();
});
