/** Sockets that do not speak MQTT properly: garbage, halves, lies about lengths. None of them hurts anybody else. */
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';
import { seededRandom } from '../support/random.js';
import { publishPacket, rawClient, rawSocket } from '../support/raw-mqtt.js';
import { readerOf } from '../support/reader.js';

let product: Product;

beforeAll(async () => {
  product = await startProduct();
}, 40_000);

const sound = () => JSON.stringify({ ts: Date.now(), temperature: 21.5, humidity: 40, battery: 3.7 });

/** A well-behaved device is served, and the books balance. */
async function expectServing(): Promise<void> {
  const device = await rawClient(product.mqttUrl, 'well-behaved');
  device.send(publishPacket('devices/well-behaved/telemetry', sound(), 1, 1));
  await device.next('puback');
  device.destroy();
  await readerOf(product).books();
}

test('random bytes', async () => {
  const random = seededRandom();
  console.info(`random bytes: TEST_SEED=${random.seed}`);
  const sockets = await Promise.all(Array.from({ length: 20 }, () => rawSocket(product.mqttUrl)));
  for (const socket of sockets) {
    socket.write(Buffer.from(Array.from({ length: random.integer(1, 5_000) }, () => random.integer(0, 255))));
  }
  await expectServing();
  for (const socket of sockets) socket.destroy();
});

test('random bytes behind a sound CONNECT', async () => {
  const random = seededRandom();
  console.info(`random bytes behind CONNECT: TEST_SEED=${random.seed}`);
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, index) => rawClient(product.mqttUrl, `mad-${index}`)),
  );
  for (const client of clients) {
    client.write(Buffer.from(Array.from({ length: random.integer(1, 5_000) }, () => random.integer(0, 255))));
  }
  await expectServing();
  for (const client of clients) client.destroy();
});

test('HTTP on the MQTT port', async () => {
  const socket = await rawSocket(product.mqttUrl);
  socket.write(Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'));
  await socket.untilClosed();
  await expectServing();
});

test('a publish before the CONNECT is not stored', async () => {
  const before = (await readerOf(product).settledBooks()).total.acknowledged;
  const socket = await rawSocket(product.mqttUrl);
  socket.send(publishPacket('devices/stranger/telemetry', sound(), 1, 1));
  await socket.untilClosed();
  expect((await readerOf(product).settledBooks()).total.acknowledged).toBe(before);
});

test('half a packet, and then nothing or the end', async () => {
  const half = Buffer.concat([Buffer.of(0x32, 100, 0, 8), Buffer.from('devices/')]);
  const waiting = await rawClient(product.mqttUrl, 'half');
  waiting.write(half);
  const gone = await rawClient(product.mqttUrl, 'half-and-gone');
  gone.write(half);
  gone.destroy();
  await expectServing();
  waiting.destroy();
});

test('a wildcard in the topic of a publish closes the connection', async () => {
  const client = await rawClient(product.mqttUrl, 'topics');
  client.write(publishBytes(Buffer.from('devices/+/telemetry')));
  await client.untilClosed();
  await expectServing();
});

test.each([
  ['U+0000', Buffer.from('devices/a\u0000b/telemetry')],
  ['bytes that are not UTF-8', Buffer.from('devices/\xff\xfe/telemetry', 'latin1')],
])('%s in the topic name no device', async (_, topic) => {
  const reader = readerOf(product);
  const counter = 'millrace_gateway_events_total{outcome="refused_topic_unknown"}';
  const before = (await reader.metric(counter)) ?? 0;
  const client = await rawClient(product.mqttUrl, 'topics');
  client.write(publishBytes(topic));
  await poll(async () => (await reader.metric(counter)) === before + 1, { what: 'the refusal' });
  await expectServing();
  client.destroy();
});

test('the announcement of 200 MB is cut off before it is collected', async () => {
  const MAX_GROWTH_MB = 60;
  const reader = readerOf(product);
  const client = await rawClient(product.mqttUrl, 'greedy');
  const before = await reader.residentMB();
  const cutOff = async () =>
    (await reader.metric('millrace_gateway_events_total{outcome="refused_packet_too_large"}')) ?? 0;
  const cutOffBefore = await cutOff();
  // QoS 0 publish, remaining length 200,000,000.
  client.write(Buffer.of(0x30, 0x80, 0x84, 0xaf, 0x5f));
  const chunk = Buffer.alloc(64 * 1024);
  await poll(
    () => {
      if (!client.closed) client.write(chunk);
      return client.closed;
    },
    { intervalMs: 1, what: 'the connection having been closed' },
  );
  expect(await cutOff()).toBe(cutOffBefore + 1);
  expect((await reader.residentMB()) - before).toBeLessThan(MAX_GROWTH_MB);
  await expectServing();
});

test('the process has outlived all of it', async () => {
  await readerOf(product).settledBooks();
  expect(await product.stop()).toEqual({ code: 0, signal: null });
});

/** A QoS 0 publish of a sound event, its topic in whatever bytes. */
function publishBytes(topic: Buffer): Buffer {
  const body = Buffer.concat([
    Buffer.of(topic.length >> 8, topic.length & 0xff),
    topic,
    Buffer.from(sound()),
  ]);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}
