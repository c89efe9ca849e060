import { EventMapper } from '../../simulators/event-mapper.js';
import { completeMapping, type PartialMapping } from '../../simulators/mapping.js';

const TIME = Date.UTC(2013, 0, 1, 6);
const map = (event: unknown, mapping: PartialMapping = {}) =>
  new EventMapper(completeMapping({ deviceColumn: 'id', timeColumn: 'at' }, mapping)).map(
    typeof event === 'string' ? event : JSON.stringify(event),
  );

describe('mapping JSON events', () => {
  test('device and time are taken out, everything else stays, nested values too', () => {
    const values = { temp: -1.5, note: 'calm', more: { a: [1, null] }, on: true };
    expect(map({ id: 'JFK', at: '2013-01-01T06:00:00Z', ...values })).toMatchObject({
      ...{ deviceId: 'JFK', time: TIME, values, omitted: 0 },
    });
  });

  test.each([
    [TIME, TIME],
    [TIME / 1000, TIME],
    [TIME / 1000 + 0.25, TIME + 250],
    [TIME + 0.25, TIME],
    ['2013-01-01 06:00', TIME],
    [String(TIME), TIME],
  ])('time %j', (at, time) => expect(map({ id: 7, at })).toMatchObject({ deviceId: '7', time }));

  test('fields are renamed, converted, left out and added as columns are', () => {
    const event = { id: 'a', at: TIME, temp: 50, x: 1, none: null, na: 'NA', text: 't' };
    expect(
      map(event, {
        columns: { temp: { as: 'temperature', scale: 0.5, offset: -10 } },
        omit: ['x'],
        numbersOnly: true,
        set: { deviceType: 'w' },
      }),
    ).toMatchObject({ values: { temperature: 15, deviceType: 'w' }, omitted: 3 });
  });

  test('names of the language are just names', () => {
    const line = `{"id":"a","at":${TIME},"__proto__":{"x":1},"constructor":2}`;
    const row = map(line);
    expect(JSON.stringify((row as { values: object }).values)).toBe('{"__proto__":{"x":1},"constructor":2}');
  });

  test.each([
    ['{', 'not JSON'],
    ['[1]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    [{ at: TIME }, 'its id'],
    [{ id: 'a/b', at: TIME }, 'its id, "a/b"'],
    [{ id: 'a' }, 'its at'],
    [{ id: 'a', at: 'yesterday' }, 'its at, "yesterday"'],
    [{ id: 'a', at: 5 }, 'its at, 5'],
  ])('%j says why it is none', (event, reason) => expect(map(event)).toContain(reason));
});
