/** A rule about sites, from MQTT to MQTT: some devices of one fall silent, its alert is told, they come back. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import type { Json } from '../support/json.js';
import { poll } from '../support/poll.js';
import { startProduct } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';

const RULES = `
groups:
  - name: fleets
    rules:
      - alert: SiteOffline
        fleet: { by: [site], where: device.type == "reefer", count: absent("5s") }
        expr: fleet.share > 0.1 && fleet.total >= 3
        labels: { severity: critical }
        annotations: { summary: "{{ event.matching }} of {{ event.total }} at {{ labels.site }} are silent" }
      - alert: SomeOpen
        fleet: { by: [site, type], count: event.door == "open" }
        expr: fleet.matching >= 1
        labels: { severity: info }
`;

const devices = ['a', 'b'].flatMap((site) => Array.from({ length: 5 }, (_, index) => `${site}-${index}`));

async function send(client: MqttClient, device: string, door = 'closed'): Promise<void> {
  const event = { ts: Date.now(), cargo_temperature: 3, door, compressor: 'idle' };
  await client.publishAsync(`devices/${device}/telemetry`, JSON.stringify(event), { qos: 1 });
}

test('a site with silent devices is told, and that they are back', async () => {
  const { root, args } = copyProject({
    'custom.millrace.deviceTypes.default': 'reefer',
    'custom.millrace.deviceTags.byDevice': { '{site}-*': {} },
  });
  writeFileSync(join(root, 'rules', 'fleet.yml'), RULES);
  const product = await startProduct({ args });
  const client = await connectAsync(product.mqttUrl);
  const heard: { topic: string; alert: Json }[] = [];
  client.on('message', (topic, payload) => heard.push({ topic, alert: JSON.parse(payload.toString()) }));
  await client.subscribeAsync('alerts/#', { qos: 1 });
  const of = (topic: string) => heard.filter((one) => one.topic === topic).map(({ alert }) => alert);

  await Promise.all(devices.map((device) => send(client, device, device === 'b-1' ? 'open' : 'closed')));
  const open = 'alerts/info/site=b,type=reefer/SomeOpen';
  await poll(() => of(open).length > 0, { what: 'the open door' });
  expect(of(open)[0]).toMatchObject({ state: 'firing', labels: { site: 'b', type: 'reefer' } });

  // Two of five at site a say nothing any more.
  const talking = devices.filter((device) => device !== 'a-0' && device !== 'a-3');
  const beat = setInterval(() => {
    for (const device of talking) void send(client, device);
  }, 500);
  try {
    const topic = 'alerts/critical/site=a/SiteOffline';
    await poll(() => of(topic).length > 0, { what: 'the silent site', timeoutMs: 15_000 });
    expect(of(topic)[0]).toMatchObject({
      rule: 'SiteOffline',
      deviceId: 'site=a',
      state: 'firing',
      labels: { site: 'a', severity: 'critical', deviceId: 'site=a' },
    });
    expect(of(topic)[0].annotations.summary).toMatch(/^[12] of 5 at a are silent$/);
    await client.subscribeAsync('alert-state/#', { qos: 1 });
    const retained = 'alert-state/site=a/SiteOffline';
    await poll(() => of(retained).length > 0, { what: 'the retained state' });
    expect(of(retained)[0]).toMatchObject({ id: of(topic)[0].id, state: 'firing' });

    talking.push('a-0', 'a-3');
    await poll(() => of(topic).length > 1, { what: 'its end', timeoutMs: 15_000 });
    const { fingerprint, startsAt } = of(topic)[0];
    expect(of(topic)[1]).toMatchObject({ fingerprint, startsAt, state: 'resolved' });
    expect(of('alerts/critical/site=b/SiteOffline')).toEqual([]);
    const listed = await fetch(`${product.httpUrl}/alerts?rule=SiteOffline&state=resolved`);
    expect(((await listed.json()) as Json).items).toMatchObject([{ fingerprint, deviceId: 'site=a' }]);
  } finally {
    clearInterval(beat);
  }
  await client.endAsync();
  await product.stop();
}, 60_000);
