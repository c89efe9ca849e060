/** Subscribers that never read: the others get their alerts, memory stays bounded, and they are cut off in the end. */
import { AlertSession } from '../support/alert-session.js';
import { type DeviceEvent, padding } from '../support/devices.js';
import { LedgerPublisher } from '../support/ledger-publisher.js';
import { poll } from '../support/poll.js';
import { startProduct } from '../support/product.js';
import { type RawClient, rawClient } from '../support/raw-mqtt.js';
import { readerOf } from '../support/reader.js';

/** Together 150 MB for each subscriber: far beyond what kernels buffer for a socket, and what the bound lets pass. */
const ALERTS = 1_500;
const MORE = padding(100);
/** Of the load alone, before there is anybody slow: buffers, caches and heaps reach their working size. */
const WARM_UP_ALERTS = 1_000;
/** The broker holds 4 MiB for each subscriber; the rest is room for the collector's mood. */
const MAX_GROWTH_MB = 120;

/** Devices that are hot and cool in turn: every event makes an alert, firing or resolved. */
function flips(): () => DeviceEvent {
  const DEVICES = 10;
  const start = Date.now();
  let made = 0;
  return () => {
    const seq = Math.floor(made / DEVICES);
    const deviceId = `flip-${made++ % DEVICES}`;
    const temperature = seq % 2 === 0 ? 85 : 20;
    return { deviceId, seq, ts: start + made, temperature, humidity: 40, battery: 3.75, more: MORE };
  };
}

test('two that never read, on QoS 0 and 1, next to two that do', async () => {
  const product = await startProduct();
  const reader = readerOf(product);
  const others = [new AlertSession('reads-1'), new AlertSession('reads-2')];
  for (const other of others) await other.start(product.mqttUrl);
  const next = flips();
  let wanted = 0;
  const publisher: LedgerPublisher = new LedgerPublisher({
    clientId: 'flipping',
    inFlight: 4,
    next: () => {
      if (publisher.events.length + 1 === wanted) publisher.pause();
      return next();
    },
  });
  /** Makes `count` more alerts; resolves with the peak of memory (MB) when those who read have all of them. */
  const makeAlerts = async (count: number) => {
    wanted += count;
    await publisher.start(product.mqttUrl);
    let peak = 0;
    await poll(
      async () => {
        peak = Math.max(peak, await reader.residentMB());
        return others.every((other) => other.deliveries.size === wanted);
      },
      { timeoutMs: 60_000, intervalMs: 50, what: 'every alert at those who read' },
    );
    publisher.drop();
    return peak;
  };

  const before = await makeAlerts(WARM_UP_ALERTS);
  const slow: RawClient[] = [];
  for (const qos of [0, 1] as const) {
    const client = await rawClient(product.mqttUrl, `never-reads-${qos}`);
    client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'alerts/#', qos }] } as never);
    await client.next('suback');
    client.socket.pause();
    slow.push(client);
  }
  const peak = await makeAlerts(ALERTS);
  console.info(`slow subscribers: ${Math.round(before)} MB before them, ${Math.round(peak)} MB at most`);
  expect(peak - before).toBeLessThan(MAX_GROWTH_MB);
  const tooSlow = 'millrace_gateway_events_total{outcome="subscriber_too_slow"}';
  expect(await reader.metric(tooSlow)).toBeGreaterThan(0);
  await poll(async () => (await reader.metric('millrace_connections')) === others.length, {
    timeoutMs: 30_000,
    what: 'the slow subscribers having been cut off',
  });
  const { total } = await reader.settledBooks();
  expect(total).toMatchObject({ aggregated: wanted, late: 0, quarantined: 0 });
  for (const other of others) other.drop();
  for (const client of slow) client.destroy();
  expect(await product.stop()).toEqual({ code: 0, signal: null });
}, 150_000);
