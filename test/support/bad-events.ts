/** Everything that devices send and should not, with the reason and the place that the quarantine must name. */

export interface BadEvent {
  readonly name: string;
  readonly payload: string | Buffer;
  readonly code: string;
  readonly pointer: string | null;
  readonly keyword?: string;
}

const sound = () => ({ ts: Date.now(), temperature: 21.5, humidity: 40, battery: 3.7 });
const with_ = (members: Record<string, unknown>) => JSON.stringify({ ...sound(), ...members });
const schema = (name: string, payload: string, pointer: string, keyword: string): BadEvent => ({
  name,
  payload,
  code: 'SCHEMA',
  pointer,
  keyword,
});
const time = (name: string, ts: unknown, code = 'TIMESTAMP_RANGE'): BadEvent => ({
  name,
  payload: with_({ ts }),
  code,
  pointer: '/ts',
});
/** An event with a member nested `levels` deep. */
export const nested = (levels: number) =>
  `${with_({}).slice(0, -1)},"x":${'['.repeat(levels)}${']'.repeat(levels)}}`;

export function badEvents(): BadEvent[] {
  return [
    { name: 'broken JSON', payload: '{"ts":1,"temperature":', code: 'JSON_SYNTAX', pointer: null },
    { name: 'text', payload: 'hello', code: 'JSON_SYNTAX', pointer: null },
    { name: 'NaN literal', payload: '{"ts":1,"temperature":NaN}', code: 'JSON_SYNTAX', pointer: null },
    { name: 'an array', payload: `[${with_({})}]`, code: 'NOT_AN_OBJECT', pointer: '' },
    { name: 'a number', payload: '85', code: 'NOT_AN_OBJECT', pointer: '' },
    { name: 'null', payload: 'null', code: 'NOT_AN_OBJECT', pointer: '' },
    {
      name: 'invalid UTF-8',
      payload: Buffer.concat([Buffer.from('{"ts":1,"note":"'), Buffer.of(0xff, 0xc0), Buffer.from('"}')]),
      code: 'NOT_UTF8',
      pointer: null,
    },
    { name: '100,000 levels', payload: nested(100_000), code: 'TOO_DEEP', pointer: null },
    schema('a word for a number', with_({ temperature: 'hot' }), '/temperature', 'type'),
    schema('the word NaN', with_({ humidity: 'NaN' }), '/humidity', 'type'),
    schema('null for a number', with_({ battery: null }), '/battery', 'type'),
    schema('infinity', with_({}).replace('21.5', '1e999'), '/temperature', 'type'),
    schema('a missing metric', with_({ battery: undefined }), '', 'required'),
    schema('an empty object', '{}', '', 'required'),
    schema('a negative seq', with_({ seq: -1 }), '/seq', 'minimum'),
    schema('an object for a metric', with_({ extra: { a: 1 } }), '/extra', 'type'),
    { ...schema('ts of a wrong type', with_({ ts: true }), '/ts', 'type') },
    time('seconds', Math.floor(Date.now() / 1000)),
    time('year 9999', '9999-12-31T23:59:59Z'),
    time('far future', 8.64e15),
    time('negative', -1),
    time('zero', 0),
    time('huge', 1e300),
    time('no RFC 3339', '21/11/2026 10:00', 'TIMESTAMP_INVALID'),
    time('no offset', '2024-05-01T10:00:00', 'TIMESTAMP_INVALID'),
    time('no such day', '2024-02-30T10:00:00Z', 'TIMESTAMP_INVALID'),
    {
      name: 'unknown device type',
      payload: with_({ deviceType: 'toaster' }),
      code: 'DEVICE_TYPE_UNKNOWN',
      pointer: '/deviceType',
    },
    {
      name: 'prototype as device type',
      payload: with_({ deviceType: '__proto__' }),
      code: 'DEVICE_TYPE_UNKNOWN',
      pointer: '/deviceType',
    },
    {
      name: "another device's id",
      payload: with_({ deviceId: 'somebody-else' }),
      code: 'DEVICE_ID_MISMATCH',
      pointer: '/deviceId',
    },
  ];
}
