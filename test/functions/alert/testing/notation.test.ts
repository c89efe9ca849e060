import fc from 'fast-check';
import { expandValues, NotationProblem, parseSeries } from '../../../../functions/alert/testing/notation.js';

describe('values in expanding notation', () => {
  // Each as promtool 2.42 expands it.
  test.each([
    ['1 2 3', [1, 2, 3]],
    ['1+2x3', [1, 3, 5, 7]],
    ['-2+4x3', [-2, 2, 6, 10]],
    [' 1-2x4', [1, -1, -3, -5, -7]],
    ['5x2', [5, 5, 5]],
    ['-1x1', [-1, -1]],
    ['1x0', [1]],
    ['1+1x0', [1]],
    ['0x2', [0, 0, 0]],
    ['_', ['missing']],
    ['_x3', ['missing', 'missing', 'missing']],
    ['1 stale 2', [1, 'stale', 2]],
    ['.5 1e3 +2 1e2x1', [0.5, 1000, 2, 100, 100]],
    ['1.5+0.5x2', [1.5, 2, 2.5]],
    ['inf -Inf NaN', [Infinity, -Infinity, NaN]],
    ['', []],
    ['1\n  2', [1, 2]],
  ])('%s', (text, values) => expect(expandValues(text)).toEqual(values));

  test.each([
    '1x',
    '1+1',
    'abc',
    '_x',
    '1 + 2x3',
    '1+-2x3',
    '1--2x2',
    'stalex3',
    '5x-1',
    '1+0X3',
    '1_000',
    '1,2',
  ])('refuses %s', (text) => expect(() => expandValues(text)).toThrow(NotationProblem));

  test('refuses what would never end', () => {
    expect(() => expandValues('1x99999999')).toThrow('more than 100000 values');
  });

  test('a+bxn is n + 1 values, each b after the one before', () => {
    const whole = fc.integer({ min: -1000, max: 1000 });
    fc.assert(
      fc.property(whole, whole, fc.nat(50), (a, b, n) => {
        const sign = b < 0 ? '-' : '+';
        const values = expandValues(`${a}${sign}${Math.abs(b)}x${n}`);
        expect(values).toEqual(Array.from({ length: n + 1 }, (_, index) => a + index * b));
      }),
    );
  });
});

describe('series', () => {
  test.each([
    ['temperature{deviceId="d1"}', 'temperature', { deviceId: 'd1' }],
    [`t{ deviceId = 'a,b}' , site="n\\"1", }`, 't', { deviceId: 'a,b}', site: 'n"1' }],
    ['{__name__="t", deviceId="d"}', 't', { deviceId: 'd' }],
    ['up', 'up', {}],
  ])('%s', (text, metric, labels) => expect(parseSeries(text)).toEqual({ metric, labels }));

  test.each(['', '{deviceId="d"}', 't{deviceId=d}', 't{a="1" b="2"}', 't{a="1", a="2"}', 't{'])(
    'refuses %s',
    (text) => expect(() => parseSeries(text)).toThrow(NotationProblem),
  );
});
