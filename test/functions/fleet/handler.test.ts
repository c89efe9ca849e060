/** Fleet-level rules from telemetry in two partitions to told alerts. */
import { FleetDrive, T0 } from './drive.js';

const OFFLINE = `
- alert: SiteOffline
  fleet: { by: [site], where: device.type == "reefer", count: absent("60s") }
  expr: fleet.share > 0.1 && fleet.total >= 5
  for: 20s
  keep_firing_for: 30s
  labels: { severity: critical, team: "of-{{ tags.site }}" }
  annotations: { summary: "{{ event.matching }} of {{ event.total }} at {{ labels.site }}: {{ value | round 2 }}" }
`;
const WARM = `
- alert: Warm
  fleet: { count: event.cargo_temperature > 8 }
  expr: fleet.share > 0.5
  labels: { severity: warning }
`;
const warm = { cargo_temperature: 9 };

const ids = (site: string) => Array.from({ length: 10 }, (_, index) => `${site}-${index}`);

test('more than 10 % of a site offline: fires after `for`, resolves after `keep_firing_for`, by ticks', async () => {
  const drive = new FleetDrive(OFFLINE);
  for (const id of [...ids('a'), ...ids('b')]) drive.send(0, id);
  for (const id of [...ids('a').slice(2), ...ids('b').slice(1)]) drive.send(50, id);
  await drive.tick(59);
  expect(drive.sums('SiteOffline')).toEqual({ 'site=a': '0/10', 'site=b': '0/10' });
  await drive.tick(60);
  // One of ten is not more than 10 %.
  expect(drive.sums('SiteOffline')).toEqual({ 'site=a': '2/10', 'site=b': '1/10' });
  await drive.ticks(61, 79);
  expect(drive.story).toEqual([]);
  drive.restart();
  await drive.tick(80);
  expect(drive.story).toEqual(['SiteOffline site=a firing']);
  expect(drive.told[0]).toMatchObject({
    deviceId: 'site=a',
    severity: 'critical',
    value: 0.2,
    labels: { site: 'a', team: 'of-a', severity: 'critical', deviceId: 'site=a' },
    annotations: { summary: '2 of 10 at a: 0.20' },
    event: { matching: 2, total: 10, share: 0.2 },
    endsAt: null,
  });

  for (const site of ['a', 'b']) for (const id of ids(site)) drive.send(85, id);
  await drive.tick(86);
  expect(drive.sums('SiteOffline')).toEqual({ 'site=a': '0/10', 'site=b': '0/10' });
  await drive.ticks(87, 114);
  expect(drive.story).toHaveLength(1);
  drive.restart();
  await drive.tick(116);
  expect(drive.story).toEqual(['SiteOffline site=a firing', 'SiteOffline site=a resolved']);
  const [fired, resolved] = drive.told;
  expect(resolved).toMatchObject({ fingerprint: fired!.fingerprint, startsAt: fired!.startsAt });
  expect(fired!.startsAt - T0).toBe(60_000);
  expect(resolved!.endsAt! - T0).toBe(115_000);
});

test('a fleet of one group is called fleet, and has no labels of its own', async () => {
  const drive = new FleetDrive(WARM);
  drive.send(0, 'a-0', warm);
  drive.send(1, 'a-1', warm);
  drive.send(2, 'b-0');
  await drive.run();
  expect(drive.told[0]).toMatchObject({
    deviceId: 'fleet',
    labels: { severity: 'warning', deviceId: 'fleet' },
  });
  expect(drive.sums('Warm')).toEqual({ '': '2/3' });
});

test('sums that go up and down within a moment end as what they are', async () => {
  const drive = new FleetDrive(WARM);
  const step = async (id: string, body: object) => {
    drive.send(1, id, body);
    await drive.run();
  };
  await step('a-0', warm);
  await step('b-0', {});
  await step('a-0', warm);
  await step('b-0', warm);
  expect(drive.story).toEqual(['Warm fleet firing', 'Warm fleet resolved', 'Warm fleet firing']);
  expect(new Set(drive.told.map(({ id }) => id)).size).toBe(3);
});

test('a partition that lags behind is counted as of now', async () => {
  const drive = new FleetDrive(WARM);
  drive.send(100, 'a-0');
  await drive.run();
  for (const at of [1, 2, 3, 4]) {
    drive.send(at, 'a-1', at % 2 === 1 ? warm : {});
    drive.send(at, 'a-3', at % 2 === 1 ? warm : {});
    await drive.run();
  }
  drive.send(5, 'a-1', warm);
  drive.send(5, 'a-3', warm);
  await drive.run();
  expect(drive.story.at(-1)).toBe('Warm fleet firing');
  expect(drive.told.every(({ startsAt }) => startsAt >= T0 + 100_000)).toBe(true);
});

test('groups by several tags, by type, and of devices without the tag', async () => {
  const drive = new FleetDrive(`
- alert: Any
  fleet: { by: [site, type], count: event.cargo_temperature > 8 }
  expr: fleet.matching >= 1
  labels: { severity: info }
  annotations: { of: "{{ tags.site }} {{ tags.type }}" }
`);
  drive.send(0, 'x', { ...warm, site: 'north/1+#,=%' });
  drive.send(0, 'y', warm);
  await drive.run();
  const told = Object.fromEntries(drive.told.map(({ deviceId, labels }) => [deviceId, labels]));
  expect(told).toEqual({
    'site=north/1+#%2C%3D%25,type=reefer': expect.objectContaining({ site: 'north/1+#,=%', type: 'reefer' }),
    'site=,type=reefer': expect.objectContaining({ site: '', type: 'reefer' }),
  });
  expect(drive.told.map(({ annotations }) => annotations.of)).toContain('north/1+#,=% reefer');
});

test('another threshold keeps the counts, something else to count begins anew, a removed rule resolves', async () => {
  const drive = new FleetDrive(WARM);
  for (const [index, id] of ids('a').entries()) drive.send(0, id, index < 6 ? warm : {});
  await drive.run();
  const [fired] = drive.told;
  drive.restart(WARM.replace('0.5', '0.7'));
  // With the next count; nobody has to be heard of anew.
  drive.send(1, 'a-9', warm);
  await drive.run();
  expect(drive.sums('Warm')).toEqual({ '': '7/10' });
  expect(drive.told.at(-1)).toMatchObject({ id: `${fired!.fingerprint}-${fired!.startsAt}-resolved` });

  drive.restart(WARM.replace('> 8', '> 8.5'));
  drive.send(2, 'a-8', warm);
  await drive.run();
  expect(drive.sums('Warm')).toEqual({ '': '1/1' });
  expect(drive.story.at(-1)).toBe('Warm fleet firing');

  drive.restart(OFFLINE);
  await drive.tick(3);
  expect(drive.told.at(-1)).toMatchObject({ rule: 'Warm', state: 'resolved', reason: 'rule-removed' });
});

test('a rule that was away for a while knows what it knew, and what has changed since', async () => {
  const drive = new FleetDrive(WARM + OFFLINE);
  for (const id of ids('a')) drive.send(0, id, warm);
  await drive.run();
  drive.restart(OFFLINE);
  // Heard of meanwhile, and taken out of what nobody counts.
  for (const id of ids('a').slice(0, 4)) drive.send(1, id);
  await drive.run();
  drive.restart(WARM + OFFLINE);
  await drive.tick(2);
  expect(drive.sums('Warm')).toEqual({ '': '6/6' });
  for (const id of ids('a')) drive.send(3, id);
  await drive.run();
  expect(drive.sums('Warm')).toEqual({ '': '0/10' });
  const silent = WARM.replace('> 8', '> 8.5');
  drive.restart(silent);
  for (const id of ids('a').slice(0, 4)) drive.send(4, id);
  await drive.run();
  drive.restart(WARM);
  for (const id of ids('a')) drive.send(5, id, warm);
  await drive.run();
  expect(drive.sums('Warm')).toEqual({ '': '10/10' });
});

test('devices that move to another partition are counted once', async () => {
  const drive = new FleetDrive(WARM);
  for (const id of ids('a')) drive.send(0, id, warm);
  await drive.run();
  drive.restart();
  for (const id of ids('a')) drive.send(1, id, {}, 0, 0);
  await drive.run();
  expect(drive.sums('Warm')).toEqual({ '': '0/10' });
  expect(drive.story).toEqual(['Warm fleet firing', 'Warm fleet resolved']);
});

test('what holds when the hours of a rule begin is told within ten minutes', async () => {
  const drive = new FleetDrive(`${WARM}  active: { hours: '00:20-23:00' }\n`);
  drive.send(0, 'a-0', warm);
  for (let at = 60; at < 1_200; at += 60) await drive.tick(at);
  expect(drive.story).toEqual([]);
  for (let at = 1_200; at <= 1_800; at += 60) await drive.tick(at);
  expect(drive.story).toEqual(['Warm fleet firing']);
  expect(drive.counts.length).toBeLessThan(40);
});

test('counts that nobody took are told again after some minutes', async () => {
  const drive = new FleetDrive(WARM);
  drive.send(0, 'a-0', warm);
  await drive.tick(1);
  const before = drive.counts.length;
  await drive.tick(2);
  await drive.tick(600);
  expect(drive.counts.slice(before).filter(({ payload }) => payload !== undefined)).toEqual([]);
  await drive.tick(601);
  expect(drive.counts.slice(before).filter(({ payload }) => payload !== undefined)).toHaveLength(1);
  expect(drive.story).toEqual(['Warm fleet firing']);
});
