/** The gateway and a real Mosquitto, over each transport. */
import { connectAsync } from 'mqtt';
import { type TestGateway, testGateway } from '../../../support/external-broker.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../../../support/mosquitto.js';
import { poll } from '../../../support/poll.js';
import { requireService } from '../../../support/services.js';

const describeMosquitto = await requireService('mosquitto', mosquittoCommand);

describeMosquitto('a real Mosquitto', () => {
  let server: Mosquitto;
  beforeAll(async () => {
    server = await startMosquitto({ user: { name: 'gateway', password: 's€cret' } });
  });
  afterAll(() => server.close());

  const device = () =>
    connectAsync(`mqtt://127.0.0.1:${server.port}`, { username: 'gateway', password: 's€cret' }, false);
  const gatewayAt = (address: string, env = {}): TestGateway =>
    testGateway({ MQTT_URL: address, ...env }, {}, true);

  test.each([
    ['mqtt', () => `mqtt://gateway:s%E2%82%ACcret@127.0.0.1:${server.port}`],
    ['mqtts', () => `mqtts://gateway:s%E2%82%ACcret@localhost:${server.tlsPort}`],
    ['ws', () => `ws://gateway:s%E2%82%ACcret@127.0.0.1:${server.wsPort}/mqtt`],
  ])('%s: telemetry in, alerts out', async (name, address) => {
    const gateway = gatewayAt(address(), {
      MQTT_CLIENT_ID: `over-${name}`,
      MQTT_GROUP: name,
      MQTT_CA: server.certificate.cert,
    });
    const broker = await gateway.open();
    const client = await device();
    await client.subscribeAsync('alerts/#', { qos: 1 });
    const heard: string[] = [];
    client.on('message', (topic) => heard.push(topic));
    const payload = (n: number) => JSON.stringify({ n, pad: 'x'.repeat(n % 500) });
    for (let n = 0; n < 300; n++) {
      const qos = (n % 3) as 0 | 1 | 2;
      await client.publishAsync(`devices/${name}-${n % 5}/telemetry`, payload(n), { qos });
    }
    await poll(() => gateway.appended.length === 300, { what: 'all telemetry' });
    expect(gateway.appended.map((each) => JSON.parse(each.payload).n)).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
    await broker.send({ topic: `alerts/${name}`, payload: Buffer.from('{}'), qos: 1, retain: false });
    await poll(() => heard.includes(`alerts/${name}`));
    await broker.stopTaking();
    await broker.close();
    await client.endAsync();
    expect(gateway.errors).toEqual([]);
  });

  test('refusals say what to do', async () => {
    const url = `mqtt://127.0.0.1:${server.port}`;
    await expect(gatewayAt(url).open()).rejects.toMatchObject({
      code: 'MQTT_AUTH',
      hint: expect.stringContaining('MQTT_USERNAME'),
    });
    await expect(
      gatewayAt(url, { MQTT_USERNAME: 'gateway', MQTT_PASSWORD: 'x' }).open(),
    ).rejects.toMatchObject({ code: 'MQTT_AUTH' });
    await expect(gatewayAt(`mqtts://localhost:${server.tlsPort}`).open()).rejects.toMatchObject({
      code: 'MQTT_TLS',
      hint: expect.stringContaining('MQTT_CA'),
    });
    await expect(gatewayAt(`mqtts://127.0.0.1:${server.port}`).open()).rejects.toMatchObject({
      code: expect.stringMatching(/^MQTT_(TLS|UNREACHABLE)$/),
    });
    await expect(gatewayAt('mqtt://no-such-host.invalid').open()).rejects.toMatchObject({
      code: 'MQTT_UNREACHABLE',
      hint: expect.stringContaining('host name'),
    });
  });
});
