/**
 * Gateways in front of a real broker: whatever the broker acknowledged to a publisher is in the streams, however
 * gateways die and the broker restarts.
 */
import { connectAsync } from 'mqtt';
import { type CrashFleet, crashFleet } from '../support/crash-fleet.js';
import { payloadOf, topicOf } from '../support/devices.js';
import { type Gateway, startGateway, storedIn } from '../support/gateways.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../support/mosquitto.js';
import { poll } from '../support/poll.js';
import { temporaryDirectory } from '../support/product.js';
import { seededRandom } from '../support/random.js';
import { requireService } from '../support/services.js';

const describeMosquitto = await requireService('mosquitto', mosquittoCommand);
const KILLS = 5;

describeMosquitto('gateways and a real broker', () => {
  const random = seededRandom();
  let broker: Mosquitto;
  let fleet: CrashFleet;
  let gateways: Gateway[];
  let sentinels = 0;

  beforeEach(async () => {
    broker = await startMosquitto({ persistence: true });
    fleet = crashFleet(random, { connections: 3, devicesPerConnection: 5, inFlight: 20 });
    gateways = [];
  });
  afterEach(async () => {
    fleet.drop();
    await Promise.all(gateways.map((gateway) => gateway.kill9()));
    await broker.close();
  });

  const mqttUrl = () => `mqtt://127.0.0.1:${broker.port}`;
  const start = async (directory: string, clientId: string, env = {}) => {
    const gateway = await startGateway(directory, {
      MQTT_URL: mqttUrl(),
      MQTT_CLIENT_ID: clientId,
      ...env,
    });
    gateways.push(gateway);
    return gateway;
  };
  const more = (events: number) => {
    const goal = fleet.acknowledged + events;
    return poll(() => fleet.acknowledged >= goal, { what: 'more events', timeoutMs: 30_000 });
  };

  const connections = (gateway: Gateway) => gateway.output().split('connected to mqtt:').length - 1;

  /** Ends the fleet, lets the gateways store all they still get, stops them, and compares. */
  async function outcome(directories: readonly string[], running: readonly Gateway[]) {
    fleet.pause();
    await poll(() => fleet.owed === 0, { what: 'the broker having acknowledged everything' });
    await untilStored(running);
    const counted = await Promise.all(running.map((gateway) => gateway.stop()));
    const stored = await Promise.all(directories.map(storedIn));
    const events = fleet.events();
    const published = new Set(events.map((event) => `${event.deviceId} ${payloadOf(event)}`));
    const each = stored.map((records) => records.map(({ deviceId, payload }) => `${deviceId} ${payload}`));
    const got = new Set(each.flat().filter((one) => !one.startsWith('sentinel')));
    expect([...published].filter((one) => !got.has(one))).toEqual([]);
    expect([...got].filter((one) => !published.has(one))).toEqual([]);
    console.info(
      `TEST_SEED=${random.seed}: ${events.length} events, ${fleet.resent} sent again by publishers, stored ` +
        `${each.map((one) => one.length).join(' + ')} times; ${JSON.stringify(counted)}`,
    );
    return { stored, counted };
  }

  /** A session is a queue: what is stored of the last messages comes after all before. Each session gets some. */
  async function untilStored(running: readonly Gateway[]): Promise<void> {
    const client = await connectAsync(mqttUrl(), {}, false);
    const wanted = Array.from({ length: 3 * running.length }, () => `sentinel-${sentinels++}`);
    for (const id of wanted) await client.publishAsync(topicOf(id), '{}', { qos: 1 });
    await client.endAsync();
    await poll(
      () => {
        const found = new Set(running.flatMap((gateway) => gateway.sentinels()));
        return wanted.every((id) => found.has(id));
      },
      { what: 'the gateways having stored everything', timeoutMs: 20_000 },
    );
  }

  test(`${KILLS} times kill -9 of the only gateway lose nothing`, async () => {
    const directory = temporaryDirectory();
    let gateway = await start(directory, 'only');
    await fleet.start(mqttUrl());
    for (let kill = 0; kill < KILLS; kill++) {
      await more(random.integer(50, 1_000));
      await gateway.kill9();
      await more(random.integer(50, 500));
      gateway = await start(directory, 'only');
    }
    await more(200);
    const { stored } = await outcome([directory], [gateway]);
    expect(stored[0]!.length).toBeGreaterThan(1_000);
  }, 120_000);

  test('another gateway takes over the session of a dead one, on a machine of its own', async () => {
    const directories = [temporaryDirectory(), temporaryDirectory()];
    const first = await start(directories[0]!, 'heir');
    await fleet.start(mqttUrl());
    await more(1_000);
    await first.kill9();
    await more(500);
    const second = await start(directories[1]!, 'heir');
    await more(500);
    await outcome(directories, [second]);
  }, 120_000);

  test('restarts of the broker lose nothing with a plain subscription, which it keeps', async () => {
    const directory = temporaryDirectory();
    const gateway = await start(directory, 'alone', { MQTT_SHARED: 'false' });
    await fleet.start(mqttUrl());
    for (let restart = 0; restart < 3; restart++) {
      await more(random.integer(200, 1_000));
      fleet.drop();
      await broker.stop();
      await broker.start();
      // Most likely before the gateway is back.
      await fleet.start(mqttUrl());
    }
    await more(500);
    const { counted } = await outcome([directory], [gateway]);
    expect(counted[0]!.broker_reconnects).toBeGreaterThanOrEqual(1);
    expect(counted[0]!.broker_forgot_session).toBeUndefined();
  }, 120_000);

  test('restarts of the broker lose nothing that was published while a gateway had its shared subscription', async () => {
    const directory = temporaryDirectory();
    const gateway = await start(directory, 'sharing');
    for (let restart = 0; restart < 3; restart++) {
      await fleet.start(mqttUrl());
      await more(random.integer(200, 1_000));
      fleet.drop();
      const known = connections(gateway);
      await broker.stop();
      await broker.start();
      // Mosquitto 2.0 forgets shared subscriptions, though not the session and its queue.
      await poll(() => connections(gateway) > known, { what: 'the gateway having come back' });
    }
    await fleet.start(mqttUrl());
    await more(500);
    const { counted } = await outcome([directory], [gateway]);
    expect(counted[0]!.broker_forgot_subscriptions).toBe(3);
  }, 120_000);

  test('two gateways share the load; one is killed and comes back, together they have everything', async () => {
    const directories = [temporaryDirectory(), temporaryDirectory()];
    const first = await start(directories[0]!, 'first');
    let second = await start(directories[1]!, 'second');
    await fleet.start(mqttUrl());
    await more(1_000);
    await second.kill9();
    // The first one goes on alone.
    await more(500);
    second = await start(directories[1]!, 'second');
    await more(1_000);
    const { stored } = await outcome(directories, [first, second]);
    const [one, two] = stored.map((records) => records.length) as [number, number];
    expect(Math.min(one, two)).toBeGreaterThan(0.2 * (one + two));
    // Within a gateway that was not interrupted, the events of a device are in their order.
    const last = new Map<string, number>();
    for (const { deviceId, payload } of stored[0]!) {
      const { seq } = JSON.parse(payload) as { seq?: number };
      if (seq === undefined) continue;
      expect(seq).toBeGreaterThan(last.get(deviceId) ?? -1);
      last.set(deviceId, seq);
    }
  }, 120_000);

  test('a gateway that leaves hands its share to the other', async () => {
    const directories = [temporaryDirectory(), temporaryDirectory()];
    const staying = await start(directories[0]!, 'staying');
    const leaving = await start(directories[1]!, 'leaving', { MQTT_LEAVE_ON_STOP: 'true' });
    await fleet.start(mqttUrl());
    await more(500);
    const counted = await leaving.stop();
    expect(counted.accepted).toBeGreaterThan(0);
    await more(500);
    await outcome(directories, [staying]);
  }, 120_000);
});
