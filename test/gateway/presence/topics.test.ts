import { createPresenceTopics } from '../../../gateway/presence/topics.js';

const topics = createPresenceTopics('devices/{deviceId}/presence', [
  'devices/{deviceId}/telemetry',
  'tele/{deviceId}/SENSOR',
  '{deviceId}/up',
]);

test('a device and its topic', () => {
  expect(topics.filter).toBe('devices/+/presence');
  expect(topics.topicOf('$& dev')).toBe('devices/$& dev/presence');
  expect(topics.deviceOf('devices/dev-1/presence')).toBe('dev-1');
});

test.each(['devices/dev-1/telemetry', 'devices/a/b/presence', 'devices//presence', 'devices/ a/presence'])(
  '%j is nobody’s presence',
  (topic) => {
    expect(topics.deviceOf(topic)).toBeUndefined();
  },
);

test.each([
  ['devices/dev-1/presence', 'dev-1'],
  ['devices/dev-1/status', 'dev-1'],
  ['devices/dev-1/telemetry', 'dev-1'],
  ['devices/dev-1', 'dev-1'],
  ['tele/plug-7/LWT', 'plug-7'],
  ['devices//status', undefined],
  ['devices/$sys/status', undefined],
  ['alerts/dev-1', undefined],
])('a last will on %j is of %j', (topic, deviceId) => {
  expect(topics.namedBy(topic)).toBe(deviceId);
});
