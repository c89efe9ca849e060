import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { type DecodedEvent, EventDecoder, type Refusal } from '../../schemas/decode.js';
import { loadSchemas } from '../../schemas/registry.js';

const registry = loadSchemas(fileURLToPath(new URL('../../schemas', import.meta.url)));
const ARRIVAL = Date.UTC(2024, 5, 1);
const OLDEST = Date.UTC(2000, 0, 1);
const settings = {
  deviceTypes: { default: 'environment', byDevice: { 'station-*': 'weather' } },
  events: { maxFutureMs: 60_000, oldest: OLDEST },
};
const decoder = new EventDecoder(registry, settings);
const good = { ts: ARRIVAL - 5, temperature: 20.5, humidity: 40, battery: 3.7 };

function decode(payload: unknown, key = 'dev-1'): DecodedEvent | Refusal {
  const value =
    payload instanceof Uint8Array
      ? Buffer.from(payload)
      : Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload));
  // Bytes around the value: the decoder must keep to its range.
  const bytes = Buffer.concat([Buffer.from('{"'), value, Buffer.from('}')]);
  return decoder.decodeBytes(bytes, 2, 2 + value.length, key, ARRIVAL);
}

function text(json: string): string {
  return `{"ts":${ARRIVAL},"temperature":1,"humidity":2,"battery":3,${json}}`;
}

describe('accepted events', () => {
  test('carry type, time, sequence number and body', () => {
    expect(decode({ ...good, seq: 7, deviceId: 'dev-1', co2: 417, door: true, fw: '1.2' })).toMatchObject({
      ok: true,
      deviceType: 'environment',
      eventTime: ARRIVAL - 5,
      timeFrom: 'event',
      seq: 7,
      body: { co2: 417, door: true, fw: '1.2' },
    });
  });

  test.each<[unknown, number]>([
    ['2024-05-31T23:59:59.500Z', ARRIVAL - 500],
    ['2024-06-01T02:00:00+02:00', ARRIVAL],
    ['2024-05-31t18:29:59.9999-05:30', ARRIVAL - 1],
    ['2016-12-31T23:59:60Z', Date.UTC(2017, 0, 1)],
    ['2017-01-01T00:59:60+01:00', Date.UTC(2017, 0, 1)],
    [ARRIVAL - 0.25, ARRIVAL - 1],
    [ARRIVAL + 60_000, ARRIVAL + 60_000],
    [OLDEST, OLDEST],
  ])('take ts %j for %d', (ts, eventTime) => {
    expect(decode({ ...good, ts })).toMatchObject({ ok: true, eventTime });
  });

  test('of a device that a pattern names are checked as its type', () => {
    expect(decode({ ts: ARRIVAL, temp: 39.02, wind_gust: null }, 'station-EWR')).toMatchObject({
      ok: true,
      deviceType: 'weather',
    });
    expect(decode({ ts: ARRIVAL, temp: 39.02, deviceType: 'weather' })).toMatchObject({ ok: true });
  });

  test('may hold a replacement character, brackets in strings and keys of Object.prototype', () => {
    expect(decode({ ...good, note: '\uFFFD [[{{' })).toMatchObject({ ok: true });
    expect(decode(text('"constructor":1,"toString":2'))).toMatchObject({ ok: true });
    const event = decode(text('"__proto__":5'));
    expect(event.ok && Object.hasOwn(event.body, '__proto__')).toBe(true);
    expect(event.ok && Object.getPrototypeOf(event.body)).toBe(Object.prototype);
  });
});

describe('refusals', () => {
  const huge = 'x'.repeat(1_000_000);
  test.each<[string, unknown, string, string | null, string | null]>([
    ['nothing', '', 'EMPTY', null, null],
    ['blanks', '  ', 'JSON_SYNTAX', null, null],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'NOT_UTF8', null, null],
    ['an overlong encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 'NOT_UTF8', null, null],
    ['a byte order mark', '\uFEFF{}', 'JSON_SYNTAX', null, null],
    ['half an object', '{"ts":1', 'JSON_SYNTAX', null, null],
    ['a megabyte that never ends', `{"a":"${huge}`, 'JSON_SYNTAX', null, null],
    ['NaN', text('"x":NaN'), 'JSON_SYNTAX', null, null],
    ['Infinity', text('"x":Infinity'), 'JSON_SYNTAX', null, null],
    ['an array', '[{"ts":1}]', 'NOT_AN_OBJECT', null, ''],
    ['null', 'null', 'NOT_AN_OBJECT', null, ''],
    ['a string', '"NaN"', 'NOT_AN_OBJECT', null, ''],
    ['100,000 arrays', '['.repeat(100_000) + ']'.repeat(100_000), 'NOT_AN_OBJECT', null, ''],
    ['100,000 arrays, open', '['.repeat(100_000), 'JSON_SYNTAX', null, null],
    ['100,000 objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`, 'TOO_DEEP', null, null],
    ['a nested metric', { ...good, gps: { lat: 1 } }, 'SCHEMA', 'type', '/gps'],
    ['an unknown type', { ...good, deviceType: 'submarine' }, 'DEVICE_TYPE_UNKNOWN', null, '/deviceType'],
    ['a type of Object', { ...good, deviceType: '__proto__' }, 'DEVICE_TYPE_UNKNOWN', null, '/deviceType'],
    ['a type that is no string', { ...good, deviceType: 3 }, 'SCHEMA', 'type', '/deviceType'],
    ['a missing field', { ts: ARRIVAL, temperature: 1, humidity: 1 }, 'SCHEMA', 'required', ''],
    ['no ts', { temperature: 1, humidity: 1, battery: 1 }, 'SCHEMA', 'required', ''],
    ['a number as a string', { ...good, temperature: '20.5' }, 'SCHEMA', 'type', '/temperature'],
    ['a null', { ...good, battery: null }, 'SCHEMA', 'type', '/battery'],
    ['more than doubles hold', text('"x":1e999'), 'SCHEMA', 'type', '/x'],
    ['less than doubles hold', text('"x":-1e999'), 'SCHEMA', 'type', '/x'],
    ['a negative seq', { ...good, seq: -1 }, 'SCHEMA', 'minimum', '/seq'],
    ['a seq that is no integer', { ...good, seq: 1.5 }, 'SCHEMA', 'type', '/seq'],
    ['a seq beyond exact integers', text('"seq":9007199254740993'), 'SCHEMA', 'maximum', '/seq'],
    ['a long string', { ...good, note: 'x'.repeat(1025) }, 'SCHEMA', 'maxLength', '/note'],
    [
      'too many metrics',
      { ...good, ...Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`m${i}`, i])) },
      'SCHEMA',
      'maxProperties',
      '',
    ],
    ["another device's id", { ...good, deviceId: 'dev-2' }, 'DEVICE_ID_MISMATCH', null, '/deviceId'],
    ['a local time', { ...good, ts: '2024-05-31T23:59:59' }, 'TIMESTAMP_INVALID', null, '/ts'],
    ['a date', { ...good, ts: '2024-05-31' }, 'TIMESTAMP_INVALID', null, '/ts'],
    ['February 30', { ...good, ts: '2024-02-30T00:00:00Z' }, 'TIMESTAMP_INVALID', null, '/ts'],
    ['February 29, 2023', { ...good, ts: '2023-02-29T00:00:00Z' }, 'TIMESTAMP_INVALID', null, '/ts'],
    ['hour 24', { ...good, ts: '2024-02-03T24:00:00Z' }, 'TIMESTAMP_INVALID', null, '/ts'],
    ['a leap second at noon', { ...good, ts: '2016-12-31T12:00:60Z' }, 'TIMESTAMP_INVALID', null, '/ts'],
    ['epoch ms in a string', { ...good, ts: String(ARRIVAL) }, 'TIMESTAMP_INVALID', null, '/ts'],
    ['seconds', { ...good, ts: ARRIVAL / 1000 }, 'TIMESTAMP_RANGE', null, '/ts'],
    ['a negative ts', { ...good, ts: -1 }, 'TIMESTAMP_RANGE', null, '/ts'],
    ['microseconds', { ...good, ts: ARRIVAL * 1000 }, 'TIMESTAMP_RANGE', null, '/ts'],
    ['the far future', { ...good, ts: ARRIVAL + 60_001 }, 'TIMESTAMP_RANGE', null, '/ts'],
    ['year 0', { ...good, ts: '0000-01-01T00:00:00Z' }, 'TIMESTAMP_RANGE', null, '/ts'],
  ])('%s', (_, payload, code, keyword, pointer) => {
    const refusal = decode(payload);
    expect(refusal).toMatchObject({ ok: false, code, keyword, pointer });
    if (!refusal.ok) expect(refusal.reason.length).toBeLessThan(320);
  });

  test('tell seconds and the place of a syntax error', () => {
    expect(decode({ ...good, ts: ARRIVAL / 1000 })).toMatchObject({
      reason: expect.stringContaining('looks like seconds, not milliseconds'),
    });
    expect(decode('{"ts":1,}')).toMatchObject({ reason: expect.stringContaining('character 8') });
  });
});

test('no bytes whatever throw, and each gets a verdict', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.json().map((json) => Buffer.from(json)),
  );
  fc.assert(
    fc.property(bytes, (payload) => {
      expect(typeof decode(payload).ok).toBe('boolean');
    }),
    { numRuns: 300 },
  );
});

test('settings that name a type without a schema are refused at start', () => {
  const broken = { ...settings, deviceTypes: { default: 'environment', byDevice: { 'x*': 'nosuch' } } };
  expect(() => new EventDecoder(registry, broken)).toThrow(
    expect.objectContaining({ code: 'DEVICE_TYPE_UNKNOWN', message: expect.stringContaining('nosuch') }),
  );
});
