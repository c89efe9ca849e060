import { createTopicMap, isDeviceId, matches } from '../../gateway/topics.js';
import { partitionOf } from '../../streams/partitioner.js';

const topics = createTopicMap(
  ['devices/{deviceId}/telemetry', 'tele/{deviceId}/SENSOR'],
  ['devices/+/status'],
  4,
);

test('a telemetry topic names a device and its partition', () => {
  expect(topics.route('devices/dev-1/telemetry')).toEqual({
    deviceId: 'dev-1',
    partition: partitionOf('dev-1', 4),
  });
  expect(topics.route('tele/plug-7/SENSOR')?.deviceId).toBe('plug-7');
});

test.each([
  ['devices/telemetry', 'no level for the id'],
  ['devices//telemetry', 'an empty id'],
  ['devices/a/b/telemetry', 'two levels for the id'],
  ['devices/dev-1/telemetry/', 'a level too many'],
  ['/devices/dev-1/telemetry', 'a level in front'],
  ['Devices/dev-1/telemetry', 'another case'],
  ['devices/$sys/telemetry', 'an id that begins with $'],
  ['devices/a\u0000b/telemetry', 'a control character'],
  ['devices/\ufffd\ufffd/telemetry', 'an id that was not UTF-8'],
  [`devices/${'x'.repeat(129)}/telemetry`, 'an id that is too long'],
])('%j is no telemetry topic: %s', (topic) => {
  expect(topics.route(topic)).toBeUndefined();
});

test('only the listed filters are relayed', () => {
  expect(topics.relayed('devices/dev-1/status')).toBe(true);
  expect(topics.relayed('alerts/critical/dev-1/HighTemperature')).toBe(false);
});

test.each([
  ['devices/+/telemetry', true],
  ['devices/dev-1/telemetry', true],
  ['devices/#', true],
  ['#', true],
  ['+/+/telemetry', true],
  ['tele/#', true],
  ['alerts/#', false],
  ['devices/+/status', false],
  ['devices/+', false],
])('whether a subscription to %j can see telemetry: %j', (filter, watches) => {
  expect(topics.watchesTelemetry(filter)).toBe(watches);
});

test.each([
  ['a/#', 'a', true],
  ['a/#', 'a/b/c', true],
  ['a/+', 'a/b', true],
  ['a/+', 'a/b/c', false],
  ['#', '$SYS/x', false],
  ['$SYS/#', '$SYS/x', true],
  ['+/b', '/b', true],
])('filter %j against topic %j: %j', (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected);
});

test.each(['a', 'dev-1', 'Fühler 7', 'urn:dev:1'])('%j is a device id', (id) => {
  expect(isDeviceId(id)).toBe(true);
});
