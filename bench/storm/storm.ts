/**
 * One storm: a fresh deployment, one event above the limit from each of many devices as fast as they are acknowledged,
 * and the time until the last alert has come over MQTT and to the webhook.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import mqtt from 'mqtt';
import { cpuSecondsOf, peakRssOf, resetPeakRss, rssOf } from '../driver/process-stats.js';
import { startProduct } from '../servers.js';
import { LIMIT, makeProject } from './project.js';
import { type Arrivals, Watch } from './watch.js';

/** A storm that has not drained then is over all the same. */
const DEADLINE_MS = 180_000;
const CONNECTIONS = 20;
const POLL_MS = 20;

export interface StormResult {
  readonly groupBy: string;
  readonly devices: number;
  /** Until the last event was acknowledged, s. */
  readonly publishedSeconds: number;
  readonly mqtt: Arrivals;
  readonly webhook: Arrivals & { readonly requests: number; readonly bytes: number };
  /** False: it had not drained within three minutes. */
  readonly drained: boolean;
  /** User and system time of the server from the first event to the end, s. */
  readonly cpuSeconds: number;
  readonly rssBeforeMiB: number;
  /** Highest during the storm. */
  readonly rssPeakMiB: number;
  readonly rssAfterMiB: number;
}

export async function storm(groupBy: string, devices: number): Promise<StormResult> {
  const publishedAt = new Map<string, number>();
  const [overMqtt, overHttp] = [new Watch(publishedAt), new Watch(publishedAt)];
  const hook = await receiver(overHttp);
  const project = makeProject(hook.url, groupBy);
  const clients: mqtt.MqttClient[] = [];
  try {
    const server = await startProduct(project.args);
    try {
      const url = `mqtt://127.0.0.1:${server.mqttPort}`;
      const subscriber = await mqtt.connectAsync(url, { clientId: 'storm-subscriber' });
      clients.push(subscriber);
      subscriber.on('message', (topic) => overMqtt.saw(topic.split('/')[2] ?? '', performance.now()));
      await subscriber.subscribeAsync('alerts/#', { qos: 1 });
      for (let n = 0; n < CONNECTIONS; n++) {
        clients.push(await mqtt.connectAsync(url, { clientId: `storm-${n}` }));
      }
      const rssBefore = rssOf(server.pid);
      const cpuBefore = cpuSecondsOf(server.pid);
      resetPeakRss(server.pid);
      const start = performance.now();
      await publish(clients.slice(1), devices, publishedAt);
      const publishedSeconds = (performance.now() - start) / 1_000;
      const isDrained = () => overMqtt.size === devices && overHttp.size === devices;
      while (!isDrained() && performance.now() - start < DEADLINE_MS) await delay(POLL_MS);
      return {
        groupBy,
        devices,
        publishedSeconds,
        mqtt: overMqtt.arrivals(start),
        webhook: { ...overHttp.arrivals(start), ...hook.taken() },
        drained: isDrained(),
        cpuSeconds: cpuSecondsOf(server.pid) - cpuBefore,
        rssBeforeMiB: rssBefore / 2 ** 20,
        rssPeakMiB: peakRssOf(server.pid) / 2 ** 20,
        rssAfterMiB: rssOf(server.pid) / 2 ** 20,
      };
    } finally {
      for (const client of clients) await client.endAsync(true);
      await server.stop();
    }
  } finally {
    project.remove();
    await hook.close();
  }
}

/** QoS 1, each device from one of the connections; resolves with the last acknowledgement. */
async function publish(
  clients: readonly mqtt.MqttClient[],
  devices: number,
  publishedAt: Map<string, number>,
): Promise<void> {
  const ts = Date.now();
  const acknowledged = Array.from({ length: devices }, (_, n) => {
    const deviceId = `storm-${n}`;
    const event = { ts, seq: 1, temperature: LIMIT + 1 + (n % 20), humidity: 40, battery: 3.7 };
    publishedAt.set(deviceId, performance.now());
    const client = clients[n % clients.length]!;
    return client.publishAsync(`devices/${deviceId}/telemetry`, JSON.stringify(event), { qos: 1 });
  });
  await Promise.all(acknowledged);
}

interface Hook {
  readonly url: string;
  taken(): { readonly requests: number; readonly bytes: number };
  close(): Promise<void>;
}

async function receiver(watch: Watch): Promise<Hook> {
  let requests = 0;
  let bytes = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      requests++;
      bytes += body.length;
      const { alerts } = JSON.parse(body.toString('utf8')) as { alerts: { labels: { deviceId: string } }[] };
      for (const { labels } of alerts) watch.saw(labels.deviceId, performance.now());
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    taken: () => ({ requests, bytes }),
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
