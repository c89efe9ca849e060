import fc from 'fast-check';
import { shiftPayload } from '../../../simulators/capture/shift.js';

const shifted = (text: string, shift: number, field = 'ts') =>
  shiftPayload(Buffer.from(text), field, shift)?.toString();

describe('the time in a payload', () => {
  test.each([
    ['ms', '{"ts":1700000000000}', '{"ts":1700000001500}'],
    ['ms with a fraction', '{"ts":1700000000000.25}', '{"ts":1700000001500.25}'],
    ['seconds', '{"ts":1700000000.125}', '{"ts":1700000001.625}'],
    ['whole seconds', '{"ts":1700000000}', '{"ts":1700000002}'],
    ['UTC', '{"ts":"2023-11-14T22:13:20Z"}', '{"ts":"2023-11-14T22:13:21Z"}'],
    ['an offset', '{"ts":"2023-12-31T23:59:59.900+05:30"}', '{"ts":"2024-01-01T00:00:01.400+05:30"}'],
    ['microseconds', '{"ts":"2023-11-14T22:13:20.123456Z"}', '{"ts":"2023-11-14T22:13:21.623456Z"}'],
  ])('%s', (_, text, expected) => expect(shifted(text, 1500)).toBe(expected));

  test('nothing else changes: spaces, numbers, nested fields of the same name, escapes', () => {
    const text =
      '{ "a" : {"ts":1,"b":[{"ts":2},"\\"ts\\":3,"]} , "\\u0074s"\t:\n1700000000000 ,"x":1.00,"é":"\u2028"}';
    expect(shifted(text, 1)).toBe(text.replace('1700000000000', '1700000000001'));
  });

  test('of two fields of the name the last one counts, as JSON.parse takes it', () => {
    expect(shifted('{"ts":1700000000000,"ts":1700000000005}', 1)).toBe(
      '{"ts":1700000000000,"ts":1700000000006}',
    );
    expect(shifted('{"ts":1700000000000,"ts":null}', 1)).toBeUndefined();
  });

  test('another field', () =>
    expect(shifted('{"time":1700000000000,"ts":7}', 1, 'time')).toBe('{"time":1700000000001,"ts":7}'));

  test.each([
    '',
    'x',
    '5',
    'null',
    '[{"ts":1700000000000}]',
    '{"a":{"ts":1700000000000}}',
    '{"ts":"yesterday"}',
    '{"ts":-5}',
    '{"ts":true}',
    '{"ts":1700000000000',
  ])('none to move: %j', (text) => expect(shifted(text, 1)).toBeUndefined());

  test('what is no UTF-8 has none', () => {
    expect(shiftPayload(Buffer.from('{"ts":1700000000000,"x":"\xff"}', 'latin1'), 'ts', 1)).toBeUndefined();
  });

  test('moved there and back, any object is itself again, and in between only the time differs', () => {
    const object = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    fc.assert(
      fc.property(
        object,
        fc.integer({ min: 1e12, max: 4e12 }),
        fc.integer({ min: -1e11, max: 1e11 }),
        (rest, ts, by) => {
          const { ts: _, ...others } = rest;
          const text = JSON.stringify({ ...others, ts, more: 1 });
          const moved = shifted(text, by)!;
          expect(JSON.parse(moved)).toEqual(JSON.parse(JSON.stringify({ ...others, ts: ts + by, more: 1 })));
          expect(shifted(moved, -by)).toBe(text);
        },
      ),
    );
  });
});
