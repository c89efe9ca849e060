/** What there is of presence with a real Mosquitto, which tells of devices what their last wills say. */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import type { ExternalBroker } from '../../../../gateway/mqtt/external/external-broker.js';
import { createPresenceTopics } from '../../../../gateway/presence/topics.js';
import { type TestGateway, testGateway } from '../../../support/external-broker.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../../../support/mosquitto.js';
import { poll } from '../../../support/poll.js';
import { requireService } from '../../../support/services.js';

const describeMosquitto = await requireService('mosquitto', mosquittoCommand);
const presence = createPresenceTopics('devices/{deviceId}/presence', ['devices/{deviceId}/telemetry']);
const WILL = { payload: Buffer.from('offline'), qos: 1 as const, retain: true };

describeMosquitto('presence at a Mosquitto', () => {
  let server: Mosquitto;
  let said: string[];
  const gateways: ExternalBroker[] = [];
  const clients: MqttClient[] = [];

  const connect = async (options: IClientOptions = {}) => {
    const client = await connectAsync(
      `mqtt://127.0.0.1:${server.port}`,
      { reconnectPeriod: 0, ...options },
      false,
    );
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const deviceOf = (id: string) => connect({ will: { topic: `devices/${id}/presence`, ...WILL } });
  const event = (client: MqttClient, id: string) =>
    client.publishAsync(`devices/${id}/telemetry`, '{}', { qos: 1 });
  const open = async (name: string): Promise<TestGateway> => {
    const env = { MQTT_URL: `mqtt://127.0.0.1:${server.port}`, MQTT_CLIENT_ID: name };
    const gateway = testGateway(env, { presence }, true);
    gateways.push(await gateway.open());
    return gateway;
  };

  beforeEach(async () => {
    server = await startMosquitto();
    said = [];
    const watcher = await connect();
    watcher.on('message', (topic, payload) => said.push(`${topic.split('/')[1]} ${payload}`));
    await watcher.subscribeAsync('devices/+/presence', { qos: 1 });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.end(true);
    for (const gateway of gateways.splice(0)) await gateway.close();
    await server.close();
  });

  test('wills tell offline, the gateway that a device is back; of one without a will nothing is told', async () => {
    const gateway = await open('gateway-1');
    const first = await deviceOf('dev-1');
    await event(first, 'dev-1');
    first.stream.destroy();
    await poll(() => said.includes('dev-1 offline'));
    const without = await connect();
    const second = await deviceOf('dev-1');
    for (let n = 0; n < 3; n++) {
      await event(second, 'dev-1');
      await event(without, 'no-will');
    }
    await poll(() => said.includes('dev-1 online'));
    second.stream.destroy();
    await poll(() => said.length >= 3);
    expect(said).toEqual(['dev-1 offline', 'dev-1 online', 'dev-1 offline']);
    expect(gateway.counts()).toMatchObject({ accepted: 7 });
    expect(Object.keys(gateway.counts()).filter((name) => name.startsWith('refused'))).toEqual([]);
    expect(gateway.warnings).toEqual([]);
  });

  test('what was said before a gateway started counts, and a short visit does not', async () => {
    const first = await deviceOf('dev-1');
    first.stream.destroy();
    await poll(() => said.includes('dev-1 offline'));
    const gateway = await open('gateway-2');
    const visitor = await deviceOf('visitor');
    await visitor.publishAsync('devices/visitor/presence', 'offline', { qos: 1, retain: true });
    await event(visitor, 'visitor');
    await visitor.publishAsync('devices/visitor/presence', 'offline', { qos: 1, retain: true });
    await visitor.endAsync();
    await event(await deviceOf('dev-1'), 'dev-1');
    await poll(() => said.includes('dev-1 online'));
    expect(said).toEqual(['dev-1 offline', 'visitor offline', 'visitor offline', 'dev-1 online']);
    expect(gateway.appended).toHaveLength(2);
  });

  test('two gateways: whichever gets the telemetry, the device is online', async () => {
    await Promise.all([open('gateway-3'), open('gateway-4')]);
    const devices = Array.from({ length: 20 }, (_, n) => `dev-${n}`);
    for (const id of devices) (await deviceOf(id)).stream.destroy();
    await poll(() => said.length === 20);
    for (const id of devices) await event(await deviceOf(id), id);
    await poll(() => devices.every((id) => said.includes(`${id} online`)));
  });
});
