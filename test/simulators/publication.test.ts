import type { TimedMessage } from '../../simulators/capture/recording.js';
import { eventOf, publishMessages, publishRows } from '../../simulators/publication.js';

const row = (deviceId: string, time = 0) => ({ deviceId, time, values: { v: 1 }, omitted: 0 });
const asRecorded = { qos: undefined, retain: undefined };

describe('events', () => {
  const options = { topic: 'devices/{deviceId}/telemetry', firstSeq: 1, repeats: false, ...asRecorded };

  test('begin with their time and number', () => {
    const values = { temp: 1.5, deviceType: 'weather' };
    expect(eventOf({ ...row('a'), values }, 5, 7)).toBe('{"ts":5,"seq":7,"temp":1.5,"deviceType":"weather"}');
  });

  test('are numbered for each device, and have QoS 1', () => {
    const publish = publishRows(options);
    const sent = ['a', 'b', 'a'].map((device) => publish(row(device, 10), 5, 0));
    expect(sent.map(({ topic, payload }) => `${topic} ${String(payload)}`)).toEqual([
      'devices/a/telemetry {"ts":15,"seq":1,"v":1}',
      'devices/b/telemetry {"ts":15,"seq":1,"v":1}',
      'devices/a/telemetry {"ts":15,"seq":2,"v":1}',
    ]);
    expect(sent[0]).toMatchObject({ qos: 1, retain: false });
  });

  test('are the same again in the next pass when they repeat, else they go on', () => {
    for (const [repeats, payload] of [
      [true, '{"ts":0,"seq":1,"v":1}'],
      [false, '{"ts":0,"seq":2,"v":1}'],
    ] as const) {
      const publish = publishRows({ ...options, repeats });
      publish(row('a'), 0, 0);
      expect(publish(row('a'), 0, 1).payload).toBe(payload);
    }
  });
});

describe('captured messages', () => {
  const message: TimedMessage = {
    at: 5,
    time: 5,
    line: 2,
    topic: 'a/b',
    qos: 2,
    retain: true,
    payload: Buffer.from('{"ts":1700000000000 , "v":1.0}'),
  };
  const options = { rules: [], prefix: '', timeField: 'ts', ...asRecorded };

  test('stay as they were', () => {
    const { payload, ...rest } = publishMessages(options)(message, 0, 0);
    expect(payload).toBe(message.payload);
    expect(rest).toEqual({ topic: 'a/b', qos: 2, retain: true, omitted: 0, isUnshifted: false });
  });

  test('get another topic, QoS and retain flag when asked for', () => {
    const rules = [{ filter: '+/b', template: 'x/{1}' }];
    const publish = publishMessages({ ...options, rules, prefix: 'p/', qos: 0, retain: false });
    expect(publish(message, 0, 0)).toMatchObject({ topic: 'p/x/a', qos: 0, retain: false });
  });

  test('have their time moved, or it is said that they have none', () => {
    const publish = publishMessages(options);
    expect(`${publish(message, 5, 0).payload}`).toBe('{"ts":1700000000005 , "v":1.0}');
    const raw = { ...message, payload: Buffer.from([0xff]) };
    expect(publish(raw, 5, 0)).toMatchObject({ payload: raw.payload, isUnshifted: true });
  });
});
