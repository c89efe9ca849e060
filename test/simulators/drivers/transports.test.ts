/** Every transport, version and QoS against a real Mosquitto: what was acknowledged has arrived, to the byte. */
import { connectAsync, type MqttClient } from 'mqtt';
import { createDriver } from '../../../simulators/drivers/create.js';
import type { Target } from '../../../simulators/drivers/driver.js';
import {
  DriveRecord,
  driveOptions,
  names,
  plannedPublishes,
  shortPlan,
  testTarget,
} from '../../support/drive-record.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../../support/mosquitto.js';
import { poll } from '../../support/poll.js';
import { requireService } from '../../support/services.js';

const describeMosquitto = await requireService('mosquitto', mosquittoCommand);

describeMosquitto('drivers against Mosquitto', () => {
  let broker: Mosquitto;
  let subscriber: MqttClient;
  const heard: string[] = [];

  beforeAll(async () => {
    broker = await startMosquitto();
    subscriber = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    subscriber.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString('base64')}`));
    await subscriber.subscribeAsync('devices/#', { qos: 2 });
  });
  beforeEach(() => {
    heard.length = 0;
  });
  afterAll(async () => {
    await subscriber?.endAsync(true);
    await broker?.close();
  });

  const targetOf = (transport: string, protocolVersion: 4 | 5): Target => {
    switch (transport) {
      case 'mqtts':
        return testTarget(broker.tlsPort, {
          transport: 'mqtts',
          host: 'localhost',
          ca: broker.certificate.cert,
          protocolVersion,
        });
      case 'ws':
        return testTarget(broker.wsPort, { transport: 'ws', protocolVersion });
      default:
        return testTarget(broker.port, { protocolVersion });
    }
  };

  const cases = ['mqtt', 'mqtts', 'ws'].flatMap((transport) =>
    ([4, 5] as const).flatMap((version) =>
      ([0, 1, 2] as const).map((qos) => [transport, version, qos] as const),
    ),
  );

  test.each(cases)('%s, MQTT %i, QoS %i', async (transport, version, qos) => {
    const plan = shortPlan(300, { qos, topic: 'devices/{deviceId}/überblick' });
    const planned = plannedPublishes(plan);
    const record = new DriveRecord();
    const options = driveOptions(targetOf(transport, version), plan, {
      loop: { kind: 'closed', inFlight: 5 },
    });
    const summary = await createDriver(options, record).run();
    expect(record.errors).toEqual([]);
    expect(summary).toMatchObject({ planned: planned.length, sent: planned.length, unsent: 0, connects: 3 });
    if (qos > 0) expect(names(record.acknowledgedOnes).sort()).toEqual(names(planned).sort());
    const expected = planned.map(({ publish }) => `${publish.topic} ${publish.payload.toString('base64')}`);
    await poll(() => heard.length >= expected.length, { what: 'everything having arrived' });
    expect([...heard].sort()).toEqual(expected.sort());
  });

  test('a closed loop over shared connections sends the whole plan, each device in its order', async () => {
    const plan = shortPlan(60_000, { devices: 20, interval: 500 });
    const planned = plannedPublishes(plan);
    const record = new DriveRecord();
    const summary = await createDriver(
      driveOptions(targetOf('mqtt', 4), plan, { loop: { kind: 'closed', inFlight: 10 }, connections: 3 }),
      record,
    ).run();
    expect(summary).toMatchObject({ sent: planned.length, acknowledged: planned.length, connects: 3 });
    for (const { index } of plan.devices) {
      const of = (all: typeof planned) => names(all.filter(({ device }) => device === index));
      expect(of(record.sentOnes)).toEqual(of(planned));
    }
  });
});
