/** 500 connections lost at once, in the middle of a packet: the process lives, the books balance, others connect. */
import { poll } from '../support/poll.js';
import { startProduct } from '../support/product.js';
import { publishPacket, type RawClient, rawClient } from '../support/raw-mqtt.js';
import { readerOf } from '../support/reader.js';

const CONNECTIONS = 500;
const EVENTS_EACH = 20;

const event = (seq: number) =>
  JSON.stringify({ ts: Date.now(), seq, temperature: 21.5, humidity: 40, battery: 3.75 });

async function connectAll(url: string): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  while (clients.length < CONNECTIONS) {
    const from = clients.length;
    const some = Array.from({ length: 50 }, (_, index) => rawClient(url, `drop-${from + index}`));
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}

test(`${CONNECTIONS} connections dropped at once`, async () => {
  const product = await startProduct();
  const reader = readerOf(product);
  const clients = await connectAll(product.mqttUrl);
  const acknowledged = () =>
    clients.reduce((sum, { received }) => sum + received.filter(({ cmd }) => cmd === 'puback').length, 0);
  for (const [index, client] of clients.entries()) {
    for (let seq = 0; seq < EVENTS_EACH; seq++) {
      client.send(publishPacket(`devices/drop-${index}/telemetry`, event(seq), 1, seq + 1));
    }
    // The beginning of one more.
    client.write(Buffer.of(0x32, 100, 0, 8, 0x64));
  }
  await poll(() => acknowledged() > 0, { what: 'the first acknowledgements' });
  for (const client of clients) client.socket.resetAndDestroy();
  const promised = acknowledged();

  await poll(async () => (await reader.metric('millrace_connections')) === 0, {
    timeoutMs: 20_000,
    what: 'the broker having noticed',
  });
  const { total } = await reader.settledBooks();
  expect(total.acknowledged).toBeGreaterThanOrEqual(promised);
  expect(total.acknowledged).toBeLessThanOrEqual(CONNECTIONS * EVENTS_EACH);
  expect(total).toMatchObject({ aggregated: total.acknowledged, quarantined: 0, duplicate: 0 });

  // All of them come back, and send again what they cannot know to have arrived.
  const again = await connectAll(product.mqttUrl);
  for (const [index, client] of again.entries()) {
    for (let seq = 0; seq < EVENTS_EACH; seq++) {
      client.send(publishPacket(`devices/drop-${index}/telemetry`, event(seq), 1, seq + 1));
    }
  }
  await poll(
    () =>
      again.every(({ received }) => received.filter(({ cmd }) => cmd === 'puback').length === EVENTS_EACH),
    { timeoutMs: 20_000, what: 'every acknowledgement' },
  );
  const books = await reader.settledBooks();
  expect(books.total.acknowledged).toBe(total.acknowledged + CONNECTIONS * EVENTS_EACH);
  for (const client of again) client.destroy();
  expect(await product.stop()).toEqual({ code: 0, signal: null });
}, 90_000);
