/** From an event to a webhook: what fires is told, the process is killed, and what ends under a silence is told as well. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { command } from '../support/command.js';
import type { Json } from '../support/json.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';

let hook: Server;
const received: Json[] = [];

beforeAll(async () => {
  hook = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push(JSON.parse(body));
    response.end();
  });
  hook.listen(0, '127.0.0.1');
  await once(hook, 'listening');
});
afterAll(() => hook.close());

async function publish({ mqttUrl }: Product, temperature: number): Promise<void> {
  const client = await connectAsync(mqttUrl);
  const event = { ts: Date.now(), temperature, humidity: 40, battery: 3.7 };
  await client.publishAsync('devices/dev-1/telemetry', JSON.stringify(event), { qos: 1 });
  await client.endAsync();
}

test('a webhook is told that an alert fires and, after kill -9 and under a silence, its end', async () => {
  const { root, args } = copyProject();
  const { port } = hook.address() as AddressInfo;
  writeFileSync(
    join(root, 'notifications.yml'),
    `externalUrl: http://millrace.example
route: { receiver: ops, group_wait: 0s, group_interval: 1s }
receivers: [{ name: ops, webhooks: [{ url: \${env:HOOK} }] }]
`,
  );
  const env = { HOOK: `http://127.0.0.1:${port}/alerts` };
  const first = await startProduct({ args, env });
  await publish(first, 85);
  await poll(() => received.length > 0, { what: 'the webhook', timeoutMs: 20_000 });
  expect(received[0]).toMatchObject({
    version: '4',
    status: 'firing',
    reason: 'new',
    groupKey: '{}:{alertname="HighTemperature"}',
    alerts: [{ labels: { alertname: 'HighTemperature', deviceId: 'dev-1' }, value: 85 }],
  });
  // Killed before it is settled it would be sent again once the claim of the dead process has run out.
  await poll(
    async () => {
      const response = await fetch(`${first.httpUrl}/deliveries?state=delivered`);
      return ((await response.json()) as Json).items.length > 0;
    },
    { what: 'a settled delivery' },
  );
  await first.kill9();

  const second = await startProduct({ args, env, dataDir: first.dataDir });
  const adding = ['silences', 'add', 'deviceId=dev-1', '--for', '2h', '--reason', 'works', '--author', 'ann'];
  const added = await command([...adding, '--http', second.httpUrl], '', 20_000);
  expect(added).toMatchObject({ code: 0 });
  await publish(second, 20);
  await poll(() => received.some(({ status }) => status === 'resolved'), {
    what: 'its end',
    timeoutMs: 20_000,
  });
  const { fingerprint } = received[0].alerts[0];
  expect(received.at(-1).alerts).toMatchObject([{ fingerprint, status: 'resolved' }]);
  expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
  await second.stop();
}, 90_000);
