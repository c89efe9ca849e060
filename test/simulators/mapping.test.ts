import {
  completeMapping,
  type PartialMapping,
  parseMapping,
  parseTime,
  RowMapper,
} from '../../simulators/mapping.js';

const HEADER = ['station', 'at', 'temp', 'note'];
const BASE: PartialMapping = { deviceColumn: 'station', timeColumn: 'at' };
const TIME = '2013-01-01T06:00:00Z';

function map(cells: readonly string[], mapping: PartialMapping = {}) {
  return new RowMapper(HEADER, completeMapping(BASE, mapping)).map(cells);
}

describe('mapping rows', () => {
  test('device and time are taken out, numbers become numbers, the rest stays text', () => {
    expect(map(['JFK', TIME, '-1.5e1', 'calm'])).toEqual({
      deviceId: 'JFK',
      time: Date.UTC(2013, 0, 1, 6),
      values: { temp: -15, note: 'calm' },
      omitted: 0,
    });
  });

  test('columns are renamed and converted', () => {
    const row = map(['JFK', TIME, '50', 'x'], {
      columns: { temp: { as: 'temperature', scale: 0.5, offset: -10 } },
    });
    expect(row).toMatchObject({ values: { temperature: 15, note: 'x' } });
  });

  test('missing readings are left out, not sent as null or zero', () => {
    expect(map(['JFK', TIME, 'NA', ''])).toMatchObject({ values: {}, omitted: 2 });
    expect(map(['JFK', TIME, '-999', 'NA'], { missing: ['-999'] })).toMatchObject({
      values: { note: 'NA' },
      omitted: 1,
    });
  });

  test('numbersOnly leaves text out; omit leaves columns out; set adds', () => {
    expect(map(['JFK', TIME, '1', 'calm'], { numbersOnly: true })).toMatchObject({ values: { temp: 1 } });
    expect(map(['JFK', TIME, '1', 'calm'], { omit: ['temp'], set: { deviceType: 'weather' } })).toMatchObject(
      {
        values: { note: 'calm', deviceType: 'weather' },
      },
    );
  });

  test('things that only look like numbers are text', () => {
    for (const cell of ['0x10', 'Infinity', 'NaN', ' 1', '1,5', '.']) {
      expect(map(['JFK', TIME, '1', cell])).toMatchObject({ values: { note: cell } });
    }
  });

  test('a bad row says why', () => {
    expect(map(['JFK', TIME, '1'])).toBe('3 cells instead of 4');
    expect(map(['', TIME, '1', ''])).toContain('cannot be a device id');
    expect(map(['a/b', TIME, '1', ''])).toContain('cannot be a device id');
    expect(map(['JFK', 'yesterday', '1', ''])).toBe('"yesterday" is not a time');
  });

  test('a column that is not there is named, with those that are', () => {
    const mapping = completeMapping({ ...BASE, omit: ['year'] }, { timeColumn: 'when' });
    expect(() => new RowMapper(HEADER, mapping)).toThrow(
      expect.objectContaining({
        code: 'REPLAY_COLUMN',
        message: expect.stringContaining('"when", "year"'),
        hint: expect.stringContaining('station, at, temp, note'),
      }),
    );
  });
});

describe('times', () => {
  test.each([
    ['2013-01-01T06:00:00Z', Date.UTC(2013, 0, 1, 6)],
    ['2013-01-01T06:00:00.5+02:00', Date.UTC(2013, 0, 1, 4, 0, 0, 500)],
    ['2013-01-01 06:00', Date.UTC(2013, 0, 1, 6)],
    ['2013-01-01', Date.UTC(2013, 0, 1)],
    ['1357020000', 1_357_020_000_000],
    ['1357020000.25', 1_357_020_000_250],
    ['1357020000000', 1_357_020_000_000],
  ])('%s', (text, time) => expect(parseTime(text)).toBe(time));

  test.each(['', '12', '2013-13-01', '01/02/2013', '2013-01-01T25:00:00Z', 'NA'])('%j is none', (text) =>
    expect(parseTime(text)).toBeUndefined(),
  );
});

describe('mapping files', () => {
  test('all mistakes are told at once, with their places', () => {
    const text = 'deviceColumn: 1\ncolumn: {}\ncolumns: { temp: { factor: 2, scale: x } }\nset: { a: [1] }\n';
    expect(() => parseMapping(text, 'm.yml')).toThrow(
      expect.objectContaining({
        code: 'REPLAY_MAPPING',
        message: expect.stringMatching(
          /m\.yml.*column: unknown.*deviceColumn.*set.*columns\.temp\.factor.*columns\.temp\.scale/,
        ),
      }),
    );
  });

  test('what is not YAML, or no mapping, names the file', () => {
    for (const text of ['a: [', '- a', '']) {
      expect(() => parseMapping(text, 'm.yml')).toThrow(/^m\.yml/);
    }
  });

  test('flags win over the file; what they set is added', () => {
    const file = parseMapping('deviceColumn: a\ntimeColumn: b\nset: { x: 1, y: 1 }\n', 'm.yml');
    const mapping = completeMapping(file, { deviceColumn: 'c', timeColumn: undefined, set: { y: 2 } });
    expect(mapping).toMatchObject({ deviceColumn: 'c', timeColumn: 'b', set: { x: 1, y: 2 } });
  });

  test('without device and time there is nothing to replay', () => {
    expect(() => completeMapping({ deviceColumn: 'a' })).toThrow(
      expect.objectContaining({ code: 'REPLAY_MAPPING' }),
    );
  });
});
