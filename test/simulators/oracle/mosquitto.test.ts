/** Faults between driver and broker, and a broker alone: what a subscriber sees of them. */

import { wallNow } from '../../../simulators/drivers/clock.js';
import { createDriver } from '../../../simulators/drivers/create.js';
import type { DriveObserver, Target } from '../../../simulators/drivers/driver.js';
import { Findings } from '../../../simulators/oracle/findings.js';
import { subscribe } from '../../../simulators/oracle/subscriber.js';
import { TransportWatch } from '../../../simulators/oracle/transport.js';
import type { Plan, Publish } from '../../../simulators/plan/action.js';
import { planOf } from '../../../simulators/plan/plan.js';
import { type Fault, type FaultyProxy, faultyProxy } from '../../support/faulty-proxy.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../../support/mosquitto.js';
import { poll } from '../../support/poll.js';
import { calmNetwork, testScenario } from '../../support/scenario.js';
import { requireService } from '../../support/services.js';

const describeMosquitto = await requireService('mosquitto', mosquittoCommand);

function scenarioPlan(qos: 0 | 1): Plan {
  const network = { ...calmNetwork, duplicates: { share: 0.1, after: [1_000, 5_000] as const } };
  const scenario = testScenario({ devices: 3, qos, network }, { speed: 60 });
  return planOf(scenario, 1_790_000_000_000, () => 'valid');
}

function targetAt(port: number): Target {
  return {
    transport: 'mqtt',
    host: '127.0.0.1',
    port,
    path: '',
    insecure: false,
    protocolVersion: 4,
    keepaliveSeconds: 30,
  };
}

/** Publishes of a device that go out once. */
function singles(plan: Plan, device: number): Publish[] {
  const all = [...plan.devices[device]!.actions()].filter((action) => action.kind === 'publish');
  return all.filter(({ payload }) => all.filter((one) => one.payload.equals(payload)).length === 1);
}

describeMosquitto('a broker that only carries messages', () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto();
  });
  afterAll(() => broker.close());

  async function run(plan: Plan, faults: ReadonlyMap<string, Fault>) {
    const proxy: FaultyProxy = await faultyProxy(broker.port, (payload) => faults.get(payload.toString()));
    const findings = new Findings();
    const watch = new TransportWatch(findings, plan.devices.length);
    const idOf = (device: number) => plan.devices[device]!.deviceId;
    const subscriber = await subscribe(targetAt(broker.port), `oracle-${process.pid}`, [
      { filter: 'devices/+/telemetry', received: (topic, payload) => watch.receivedOn(topic, payload) },
    ]);
    let sent = 0;
    const observer: DriveObserver = {
      sent(device, publish) {
        sent++;
        watch.sent(idOf(device), publish);
      },
      acknowledged: (_device, publish) => watch.acknowledged(publish),
      unsent: () => undefined,
      connected: () => undefined,
      disconnected: (device) => watch.connectionLost((id) => id === idOf(device)),
      error: (message) => {
        throw new Error(message);
      },
    };
    try {
      const driver = createDriver(
        {
          target: targetAt(proxy.port),
          plan,
          loop: { kind: 'open' },
          connections: null,
          clientIdPrefix: `drive-${process.pid}-`,
          connectRate: 1_000,
          slice: { part: 0, of: 1 },
          beginAt: wallNow() + 200,
          settleMs: 5_000,
        },
        observer,
      );
      const summary = await driver.run();
      const dropped = [...faults.values()].filter((fault) => fault === 'drop').length;
      const doubled = [...faults.values()].filter((fault) => fault === 'double').length;
      await poll(() => watch.received === sent - dropped + doubled, { what: 'what the broker hands on' });
      watch.finish();
      return { findings: findings.list(), summary, received: watch.received };
    } finally {
      await subscriber.close();
      await proxy.close();
    }
  }

  test.each([0, 1] as const)('QoS %i: nothing is found where nothing is wrong', async (qos) => {
    const { findings, summary, received } = await run(scenarioPlan(qos), new Map());
    expect(findings).toEqual([]);
    expect(received).toBe(summary.sent);
    expect(summary.sent).toBeGreaterThan(180);
  });

  test('a proxy that drops, doubles, holds back and alters: each is told with its exact event', async () => {
    const plan = scenarioPlan(1);
    const [first, second, third] = [singles(plan, 0), singles(plan, 1), singles(plan, 2)];
    const [dropped, doubled, held, altered] = [first[3]!, second[5]!, third[7]!, first[11]!];
    const other = Buffer.from(altered.payload.toString().replace('temperature', 'Temperature'));
    const { findings } = await run(
      plan,
      new Map<string, Fault>([
        [dropped.payload.toString(), 'drop'],
        [doubled.payload.toString(), 'double'],
        [held.payload.toString(), 'hold'],
        [altered.payload.toString(), other],
      ]),
    );
    const number = ({ report }: Publish) => report.number;
    const told = findings.map(({ kind, where, count, examples }) => [kind, where, count, examples[0]!.what]);
    const sort = (list: unknown[]) => list.map((one) => JSON.stringify(one)).sort();
    expect(sort(told)).toEqual(
      sort([
        ['lost', 'transport', 1, `report ${number(dropped)} of room-0 was acknowledged and never came`],
        ['duplicate', 'transport', 1, `report ${number(doubled)} of room-1 came 2 times, sent 1 times`],
        [
          'reordered',
          'transport',
          1,
          `report ${number(held)} of room-2 came after report ${number(held) + 1}, which was sent later`,
        ],
        ['wrong', 'transport', 1, `report ${number(altered)} of room-0 was altered`],
      ]),
    );
  });
});
