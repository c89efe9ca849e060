/** Presence at the embedded broker, as MQTT clients cause it and see it. */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { type EmbeddedBroker, embeddedBroker } from '../../support/embedded-broker.js';
import { poll } from '../../support/poll.js';
import { temporaryDirectory } from '../../support/product.js';
import { publishPacket, type RawClient, rawClient } from '../../support/raw-mqtt.js';

const EVENT = '{"temperature":20}';
let broker: EmbeddedBroker;
const clients: MqttClient[] = [];

const connect = async (options: IClientOptions = {}) => {
  const client = await connectAsync(broker.url, { reconnectPeriod: 0, ...options }, false);
  client.on('error', () => undefined);
  clients.push(client);
  return client;
};
/** Everything that is said on presence topics from now on, retained messages first: `dev-1 online`. */
const watch = async () => {
  const said: string[] = [];
  const client = await connect();
  client.on('message', (topic, payload, { retain }) => {
    said.push(`${topic.split('/')[1]} ${payload}${retain ? ' retained' : ''}`);
  });
  await client.subscribeAsync('devices/+/presence', { qos: 1 });
  return said;
};
const willOf = (topic: string, payload = 'offline') => ({
  will: { topic, payload: Buffer.from(payload), qos: 1 as const, retain: true },
});
const event = (client: MqttClient, device: string) =>
  client.publishAsync(`devices/${device}/telemetry`, EVENT, { qos: 1 });
/** Something that comes after whatever was under way: then nothing else is to come. */
const marked = async (said: readonly string[]) => {
  const marker = `marker-${said.length}`;
  await event(await connect(), marker);
  await poll(() => said.includes(`${marker} online`), { what: 'the marker' });
  return said.filter((each) => !each.startsWith('marker'));
};
const until = (said: readonly string[], wanted: string[]) =>
  poll(() => said.length >= wanted.length, { what: wanted.join(', ') }).finally(() => {
    expect(said).toEqual(wanted);
  });

describe('presence', () => {
  beforeEach(async () => {
    broker = await embeddedBroker(temporaryDirectory());
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end(true);
    expect(broker.failures).toEqual([]);
    await broker.stop();
  });

  test('from the first event to DISCONNECT, retained, in plain text', async () => {
    const said = await watch();
    const device = await connect();
    expect(await marked(said)).toEqual([]);
    for (let n = 0; n < 3; n++) await event(device, 'dev-1');
    await poll(() => said.includes('dev-1 online'));
    expect(await watch().then((late) => poll(() => late.length > 1 && late))).toContain(
      'dev-1 online retained',
    );
    await device.endAsync();
    await poll(() => said.includes('dev-1 offline'));
    expect(await marked(said)).toEqual(['dev-1 online', 'dev-1 offline']);
  });

  test.each<[string, (device: MqttClient) => void]>([
    ['a lost connection', (device) => void device.stream.destroy()],
    ['silence longer than keep-alive allows', (device) => void device.stream.pause()],
  ])('ends with %s', async (_, lose) => {
    const said = await watch();
    const device = await connect({ keepalive: 1, reschedulePings: false });
    // It sends no pings of its own accord.
    (device as unknown as { keepaliveManager: { destroy(): void } }).keepaliveManager.destroy();
    await event(device, 'dev-1');
    await until(said, ['dev-1 online']);
    lose(device);
    await until(said, ['dev-1 online', 'dev-1 offline']);
  });

  test('a gateway device speaks for many, and may say which of them are gone', async () => {
    const said = await watch();
    const device = await connect({ clientId: 'gateway-7' });
    await event(device, 'sub-1');
    await event(device, 'sub-2');
    await until(said, ['sub-1 online', 'sub-2 online']);
    await device.publishAsync('devices/sub-1/presence', 'offline', { qos: 1, retain: true });
    await until(said, ['sub-1 online', 'sub-2 online', 'sub-1 offline']);
    await event(device, 'sub-1');
    await device.endAsync();
    await poll(() => said.includes('sub-2 offline'));
    expect(said.filter((each) => each.startsWith('sub-2'))).toEqual(['sub-2 online', 'sub-2 offline']);
  });

  test('a last will names its device at CONNECT, and says nothing that is not so', async () => {
    const said = await watch();
    const own = await connect(willOf('devices/dev-1/presence'));
    const other = await connect(willOf('devices/dev-2/status', 'gone'));
    await poll(() => said.length === 2);
    expect(said.sort()).toEqual(['dev-1 online', 'dev-2 online']);
    // The device has another connection, so the will of this one is not the end of it.
    const second = await connect();
    await event(second, 'dev-1');
    own.stream.destroy();
    other.stream.destroy();
    await poll(() => said.includes('dev-2 offline'));
    expect(await marked(said)).toEqual(['dev-1 online', 'dev-2 online', 'dev-2 offline']);
    second.stream.destroy();
    await poll(() => said.includes('dev-1 offline'));
  });

  test('a client id names a device that is known, and nothing else', async () => {
    const said = await watch();
    await connect({ clientId: 'dashboard' });
    const first = await connect({ clientId: 'dev-1' });
    expect(await marked(said)).toEqual([]);
    await event(first, 'dev-1');
    await poll(() => said.includes('dev-1 online'));
    await first.endAsync();
    await poll(() => said.includes('dev-1 offline'));
    await connect({ clientId: 'dev-1' });
    await poll(() => said.filter((each) => each === 'dev-1 online').length === 2);
  });

  test('a takeover by the same client id is no change', async () => {
    const said = await watch();
    const options = { clientId: 'gateway-7', ...willOf('devices/gateway-7/presence') };
    const first = await connect(options);
    await event(first, 'sub-1');
    await poll(() => said.length === 2);
    const closed = new Promise<void>((resolve) => first.once('close', () => resolve()));
    const second = await connect(options);
    await closed;
    expect(await marked(said)).toEqual(said.slice(0, 2));
    second.stream.destroy();
    await poll(() => said.includes('sub-1 offline') && said.includes('gateway-7 offline'));
  });

  test('saying it oneself: before telemetry by client id, and before DISCONNECT', async () => {
    const said = await watch();
    const device = await connect({ clientId: 'dev-1' });
    await device.publishAsync('devices/dev-1/presence', 'online', { qos: 1, retain: true });
    await until(said, ['dev-1 online']);
    await device.publishAsync('devices/dev-1/presence', 'offline', { qos: 0, retain: true });
    await until(said, ['dev-1 online', 'dev-1 offline']);
    await device.publishAsync('devices/dev-1/presence', 'online', { qos: 2 });
    await until(said, ['dev-1 online', 'dev-1 offline', 'dev-1 online']);
    expect(device.connected).toBe(true);
  });

  test.each([
    ['of another device', 'victim', 'offline', 'presence_foreign'],
    ['that nobody knows', 'mine', '{"state":"up"}', 'presence_invalid'],
    ['that is empty', 'mine', '', 'presence_invalid'],
  ])('a presence %s is refused', async (_, device, payload, counted) => {
    const said = await watch();
    await event(await connect(), 'victim');
    const attacker = await rawClient(broker.url, 'attacker');
    attacker.send(publishPacket('devices/mine/telemetry', EVENT, 1, 1));
    await attacker.next('puback');
    await poll(() => said.length === 2);
    attacker.send(publishPacket(`devices/${device}/presence`, payload, 1, 2));
    await attacker.untilClosed();
    expect(attacker.received.filter(({ cmd }) => cmd === 'puback')).toHaveLength(1);
    expect(broker.counts()).toMatchObject({ [`refused_${counted}`]: 1 });
    await poll(() => said.includes('mine offline'));
    expect(said.filter((each) => each.startsWith('victim'))).toEqual(['victim online']);
  });

  test('500 connections lost at once: each is told once, and messages of others come through meanwhile', async () => {
    const said = await watch();
    const devices: RawClient[] = [];
    while (devices.length < 500) {
      const from = devices.length;
      const some = Array.from({ length: 50 }, (_, n) => rawClient(broker.url, `flap-${from + n}`));
      devices.push(...(await Promise.all(some)));
    }
    for (const [n, device] of devices.entries()) {
      device.send(publishPacket(`devices/flap-${n}/telemetry`, EVENT));
    }
    await poll(() => said.length === 500, { what: 'all online' });
    for (const { socket } of devices) socket.resetAndDestroy();
    await event(await connect(), 'another');
    await poll(() => said.length === 1_001, { what: 'all offline' });
    expect(new Set(said).size).toBe(1_001);
    expect(broker.presence!.online).toBe(1);
  });
});

describe('over a restart', () => {
  afterEach(() => {
    for (const client of clients.splice(0)) client.end(true);
  });

  test('devices that come back were never away; the others are told offline after the grace', async () => {
    const directory = temporaryDirectory();
    broker = await embeddedBroker(directory);
    const before = await watch();
    await connect({ clientId: 'back', ...willOf('devices/back/presence') });
    await connect({ clientId: 'lost', ...willOf('devices/lost/presence') });
    await poll(() => before.length === 2);
    await broker.stop();
    expect(before).toHaveLength(2);

    broker = await embeddedBroker(directory, { graceMs: 1_500 });
    const said = await watch();
    await connect({ clientId: 'back' });
    await poll(() => said.includes('lost offline'));
    expect(said.sort()).toEqual(['back online retained', 'lost offline', 'lost online retained']);
    await broker.stop();
  });

  test('without presence its topics are like any other', async () => {
    broker = await embeddedBroker(temporaryDirectory(), { presence: false });
    const said = await watch();
    const device = await rawClient(broker.url, 'dev-1');
    device.send(publishPacket('devices/dev-1/telemetry', EVENT, 1, 1));
    await device.next('puback');
    device.send(publishPacket('devices/dev-1/presence', 'online', 1, 2));
    await device.untilClosed();
    expect(broker.counts()).toMatchObject({ refused_topic_unknown: 1 });
    expect(said).toEqual([]);
    await broker.stop();
  });
});
