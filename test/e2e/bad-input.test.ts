/**
 * Bad input over MQTT: every bad event ends in quarantine with its reason, every bad publish is refused and counted,
 * the process lives and the books balance.
 */
import mqtt, { type MqttClient } from 'mqtt';
import { badEvents } from '../support/bad-events.js';
import type { Json } from '../support/json.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';
import { publishPacket, type RawClient, rawClient } from '../support/raw-mqtt.js';
import { type Reader, readerOf } from '../support/reader.js';

let product: Product;
let reader: Reader;
let listener: MqttClient;
const heard: { topic: string; payload: Buffer }[] = [];

beforeAll(async () => {
  product = await startProduct();
  reader = readerOf(product);
  listener = await mqtt.connectAsync(product.mqttUrl);
  listener.on('message', (topic, payload) => heard.push({ topic, payload }));
  await listener.subscribeAsync('#', { qos: 1 });
}, 40_000);

afterAll(() => {
  listener.end(true);
});

const rejection = (deviceId: string): Promise<Json> =>
  poll(
    () => {
      const reply = heard.find(({ topic }) => topic === `devices/${deviceId}/telemetry/rejected`);
      return reply === undefined ? null : JSON.parse(reply.payload.toString());
    },
    { what: `a reply to ${deviceId}` },
  );

const refusals = async (outcome: string) =>
  (await reader.metric(`millrace_gateway_events_total{outcome="refused_${outcome}"}`)) ?? 0;

const sound = () => JSON.stringify({ ts: Date.now(), temperature: 21.5, humidity: 40, battery: 3.7 });

describe.each([0, 1, 2] as const)('with QoS %d', (qos) => {
  const cases = badEvents().map((bad, index) => ({ ...bad, deviceId: `bad-${qos}-${index}` }));

  beforeAll(async () => {
    const client = await mqtt.connectAsync(product.mqttUrl);
    for (const { deviceId, payload } of cases) {
      await client.publishAsync(`devices/${deviceId}/telemetry`, payload, { qos });
    }
    await client.endAsync();
    await reader.settledBooks();
  });

  test.each(cases)('$name is quarantined and its publisher told', async (bad) => {
    const entries = (await reader.all('/quarantine')).filter(({ deviceId }) => deviceId === bad.deviceId);
    expect(entries).toHaveLength(1);
    const { id, code, pointer, keyword, reason, payload, payloadEncoding, payloadBytes } = entries[0];
    expect({ code, pointer, keyword }).toEqual({
      code: bad.code,
      pointer: bad.pointer,
      keyword: bad.keyword ?? null,
    });
    expect(reason).toMatch(/\w/);
    const sent = Buffer.from(bad.payload as string);
    const kept = Buffer.from(payload, payloadEncoding === 'base64' ? 'base64' : 'utf8');
    expect(sent.subarray(0, kept.length).equals(kept)).toBe(true);
    expect(payloadBytes).toBeGreaterThanOrEqual(kept.length);
    expect(await rejection(bad.deviceId)).toMatchObject({ id, code, pointer, keyword: bad.keyword ?? null });
  });

  test('the books show every one of them', async () => {
    const before = await reader.settledBooks();
    const quarantined = (await reader.all('/quarantine')).length;
    expect(before.total.quarantined).toBe(quarantined);
    expect(before.total.refused).toBe(quarantined);
  });

  test.each([
    {
      name: 'a payload of 1 MB',
      deviceId: 'large',
      payload: Buffer.alloc(1_000_000, 'x'),
      code: 'PAYLOAD_TOO_LARGE',
    },
    { name: 'an empty payload', deviceId: 'empty', payload: Buffer.alloc(0), code: 'PAYLOAD_EMPTY' },
  ])('$name is refused, counted and told', async ({ deviceId, payload, code }) => {
    const id = `${deviceId}-${qos}`;
    const before = await refusals(code.toLowerCase());
    const { total } = await reader.books();
    const client = await rawClient(product.mqttUrl, `${id}-client`);
    client.send(publishPacket(`devices/${id}/telemetry`, payload, qos, 1));
    expect(await rejection(id)).toMatchObject({ id: null, code, reason: expect.stringMatching(/\w/) });
    expect(await refusals(code.toLowerCase())).toBe(before + 1);
    await expectRefused(client, qos);
    expect((await reader.books()).total.quarantined).toBe(total.quarantined);
    client.destroy();
  });

  test.each([
    'foo/bar',
    'devices//telemetry',
    'devices/a/b/telemetry',
    'alerts/x',
    'alert-state/x/y',
    '$SYS/x',
  ])('a publish on %s is refused, and nobody hears it', async (topic) => {
    const before = await refusals('topic_unknown');
    const client = await rawClient(product.mqttUrl, `lost-${qos}`);
    client.send(publishPacket(topic, sound(), qos, 1));
    await expectRefused(client, qos);
    expect(await refusals('topic_unknown')).toBe(before + 1);
    client.destroy();
    expect(heard.map((message) => message.topic)).not.toContain(topic);
  });
});

/** MQTT 3.1.1 cannot say no: the connection closes without an acknowledgement, or what had no promise is dropped. */
async function expectRefused(client: RawClient, qos: 0 | 1 | 2): Promise<void> {
  if (qos > 0) {
    await client.untilClosed();
    expect(client.received.map(({ cmd }) => cmd)).toEqual(['connack']);
    return;
  }
  client.send(publishPacket('devices/alive/telemetry', sound(), 1, 99));
  await client.next('puback');
}

describe('a QoS 2 publish sent twice', () => {
  const stored = async () => (await reader.settledBooks()).total.acknowledged;

  test('is stored once, and a new one with the same message id once more', async () => {
    const before = await stored();
    const client = await rawClient(product.mqttUrl, 'exactly-once');
    for (let event = 1; event <= 2; event++) {
      const payload = sound();
      client.send(publishPacket('devices/once/telemetry', payload, 2, 7));
      await client.next('pubrec');
      client.send(publishPacket('devices/once/telemetry', payload, 2, 7, true));
      await client.next('pubrec');
      client.send({ cmd: 'pubrel', messageId: 7 } as never);
      await client.next('pubcomp');
      expect(await stored()).toBe(before + event);
    }
    client.destroy();
  });

  test('is stored once when the connection was lost in between', async () => {
    const before = await stored();
    const payload = sound();
    const first = await rawClient(product.mqttUrl, 'exactly-once-session', false);
    first.send(publishPacket('devices/once/telemetry', payload, 2, 8));
    await first.next('pubrec');
    first.destroy();
    const second = await rawClient(product.mqttUrl, 'exactly-once-session', false);
    second.send(publishPacket('devices/once/telemetry', payload, 2, 8, true));
    await second.next('pubrec');
    second.send({ cmd: 'pubrel', messageId: 8 } as never);
    await second.next('pubcomp');
    expect(await stored()).toBe(before + 1);
    second.destroy();
  });
});

test('the process has outlived all of it', async () => {
  await reader.settledBooks();
  expect(await product.stop()).toEqual({ code: 0, signal: null });
});
