/** Presence of the real product: what mosquitto_sub is told, and what becomes of it when the process is killed. */
import { spawn } from 'node:child_process';
import { connectAsync, type IClientOptions } from 'mqtt';
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';
import { readerOf } from '../support/reader.js';
import { commandOnPath, requireService } from '../support/services.js';

const event = (seq: number) =>
  JSON.stringify({ ts: Date.now(), seq, temperature: 21.5, humidity: 40, battery: 3.75 });
const connect = async (product: Product, options: IClientOptions = {}) => {
  const client = await connectAsync(product.mqttUrl, { reconnectPeriod: 0, ...options }, false);
  client.on('error', () => undefined);
  return client;
};
const willOf = (id: string): IClientOptions => ({
  clientId: `client-of-${id}`,
  will: { topic: `devices/${id}/presence`, payload: Buffer.from('offline'), qos: 1, retain: true },
});
/** What is retained of each device, and what comes later. */
const watch = async (product: Product) => {
  const said: string[] = [];
  const client = await connect(product);
  client.on('message', (topic, payload) => said.push(`${topic.split('/')[1]} ${payload}`));
  await client.subscribeAsync('devices/+/presence', { qos: 1 });
  return { said, end: () => client.end(true) };
};

test('kill -9: those who come back were never away, the others are told offline when the grace is over', async () => {
  const project = copyProject({ 'custom.millrace.gateway.presenceGrace': '4s' });
  const first = await startProduct({ args: project.args });
  const before = await watch(first);
  for (const id of ['back', 'lost']) {
    await (await connect(first, willOf(id))).publishAsync(`devices/${id}/telemetry`, event(1), { qos: 1 });
  }
  await poll(() => before.said.length === 2, { what: 'both online' });
  expect(await readerOf(first).metric('millrace_devices_online')).toBe(2);
  await first.kill9();

  const second = await startProduct({ args: project.args, dataDir: first.dataDir });
  const after = await watch(second);
  const back = await connect(second, willOf('back'));
  await poll(() => after.said.includes('lost offline'), { timeoutMs: 20_000, what: 'the lost one' });
  expect(after.said.filter((each) => each.startsWith('back'))).toEqual(['back online']);
  expect(after.said.filter((each) => each.startsWith('lost'))).toEqual(['lost online', 'lost offline']);
  back.end(true);
  after.end();
  expect(await second.stop()).toEqual({ code: 0, signal: null });
}, 90_000);

test('an event over HTTP makes nobody online, and a setting turns presence off', async () => {
  const project = copyProject({ 'custom.millrace.gateway.presenceTopic': 'presence/{deviceId}' });
  const product = await startProduct({ args: project.args });
  const posted = await fetch(`${product.httpUrl}/devices/posted/telemetry`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: event(1),
  });
  expect(posted.status).toBe(202);
  const watcher = await connect(product);
  const said: string[] = [];
  watcher.on('message', (topic, payload) => said.push(`${topic} ${payload}`));
  await watcher.subscribeAsync('presence/#');
  const device = await connect(product);
  await device.publishAsync('devices/dev-1/telemetry', event(1), { qos: 1 });
  await poll(() => said.length > 0);
  expect(said).toEqual(['presence/dev-1 online']);
  for (const client of [watcher, device]) client.end(true);
  expect(await product.stop()).toEqual({ code: 0, signal: null });

  const off = copyProject({ 'custom.millrace.gateway.presence': false });
  const silent = await startProduct({ args: off.args });
  const { said: nothing, end } = await watch(silent);
  const again = await connect(silent);
  await again.publishAsync('devices/dev-1/telemetry', event(1), { qos: 1 });
  await again.endAsync();
  expect(await readerOf(silent).metric('millrace_devices_online')).toBeUndefined();
  expect(nothing).toEqual([]);
  end();
  expect(await silent.stop()).toEqual({ code: 0, signal: null });
}, 90_000);

const describeMosquitto = await requireService(
  "mosquitto's clients (apt-get install mosquitto-clients)",
  () => [commandOnPath('mosquitto_pub'), commandOnPath('mosquitto_sub')],
);

describeMosquitto("mosquitto's clients", () => {
  test('see a device come and go', async () => {
    const product = await startProduct();
    const at = ['-h', '127.0.0.1', '-p', new URL(product.mqttUrl).port];
    const sub = spawn(
      commandOnPath('mosquitto_sub'),
      [...at, '-v', '-q', '1', '-C', '2', '-W', '30', '-t', 'devices/+/presence'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let seen = '';
    sub.stdout.on('data', (chunk) => {
      seen += String(chunk);
    });
    const ended = new Promise((resolve) => sub.once('exit', resolve));
    // One event a line, from one connection, as long as its input is open.
    const pub = spawn(
      commandOnPath('mosquitto_pub'),
      [...at, '-q', '1', '-l', '-t', 'devices/dev-1/telemetry'],
      { stdio: ['pipe', 'inherit', 'inherit'] },
    );
    pub.stdin.write(`${event(1)}\n`);
    await poll(() => seen === 'devices/dev-1/presence online\n', { what: 'online' });
    pub.stdin.end();
    await ended;
    expect(seen).toBe('devices/dev-1/presence online\ndevices/dev-1/presence offline\n');
    expect(await product.stop()).toEqual({ code: 0, signal: null });
  }, 60_000);
});
