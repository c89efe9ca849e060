/** Who is told online at a broker that tells `offline` alone, on a clock that the test turns. */
import { ReturnedDevices, SETTLE_MS } from '../../../../gateway/mqtt/external/returned-devices.js';
import { createPresenceTopics } from '../../../../gateway/presence/topics.js';
import { virtualTimers } from '../../../support/virtual-timers.js';

function world(maxDevices?: number) {
  const timers = virtualTimers();
  const told: string[] = [];
  let isAway = false;
  const devices = new ReturnedDevices({
    topics: createPresenceTopics('devices/{deviceId}/presence', ['devices/{deviceId}/telemetry']),
    timers,
    async tell(topic) {
      if (isAway) throw new Error('the broker is away');
      told.push(topic);
    },
    ...(maxDevices === undefined ? {} : { maxDevices }),
  });
  return {
    devices,
    timers,
    told,
    offline: (deviceId: string) => devices.said(deviceId, Buffer.from('offline')),
    away: (wanted: boolean) => {
      isAway = wanted;
    },
  };
}

test('a device that was told offline and is heard of again, once', async () => {
  const { devices, timers, told, offline } = world();
  offline('a');
  devices.heard('a');
  devices.heard('a');
  await timers.advance(2 * SETTLE_MS);
  devices.heard('a');
  await timers.advance(5 * SETTLE_MS);
  expect(told).toEqual(['devices/a/presence']);
  expect(timers.waiting).toBe(0);
});

test('nothing of a device that nobody has told offline: nobody would take it back', async () => {
  const { devices, timers, told } = world();
  devices.heard('a');
  devices.said('b', Buffer.from('online'));
  devices.heard('b');
  await timers.advance(5 * SETTLE_MS);
  expect(told).toEqual([]);
});

test('not when it says goodbye, or that it is back, soon after', async () => {
  const { devices, timers, told, offline } = world();
  offline('a');
  offline('b');
  devices.heard('a');
  devices.heard('b');
  await timers.advance(SETTLE_MS - 1);
  offline('a');
  devices.said('b', Buffer.from('online'));
  await timers.advance(5 * SETTLE_MS);
  expect(told).toEqual([]);
  devices.heard('a');
  await timers.advance(2 * SETTLE_MS);
  expect(told).toEqual(['devices/a/presence']);
});

test('with the next event, when the broker was away', async () => {
  const { devices, timers, told, offline, away } = world();
  offline('a');
  away(true);
  devices.heard('a');
  await timers.advance(3 * SETTLE_MS);
  away(false);
  await timers.advance(3 * SETTLE_MS);
  expect(told).toEqual([]);
  devices.heard('a');
  await timers.advance(2 * SETTLE_MS);
  expect(told).toEqual(['devices/a/presence']);
});

test('a fleet at once, and no more of it than is remembered', async () => {
  const { devices, timers, told, offline } = world(1_000);
  for (let n = 0; n < 1_500; n++) offline(`dev-${n}`);
  for (let n = 0; n < 1_500; n++) devices.heard(`dev-${n}`);
  await timers.advance(3 * SETTLE_MS);
  expect(told).toHaveLength(1_000);
  expect(told[0]).toBe('devices/dev-500/presence');
});

test('nothing after a stop', async () => {
  const { devices, timers, told, offline } = world();
  offline('a');
  devices.heard('a');
  devices.stop();
  await timers.advance(5 * SETTLE_MS);
  expect(told).toEqual([]);
});
