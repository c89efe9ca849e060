/**
 * Start, stop and start again: the banner tells where everything is, a stop drains and exits with 0, and the next
 * start goes on where the last one ended, for devices, alerts, windows and MQTT sessions.
 */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import mqtt from 'mqtt';
import { AlertSession } from '../support/alert-session.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { rawClient } from '../support/raw-mqtt.js';
import { readerOf } from '../support/reader.js';
import { commandOnPath, requireService } from '../support/services.js';

const event = (temperature: number) =>
  JSON.stringify({ ts: Date.now(), temperature, humidity: 40, battery: 3.75 });

async function publish(product: Product, deviceId: string, temperature: number): Promise<void> {
  const client = await mqtt.connectAsync(product.mqttUrl);
  await client.publishAsync(`devices/${deviceId}/telemetry`, event(temperature), { qos: 1 });
  await client.endAsync();
}

/** The first message on the filter, of a subscriber that comes anew. */
async function firstMessage(
  url: string,
  filter: string,
): Promise<{ topic: string; payload: string; retain: boolean }> {
  const client = await mqtt.connectAsync(url);
  try {
    const message = new Promise<{ topic: string; payload: string; retain: boolean }>((resolve) => {
      client.once('message', (topic, payload, { retain }) =>
        resolve({ topic, payload: payload.toString(), retain }),
      );
    });
    await client.subscribeAsync(filter, { qos: 1 });
    return await message;
  } finally {
    client.end(true);
  }
}

test('a second start resumes', async () => {
  const dataDir = temporaryDirectory();
  const session = new AlertSession('night-shift');
  const first = await startProduct({ dataDir });
  await session.start(first.mqttUrl);
  await publish(first, 'resumed-1', 85);
  await poll(() => session.firing().has('resumed-1'), { what: 'the first alert' });
  await session.leave();
  // Alerts while the subscriber is away; the last of them when the product is told to stop.
  await publish(first, 'resumed-2', 86);
  await publish(first, 'resumed-3', 21.5);
  await publish(first, 'resumed-4', 87);
  expect(await first.stop('SIGINT')).toEqual({ code: 0, signal: null });
  expect(first.output()).toMatch(/draining/);

  const second = await startProduct({ dataDir });
  const reader = readerOf(second);
  const { total } = await reader.settledBooks();
  expect(total).toMatchObject({ acknowledged: 4, validated: 4, aggregated: 4 });
  expect((await reader.json('/devices/resumed-3')).values).toMatchObject({ temperature: 21.5 });
  expect(await reader.all('/devices/resumed-3/windows')).toMatchObject([
    { events: 1, metrics: { temperature: { count: 1, sum: 21.5 } } },
  ]);
  const firing = await reader.all('/alerts?state=firing');
  expect(firing.map(({ deviceId }) => deviceId).sort()).toEqual(['resumed-1', 'resumed-2', 'resumed-4']);

  // A new subscriber sees what is firing now.
  const state = await firstMessage(second.mqttUrl, 'alert-state/resumed-1/+');
  expect(state).toMatchObject({ topic: 'alert-state/resumed-1/HighTemperature', retain: true });
  expect(JSON.parse(state.payload)).toMatchObject({ state: 'firing', deviceId: 'resumed-1' });

  // An old one gets what it missed, and nothing again.
  await session.start(second.mqttUrl);
  expect(session.sessionPresent).toBe(true);
  await poll(() => session.firing().size === 3, { what: 'the missed alerts' });
  expect([...session.deliveries.values()]).toEqual([1, 1, 1]);
  await session.leave();
  expect(await second.stop()).toEqual({ code: 0, signal: null });
}, 60_000);

describe('a running product', () => {
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
  }, 40_000);

  test('says where everything is, and what to paste', () => {
    const output = product.output();
    const mqttPort = new URL(product.mqttUrl).port;
    expect(output).toContain(product.dataDir);
    expect(output).toMatch(new RegExp(`mosquitto_sub .*-p ${mqttPort}.*alerts/#`));
    expect(output).toMatch(new RegExp(`mosquitto_pub .*-p ${mqttPort}.*devices/dev-1/telemetry`));
    expect(output).toMatch(/Ctrl-C/);
  });

  test('is ready, healthy, and shows a page', async () => {
    expect(await readerOf(product).ready()).toMatchObject({ status: 200 });
    expect((await fetch(`${product.httpUrl}/healthz`)).status).toBe(200);
    const page = await fetch(`${product.httpUrl}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
  });

  test('speaks MQTT over WebSocket on the HTTP port', async () => {
    const client = await mqtt.connectAsync(product.httpUrl.replace('http:', 'ws:'));
    const told = new Promise((resolve) => client.once('message', (topic) => resolve(topic)));
    await client.subscribeAsync('alerts/#', { qos: 1 });
    await client.publishAsync('devices/ws-1/telemetry', event(85), { qos: 2 });
    expect(await told).toBe('alerts/critical/ws-1/HighTemperature');
    await client.endAsync();
  });

  test('stores the will of a dropped device as its last event', async () => {
    const device = await mqtt.connectAsync(product.mqttUrl, {
      reconnectPeriod: 0,
      will: { topic: 'devices/willing/telemetry', payload: Buffer.from(event(19.25)), qos: 1, retain: false },
    });
    device.on('error', () => undefined);
    device.stream.destroy();
    const latest = await poll(() => readerOf(product).json('/devices/willing'), { what: 'the will' });
    expect(latest.values).toMatchObject({ temperature: 19.25 });
  });

  test('keeps and hands on relayed messages, and stores none of them', async () => {
    const before = (await readerOf(product).settledBooks()).total.stored;
    const client = await mqtt.connectAsync(product.mqttUrl);
    await client.publishAsync('devices/relay-1/status', 'online', { qos: 1, retain: true });
    expect(await firstMessage(product.mqttUrl, 'devices/+/status')).toEqual({
      topic: 'devices/relay-1/status',
      payload: 'online',
      retain: true,
    });
    await client.endAsync();
    const { total } = await readerOf(product).settledBooks();
    expect(total.stored - total.ticks).toBeLessThanOrEqual(before);
    expect(total.quarantined).toBe(0);
  });

  test('lets an idle client stay when it is told to stop', async () => {
    const idle = await rawClient(product.mqttUrl, 'idle');
    expect(await product.stop()).toEqual({ code: 0, signal: null });
    await idle.untilClosed();
  });
});

const mosquitto = () => [commandOnPath('mosquitto_pub'), commandOnPath('mosquitto_sub')] as const;
const describeMosquitto = await requireService(
  "mosquitto's clients (apt-get install mosquitto-clients)",
  mosquitto,
);

describeMosquitto("mosquitto's clients", () => {
  test('see an alert for what they publish', async () => {
    const [pub, sub] = mosquitto();
    const product = await startProduct();
    const { port } = new URL(product.mqttUrl);
    const at = ['-h', '127.0.0.1', '-p', port];
    const watching = spawn(sub, [...at, '-v', '-q', '1', '-C', '1', '-W', '20', '-t', 'alerts/#']);
    let seen = '';
    watching.stdout.on('data', (chunk) => {
      seen += String(chunk);
    });
    // It does not tell when its subscription stands: one hot device after another, until it has seen one.
    let device = 0;
    const message = () => JSON.stringify({ ts: Date.now(), temperature: 85, humidity: 40, battery: 3.7 });
    await poll(
      async () => {
        const topic = `devices/dev-${++device}/telemetry`;
        await promisify(execFile)(pub, [...at, '-q', '1', '-t', topic, '-m', message()]);
        return seen.includes('"state":"firing"');
      },
      { intervalMs: 100, what: 'the alert' },
    );
    expect(seen).toMatch(/alerts\/critical\/dev-\d+\/HighTemperature {/);
    watching.kill();
    expect(await product.stop()).toEqual({ code: 0, signal: null });
  }, 60_000);
});
