/** What a device counts for, event by event: the sums that `alert` tells. */
import { FleetDrive } from './drive.js';

const RULES = `
- alert: Hot
  fleet: { by: [site], count: event.t > 5 }
  expr: fleet.share > 2
  labels: { severity: a }
- alert: Reefers
  fleet: { where: device.type == "reefer", count: event.t > 5 }
  expr: fleet.share > 2
  labels: { severity: a }
- alert: Silent
  fleet: { count: "absent('60s') || absent('t', '90s')" }
  expr: fleet.share > 2
  labels: { severity: a }
- { alert: Long, expr: event.t > 5, for: 10s, no_data: 40s, labels: { severity: a } }
- alert: Firing
  fleet: { count: firing('Long') }
  expr: fleet.share > 2
  labels: { severity: a }
`;

let drive: FleetDrive;
beforeEach(() => {
  drive = new FleetDrive(RULES);
});

async function send(...event: Parameters<FleetDrive['send']>): Promise<void> {
  drive.send(...event);
  await drive.run();
}

test('devices join with their first event, match, and cease to', async () => {
  await send(0, 'a-0', { t: 1 });
  await send(0, 'a-1', { t: 6 });
  expect(drive.sums('Hot')).toEqual({ 'site=a': '1/2' });
  await send(1, 'a-0', { t: 6 });
  expect(drive.sums('Hot')).toEqual({ 'site=a': '2/2' });
  await send(2, 'a-1', { t: 1 });
  expect(drive.sums('Hot')).toEqual({ 'site=a': '1/2' });
});

test('what is not known is as it was, at first it is no match', async () => {
  await send(0, 'a-0');
  expect(drive.sums('Hot')).toEqual({ 'site=a': '0/1' });
  await send(1, 'a-0', { t: 6 });
  await send(2, 'a-0');
  // It cannot be compared: that is an error, told in the log, and nothing changes.
  await send(3, 'a-0', { t: 'warm' });
  expect(drive.sums('Hot')).toEqual({ 'site=a': '1/1' });
  expect(drive.platform.logged).not.toEqual([]);
});

test('a tag of their events takes devices to another group', async () => {
  await send(0, 'a-0', { t: 6 });
  await send(1, 'a-0', { t: 6, site: 'b' });
  expect(drive.sums('Hot')).toEqual({ 'site=a': '0/0', 'site=b': '1/1' });
  await send(2, 'a-0', { site: 'c' });
  expect(drive.sums('Hot')).toEqual({ 'site=a': '0/0', 'site=b': '0/0', 'site=c': '1/1' });
  await send(3, 'a-0');
  expect(drive.sums('Hot')).toMatchObject({ 'site=a': '1/1', 'site=c': '0/0' });
});

test('devices leave with their type, also when no rule is about the new one', async () => {
  drive = new FleetDrive(RULES.slice(RULES.indexOf('- alert: Reefers'), RULES.indexOf('- alert: Silent')));
  await send(0, 'a-0', { t: 6 });
  expect(drive.sums('Reefers')).toEqual({ '': '1/1' });
  const room = { deviceType: 'environment', temperature: 20, humidity: 40, battery: 3.7, t: 6 };
  await send(1, 'a-0', room);
  expect(drive.sums('Reefers')).toEqual({ '': '0/0' });
  const { alerts } = drive.platform.stores;
  const before = await alerts.next('alert', 0);
  // Nothing is remembered of it any more.
  await send(2, 'a-0', room);
  await send(3, 'b-2', room);
  expect(await alerts.next('alert', 0)).toBe(before);
  expect(await alerts.memories('alert', ['b-2'])).toEqual([]);
  await send(4, 'a-0', { t: 6 });
  expect(drive.sums('Reefers')).toEqual({ '': '1/1' });
});

test('late events say nothing of now', async () => {
  await send(10, 'a-0', { t: 6 });
  await send(11, 'a-0', { t: 1, site: 'b' }, 5);
  expect(drive.sums('Hot')).toEqual({ 'site=a': '1/1' });
  await send(11, 'a-1', { t: 6 }, 50);
  expect(drive.sums('Hot')).toEqual({ 'site=a': '2/2' });
});

test('late events bring what is remembered, at the device’s clock', async () => {
  await send(0, 'a-0', { t: 1 });
  await send(70, 'a-0');
  await drive.tick(95);
  expect(drive.sums('Silent')).toEqual({ '': '1/1' });
  await send(96, 'a-0', { t: 1 }, 36);
  expect(drive.sums('Silent')).toEqual({ '': '0/1' });
  await drive.tick(129);
  expect(drive.sums('Silent')).toEqual({ '': '0/1' });
  await drive.tick(130);
  expect(drive.sums('Silent')).toEqual({ '': '1/1' });
  await send(131, 'a-0', { t: 1 }, 63);
  expect(drive.sums('Silent')).toEqual({ '': '1/1' });
});

test('silent devices stay, and count as absent by ticks, after restarts too', async () => {
  await send(0, 'a-0', { t: 1 });
  await send(0, 'a-1', { t: 1 });
  drive.restart();
  await drive.tick(59);
  expect(drive.sums('Silent')).toEqual({ '': '0/2' });
  drive.restart();
  await drive.tick(60);
  expect(drive.sums('Silent')).toEqual({ '': '2/2' });
  expect(drive.sums('Hot')).toEqual({ 'site=a': '0/2' });
  await send(61, 'a-1', { t: 1 });
  expect(drive.sums('Silent')).toEqual({ '': '1/2' });
});

test('alerts that begin and end by time are counted when they do', async () => {
  await send(0, 'a-0', { t: 6 });
  await drive.tick(9);
  expect(drive.sums('Firing')).toEqual({ '': '0/1' });
  await drive.tick(10);
  expect(drive.sums('Firing')).toEqual({ '': '1/1' });
  drive.restart();
  await drive.tick(40);
  expect(drive.sums('Firing')).toEqual({ '': '0/1' });
});
