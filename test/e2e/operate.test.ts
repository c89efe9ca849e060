/** An operator's night: an alert fires over MQTT, is acknowledged and silenced by the command, and the trail shows it. */
import { connectAsync, type MqttClient } from 'mqtt';
import { type CommandResult, command } from '../support/command.js';
import type { Json } from '../support/json.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';

let product: Product;
let client: MqttClient;

beforeAll(async () => {
  product = await startProduct();
  client = await connectAsync(product.mqttUrl);
}, 60_000);
afterAll(async () => {
  await client?.endAsync(true);
  await product?.stop();
});

const publish = (temperature: number) =>
  client.publishAsync(
    'devices/dev-1/telemetry',
    JSON.stringify({ ts: Date.now(), temperature, humidity: 40, battery: 3.7 }),
    { qos: 1 },
  );
const operate = (...args: string[]): Promise<CommandResult> =>
  command([...args, '--http', product.httpUrl], '', 20_000, { MILLRACE_AUTHOR: 'ann' });

/** The documents that it prints; it must not fail. */
async function documents(...args: string[]): Promise<Json[]> {
  const { code, stdout, stderr } = await operate(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

async function alertIn(state: string): Promise<Json> {
  let found: Json;
  await poll(
    async () => {
      const response = await fetch(`${product.httpUrl}/alerts?state=${state}&rule=HighTemperature`);
      found = ((await response.json()) as Json).items[0];
      return found !== undefined;
    },
    { what: `an alert that is ${state}`, timeoutMs: 20_000 },
  );
  return found;
}

test('acknowledge, comment and silence a firing alert; it resolves all the same, and the trail has it all', async () => {
  await publish(85);
  const { fingerprint } = await alertIn('firing');
  expect(await documents('alerts')).toMatchObject([{ fingerprint, acknowledged: null, silencedBy: [] }]);

  expect(await documents('alerts', 'ack', fingerprint, 'on', 'my', 'way')).toMatchObject([
    { author: 'ann', comment: 'on my way' },
  ]);
  await documents('alerts', 'comment', fingerprint, 'the door was open', '--author', 'bob');
  const adding = ['silences', 'add', 'deviceId=dev-1', '--for', '2h', '--reason', 'works'];
  const [silence] = await documents(...adding);
  expect(silence).toMatchObject({ state: 'active', selector: '{deviceId="dev-1"}', author: 'ann' });
  expect(await documents('alerts', 'show', fingerprint)).toMatchObject([
    {
      state: 'firing',
      acknowledged: { author: 'ann' },
      silencedBy: [silence.id],
      comments: [{ author: 'bob', text: 'the door was open' }],
      silences: [{ id: silence.id }],
    },
  ]);

  await publish(20);
  await alertIn('resolved');
  expect(await documents('alerts')).toEqual([]);
  expect(await operate('alerts', 'ack', fingerprint)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('[ALERT_RESOLVED]'),
  });

  expect(await documents('silences', 'expire', silence.id)).toMatchObject([
    { state: 'over', expiredBy: 'ann' },
  ]);
  expect(await documents('silences')).toEqual([]);
  const trail = (await documents('audit')).map(({ act, author, subject }) => `${act} ${author} ${subject}`);
  expect(trail).toEqual([
    `expire-silence ann ${silence.id}`,
    `silence ann ${silence.id}`,
    `comment bob ${fingerprint}`,
    `acknowledge ann ${fingerprint}`,
  ]);
}, 60_000);

test('what a page of another site, or one by another name of this machine, sends is refused before it is read', async () => {
  const silence = { matchers: ['a="b"'], duration: '1h', author: 'eve', reason: 'r' };
  const post = async (headers: Record<string, string>) => {
    const body = JSON.stringify(silence);
    return (await fetch(`${product.httpUrl}/silences`, { method: 'POST', headers, body })).status;
  };
  expect(await post({ 'content-type': 'text/plain' })).toBe(403);
  expect(await post({ 'content-type': 'application/json', origin: 'http://evil.example' })).toBe(403);
  expect(await post({ 'content-type': 'application/json', 'sec-fetch-site': 'cross-site' })).toBe(403);
  expect(await documents('silences', 'list', '--all')).toHaveLength(1);
});

test('on an address that is not loopback nobody acts, unless the settings say so', async () => {
  const open = await startProduct({ env: { MILLRACE_HOST: '0.0.0.0' } });
  const response = await fetch(`http://127.0.0.1:${new URL(open.httpUrl).port}/silences`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect([response.status, ((await response.json()) as Json).code]).toEqual([403, 'CONTROL_REMOTE']);
  expect((await fetch(`http://127.0.0.1:${new URL(open.httpUrl).port}/silences`)).status).toBe(200);
  await open.stop();
}, 60_000);
