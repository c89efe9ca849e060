import { compile } from '../../../../functions/alert/language/compile.js';
import { emptyContext } from '../../../../functions/alert/language/context.js';
import { geofence } from '../../../../functions/alert/language/geofence.js';
import { Asked } from './support.js';

const environmentDevice = { id: 'dev-1', type: 'environment', tags: { site: 'north' } };
const holds = (source: string, event: Readonly<Record<string, unknown>>) =>
  compile(source, emptyContext()).holds({
    event,
    device: environmentDevice,
    at: 0,
    memory: null,
    firing: () => false,
  });
const problemOf = (source: string): string => {
  try {
    compile(source, emptyContext({ known: { tags: ['site'] } }));
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe('conditions on events', () => {
  test('whole and broken numbers compare with both kinds of literals', () => {
    expect(holds('event.temperature > 80', { temperature: 85 })).toBe(true);
    expect(holds('event.temperature > 80', { temperature: 80.5 })).toBe(true);
    expect(holds('event.temperature > 80.0', { temperature: 80 })).toBe(false);
    expect(holds('(event.temp - 32) * 5 / 9 > 30', { temp: 95 })).toBe(true);
    expect(holds('event.n % 2 == 0', { n: 4 })).toBe(true);
  });

  test('an absent metric leaves the rule unevaluated, unless it does not matter', () => {
    expect(holds('event.wind > 40', { temp: 1 })).toBeNull();
    expect(holds('event.wind > 40', { wind: null })).toBeNull();
    expect(holds('event.wind > 40 || event.temp > 0', { temp: 1 })).toBe(true);
    expect(holds('event.wind > 40 || event.temp > 5', { temp: 1 })).toBeNull();
    expect(holds('has(event.wind) && event.wind > 40', { temp: 1 })).toBe(false);
    expect(holds('event.constructor == 1', {})).toBeNull();
  });

  test('metrics may have names that every JavaScript object has', () => {
    const event = JSON.parse('{"temperature":85,"constructor":-0,"__proto__":5}') as Record<string, unknown>;
    expect(holds('event.temperature > 80', event)).toBe(true);
    expect(holds('event.constructor > 0', event)).toBe(false);
    expect(holds('event["__proto__"] > 4', event)).toBe(true);
    expect(holds('has(event.humidity) || event.temperature > 80', event)).toBe(true);
  });

  test('a string compared with a number throws', () => {
    expect(() => holds('event.temperature > 80', { temperature: 'hot' })).toThrow();
  });

  test('tags of the device; one that it has not leaves the rule unevaluated', () => {
    expect(holds('device.tags.site == "north"', {})).toBe(true);
    expect(holds('device.tags.kind == "north"', {})).toBeNull();
    expect(holds('"site" in device.tags', {})).toBe(true);
  });
});

describe('what is compared', () => {
  const compared = (source: string) => compile(source, emptyContext());

  test('is the first that is named', () => {
    expect(compared('device.type == "a" && event["x"] > event.y').metric).toBe('x');
    expect(compared('device.type == "a"').metric).toBeNull();
  });

  test('is told with its value, be it that of a window', () => {
    const asked = new Asked(`window('10s').t.max > 5 && event.x > 1`);
    asked.send(1, { t: 7, x: 2 });
    expect(asked.expression.value(asked.scope(1, { t: 1, x: 2 }))).toBe(7);
    expect(new Asked('event.x > 1').expression.value(asked.scope(1, { x: 'a' }))).toBe('a');
    expect(new Asked('event.x > 1').expression.value(asked.scope(1, { x: [1] }))).toBeNull();
    expect(new Asked(`absent('1m')`).expression.value(asked.scope(1))).toBeNull();
  });
});

describe('device types', () => {
  test.each<[string, readonly string[] | null]>([
    ['device.type == "a" && event.x > 1', ['a']],
    ['"a" == device.type && event.x > 1', ['a']],
    ['event.x > 1 && (event.y > 1 && device.type in ["a", "b"])', ['a', 'b']],
    ['(device.type == "a" || device.type == "b") && event.x > 1', ['a', 'b']],
    ['device.type == "a" || event.x > 1', null],
    ['device.type != "a"', null],
    ['!(device.type == "a")', null],
    ['device.type == event.x', null],
    ['device.type == "a" && device.type in ["a", "b"]', ['a']],
    ['event.x > 1', null],
  ])('%s', (source, expected) => {
    const { deviceTypes, holds } = compile(source, emptyContext());
    expect(deviceTypes).toEqual(expected);
    if (expected === null) return;
    for (const event of [{}, { x: 2 }, { x: 2, y: 2 }]) {
      const other = { id: 'dev-1', type: 'other', tags: {} };
      expect(holds({ event, device: other, at: 0, memory: null, firing: () => true })).not.toBe(true);
    }
  });
});

describe('functions', () => {
  test('a window of the last ten seconds, which empties', () => {
    const asked = new Asked(`window('10s').t.mean > 30`);
    expect(asked.ask(0)).toBeNull();
    expect(asked.send(0, { t: 20 })).toBe(false);
    expect(asked.send(5, { t: 50 })).toBe(true);
    expect(asked.nextChange(5)).toBe(15);
    expect(asked.ask(10)).toBe(true);
    expect(asked.ask(15)).toBeNull();
    expect(asked.nextChange(15)).toBe(Number.POSITIVE_INFINITY);
  });

  test('how many events satisfied a condition; those that it cannot be asked of did not', () => {
    const asked = new Asked(`matches((event.t > 80) && device.type == "reefer", '1m') >= 2`);
    expect(asked.send(0, { t: 81 })).toBe(false);
    expect(asked.send(1, { t: 'hot' })).toBe(false);
    expect(asked.send(2, { x: 1 })).toBe(false);
    expect(asked.send(3, { t: 90 })).toBe(true);
    expect(asked.send(59)).toBe(true);
    expect(asked.send(60)).toBe(false);
  });

  test('the difference to the same time before', () => {
    const asked = new Asked(`event.t - before('t', '1h') > 5`);
    expect(asked.send(0, { t: 1 })).toBeNull();
    for (let at = 60; at < 3600; at += 60) asked.send(at, { t: 1 });
    expect(asked.send(3600, { t: 7 })).toBe(true);
    expect(asked.send(3660, { t: 5 })).toBe(false);
  });

  test('a device that is silent', () => {
    const asked = new Asked(`absent('15m')`);
    expect(asked.ask(0)).toBeNull();
    expect(asked.send(10)).toBe(false);
    expect(asked.nextChange(10)).toBe(910);
    expect(asked.ask(909)).toBe(false);
    expect(asked.ask(910)).toBe(true);
    expect(asked.nextChange(910)).toBe(Number.POSITIVE_INFINITY);
    expect(asked.send(5)).toBe(false);
    expect(asked.nextChange(10)).toBe(910);
  });

  test('a metric that does not come, from the first event of the device on', () => {
    const asked = new Asked(`absent('t', '15m')`);
    expect(asked.send(0, { x: 1 })).toBe(false);
    expect(asked.send(900, { t: null })).toBe(true);
    expect(asked.send(901, { t: 1 })).toBe(false);
    expect(asked.send(1801, { x: 1 })).toBe(true);
  });

  test('a sensor that is stuck says the same at least three times', () => {
    const asked = new Asked(`stuck('t', '10s')`);
    expect(asked.send(0, { t: 1 })).toBe(false);
    expect(asked.send(60, { t: 1 })).toBe(false);
    expect(asked.send(61, { t: 1 })).toBe(true);
    expect(asked.send(62, { x: 1 })).toBe(true);
    expect(asked.send(3, { t: 5 })).toBe(true);
    expect(asked.send(63, { t: 2 })).toBe(false);
  });

  test('one thing after the other, within ten minutes of the first', () => {
    const asked = new Asked(`sequence(event.door == "open", event.t > 8, '10m')`);
    expect(asked.send(0, { door: 'closed', t: 9 })).toBe(false);
    expect(asked.send(10, { door: 'open', t: 5 })).toBe(false);
    expect(asked.send(20, { door: 'closed', t: 9 })).toBe(true);
    expect(asked.nextChange(20)).toBe(610);
    expect(asked.ask(609)).toBe(true);
    expect(asked.ask(610)).toBe(false);
    expect(asked.send(1000, { door: 'open', t: 9 })).toBe(true);
  });

  test('a sequence of which the first thing comes late', () => {
    const asked = new Asked(`sequence(event.a == 1, event.b == 1, '10m')`);
    expect(asked.send(50, { b: 1 })).toBe(false);
    expect(asked.send(60, { a: 1 })).toBe(false);
    expect(asked.send(40, { a: 1 })).toBe(true);
  });

  test('inside and outside of an area, at the position that is named', () => {
    const geofences = new Map([
      [
        'depot',
        geofence('depot', [
          [0, 0],
          [2, 0],
          [2, 2],
          [0, 2],
        ]),
      ],
    ]);
    const asked = new Asked(`!inside('depot', event.pos_x, event.pos_y / 10)`, { geofences });
    expect(asked.expression.metrics).toEqual(['pos_x', 'pos_y']);
    expect(asked.ask(0, { pos_x: 1, pos_y: 10 })).toBe(false);
    expect(asked.ask(0, { pos_x: 1, pos_y: 100 })).toBe(true);
    expect(asked.ask(0, { pos_x: 1 })).toBeNull();
  });

  test('the latest value of a metric that this event lacks', () => {
    const asked = new Asked(`event.t > 8 && device.latest.door == "closed"`);
    expect(asked.send(0, { t: 9 })).toBeNull();
    expect(asked.send(1, { door: 'closed' })).toBeNull();
    expect(asked.send(2, { t: 9 })).toBe(true);
    expect(asked.send(0, { door: 'open', t: 9 })).toBe(true);
  });

  test('another rule that fires', () => {
    const asked = new Asked(`event.t > 8 && !firing('DoorOpen')`);
    expect(asked.expression.firing).toEqual(['DoorOpen']);
    expect(asked.ask(0, { t: 9 })).toBe(true);
    asked.firing = ['DoorOpen'];
    expect(asked.ask(0, { t: 9 })).toBe(false);
  });

  test('how strange a reading is, once enough is known', () => {
    const asked = new Asked(`anomaly('t', {"detector": "ewma"}) >= 0.0`);
    expect(asked.expression.metrics).toEqual(['t']);
    expect(asked.send(0, { t: 20 })).toBeNull();
    for (let at = 1; at < 500; at++) asked.send(at, { t: 20 + Math.sin(at) });
    asked.restart();
    expect(asked.send(500, { t: 90 })).toBe(true);
    expect(asked.expression.value(asked.scope(500))).toBeGreaterThan(0);
    expect(problemOf(`anomaly('t', {"detektor": "ewma"}) > 0.9`)).toContain('did you mean "detector"');
    expect(problemOf(`anomaly('t', "ewma") > 0.9`)).toContain('anomaly takes a metric');
  });

  test('what is not known leaves the rule unevaluated, unless it does not matter', () => {
    expect(new Asked(`window('10s').t.mean > 30 || event.x > 1`).send(0, { x: 2 })).toBe(true);
    expect(new Asked(`event.x > 1 && window('10s').t.mean > 30`).send(0, { x: 1 })).toBe(false);
    expect(new Asked(`event.x > 1 && window('10s').t.mean > 30`).send(0, { x: 2 })).toBeNull();
    expect(new Asked(`window('10s').t.count == 0`).send(0, { x: 2 })).toBe(true);
  });

  test('equal ones are one state', () => {
    const features = new Map();
    const context = emptyContext({ features });
    compile(`window('10s').t.mean > 30 && window('10s').t.p99 < 90`, context);
    compile(`window("10000ms").t.count > 3 && absent('10s')`, context);
    expect([...features.keys()]).toEqual(['window:10000:t', 'absent:10000']);
  });

  test('memory that is stored and read again goes on', () => {
    const asked = new Asked(`window('10s').t.count >= 2 && stuck('t', '1s')`);
    asked.send(0, { t: 1 });
    asked.restart();
    asked.send(1, { t: 1 });
    asked.restart();
    expect(asked.send(2, { t: 1 })).toBe(true);
  });
});

describe('refused with the reason', () => {
  test.each([
    ['event.temperature >', 'Unexpected token: EOF'],
    ['event.temperature + 1', 'gives a number, not a condition'],
    [
      'nothing > 2',
      'Unknown variable: nothing; known are event and device: a metric is written event.temperature',
    ],
    [`windw('10s').t.mean > 1`, 'there is no function windw; did you mean "window"?'],
    [`window('10s').t.meann > 1`, 'window has no figure "meann"; did you mean "mean"?'],
    [`window('10s').t > 1`, 'the figure of t is missing'],
    [`window('10s') > 1`, 'a window is used as in'],
    [`window(event.x).t.mean > 1`, 'a window is used as in'],
    [`window('10 s').t.mean > 1`, '"10 s" is no duration'],
    [`window('0s').t.mean > 1`, '"0s" is no duration'],
    [`window('32d').t.mean > 1`, 'longer than 31 days'],
    [`window('10s').t.mean > "a"`, 'no such overload: double > string'],
    [`matches(event.x + 1, '5m') > 1`, 'event.x + 1 gives a number, not a condition'],
    [`inside('depot', event.x > 1, event.y)`, 'there is no area'],
    [`matches("a", '5m') > 1`, 'gives string, not a condition'],
    [`matches(event.x > 1, '5m')`, 'gives double, not a condition'],
    [`matches(window('1s').t.mean > 2, '5m') > 1`, 'window cannot stand within a function'],
    [`stuck('t')`, 'stuck takes a metric and a duration'],
    [`inside('depot')`, 'there is no area "depot"'],
    [`device.tag.x == "a"`, 'device has no "tag"; did you mean "tags"?'],
    ['device.tags.sit == "a"', 'no device has a tag "sit"; did you mean "site"?'],
    ['device.latest == 1', 'the metric is missing'],
    ['fleet.share > 1', 'fleet is known to fleet-level rules only'],
    ['event.name.matches("(a+)+$")', 'regular expressions are not known to rules'],
    ['[1, 2].all(x, [1, 2].all(y, x > y))', 'all cannot stand within another function of lists'],
    ['cel.bind(x, event.a, x > 1)', 'cel.bind is not known'],
    [`[1, 2].all(x, window('1s').t.mean > x)`, 'cannot stand within a function of lists'],
    ['event.t > double__0', 'Unknown variable: double__0'],
    [`"${'a'.repeat(4_000)}" == "b"`, 'longer than 4000 characters'],
    [Array.from({ length: 33 }, (_, i) => `absent('${i + 1}s')`).join(' && '), 'at most 32 functions'],
    [Array.from({ length: 60 }, () => '(').join(''), ''],
  ])('%s', (source, reason) => {
    expect(problemOf(source)).not.toBe('');
    expect(problemOf(source)).toContain(reason);
  });

  test('parentheses, quotes and escapes in parts of functions', () => {
    for (const source of [
      `(matches((event.a == ")") && (event.b == 'it\\'s ('), '5m') > 1)`,
      `((window('10s').t).mean) > 1`,
      `matches(((event.a > 1) || event.b > 1), "5m") > 1 && (event.c > 1)`,
    ]) {
      expect(problemOf(source)).toBe('');
    }
  });
});
