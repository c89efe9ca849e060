/** What a driver owes a broker that hangs up, holds back and refuses: MQTT's rules of redelivery, packet by packet. */
import type { IPublishPacket, Packet } from 'mqtt-packet';
import { createDriver } from '../../../simulators/drivers/create.js';
import {
  DriveRecord,
  driveOptions,
  names,
  plannedPublishes,
  shortPlan,
  testTarget,
} from '../../support/drive-record.js';
import { poll } from '../../support/poll.js';
import { ScriptedBroker } from '../../support/scripted-broker.js';

describe('a driver whose broker', () => {
  let broker: ScriptedBroker;
  beforeEach(async () => {
    broker = await ScriptedBroker.start();
  });
  afterEach(() => broker.stop());

  const publishesOn = (connection: number): IPublishPacket[] =>
    broker.arrivals.flatMap((one) =>
      one.connection === connection && one.packet.cmd === 'publish' ? [one.packet] : [],
    );
  const payloads = (packets: readonly IPublishPacket[]) => packets.map(({ payload }) => payload.toString());

  test.each([4, 5] as const)(
    'hangs up sends again what was not acknowledged: DUP, in order, ahead of anything newer (MQTT %i)',
    async (protocolVersion) => {
      const plan = shortPlan(1_000, { devices: 1, interval: 50, qos: 1 });
      const planned = plannedPublishes(plan).map(({ publish }) => publish.payload.toString());
      broker.answer = (packet, connection) => (connection === 0 && packet.cmd === 'publish' ? [] : undefined);
      const record = new DriveRecord();
      const running = createDriver(
        driveOptions(testTarget(broker.port, { protocolVersion }), plan),
        record,
      ).run();
      await poll(() => publishesOn(0).length >= 5, { what: 'five publishes' });
      broker.hangUp();
      const summary = await running;
      const first = publishesOn(0);
      const second = publishesOn(1);
      const again = second.filter(({ dup }) => dup);
      expect(first.every(({ dup }) => !dup)).toBe(true);
      expect(payloads(again)).toEqual(payloads(first).slice(0, again.length));
      expect(again.map(({ messageId }) => messageId)).toEqual(
        first.map(({ messageId }) => messageId).slice(0, again.length),
      );
      // Everything, once more or for the first time, in the order of the plan.
      expect(payloads(second)).toEqual(planned);
      expect(second.slice(again.length).every(({ dup }) => !dup)).toBe(true);
      expect(summary).toMatchObject({
        sent: planned.length,
        acknowledged: planned.length,
        connects: 2,
        unsent: 0,
        resent: again.length,
      });
      expect(record.disconnections.filter((reason) => reason !== null)).toHaveLength(1);
      expect(names(record.sentOnes)).toEqual(names(plannedPublishes(plan)));
    },
  );

  test('has taken a QoS 2 publish lets go of its id on the next connection, and does not get it again', async () => {
    const plan = shortPlan(150, { devices: 1, interval: 100, qos: 2 });
    const [first] = plannedPublishes(plan);
    broker.answer = (packet, connection) => (connection === 0 && packet.cmd === 'pubrel' ? [] : undefined);
    const running = createDriver(driveOptions(testTarget(broker.port), plan), new DriveRecord()).run();
    const [release] = await poll(() => broker.of('pubrel').length > 0 && broker.of('pubrel'), {
      what: 'a PUBREL',
    });
    broker.hangUp();
    const summary = await running;
    expect(summary).toMatchObject({ acknowledged: summary.planned, unsent: 0 });
    const sentFirst = broker
      .of('publish')
      .filter(({ payload }) => payload.toString() === first!.publish.payload.toString());
    expect(sentFirst).toHaveLength(1);
    const releases = broker.of('pubrel').filter(({ messageId }) => messageId === release!.messageId);
    expect(releases.length).toBeGreaterThanOrEqual(2);
    // A session that is to outlive a connection is asked for, and given back at the end.
    expect(broker.of('connect').map(({ clean }) => clean)).toEqual([false, false, true]);
  });

  test('says no tells why, at once', async () => {
    broker.answer = (packet) =>
      packet.cmd === 'connect'
        ? [{ cmd: 'connack', returnCode: 4, sessionPresent: false } as Packet]
        : undefined;
    const running = createDriver(
      driveOptions(testTarget(broker.port), shortPlan(1_000)),
      new DriveRecord(),
    ).run();
    await expect(running).rejects.toMatchObject({
      code: 'DRIVER_CONNECT',
      canRetry: false,
      message: expect.stringContaining('user name or password is wrong') as string,
      hint: expect.stringContaining('-u and -P') as string,
    });
  });

  test('refuses a publish (MQTT 5) does not get it again, and it does not count as acknowledged', async () => {
    const plan = shortPlan(300, { devices: 1 });
    broker.answer = (packet) =>
      packet.cmd === 'publish'
        ? [{ cmd: 'puback', messageId: packet.messageId!, reasonCode: 0x87 } as Packet]
        : undefined;
    const record = new DriveRecord();
    const summary = await createDriver(
      driveOptions(testTarget(broker.port, { protocolVersion: 5 }), plan),
      record,
    ).run();
    expect(summary).toMatchObject({ acknowledged: 0, refused: summary.planned });
    expect(record.errors[0]).toContain('0x87');
    expect(broker.of('publish')).toHaveLength(summary.planned);
  });

  test('grants a receive maximum (MQTT 5) never has more unacknowledged', async () => {
    const plan = shortPlan(500, { devices: 1, interval: 10 });
    let open = 0;
    let most = 0;
    broker.answer = (packet, connection) => {
      if (packet.cmd === 'connect') {
        return [
          {
            cmd: 'connack',
            reasonCode: 0,
            sessionPresent: false,
            properties: { receiveMaximum: 3 },
          } as Packet,
        ];
      }
      if (packet.cmd !== 'publish') return undefined;
      most = Math.max(most, ++open);
      setImmediate(() => {
        open--;
        broker.send(connection, { cmd: 'puback', messageId: packet.messageId!, reasonCode: 0 } as Packet);
      });
      return [];
    };
    const summary = await createDriver(
      driveOptions(testTarget(broker.port, { protocolVersion: 5 }), plan),
      new DriveRecord(),
    ).run();
    expect(most).toBeLessThanOrEqual(3);
    expect(summary.acknowledged).toBe(summary.planned);
  });

  test('is held to a closed loop has so many unacknowledged and no more', async () => {
    const plan = shortPlan(20_000, { devices: 3 });
    const open = new Map<number, number>();
    let most = 0;
    broker.answer = (packet, connection) => {
      if (packet.cmd !== 'publish') return undefined;
      const now = (open.get(connection) ?? 0) + 1;
      open.set(connection, now);
      most = Math.max(most, now);
      setImmediate(() => {
        open.set(connection, open.get(connection)! - 1);
        broker.send(connection, { cmd: 'puback', messageId: packet.messageId! });
      });
      return [];
    };
    const record = new DriveRecord();
    const summary = await createDriver(
      driveOptions(testTarget(broker.port), plan, { loop: { kind: 'closed', inFlight: 4 } }),
      record,
    ).run();
    expect(most).toBe(4);
    expect(summary).toMatchObject({ acknowledged: summary.planned, connects: 3 });
    expect(record.sentOnes.every(({ due, at }) => due === at)).toBe(true);
  });

  test('gets a plan that fails ends the run with its error', async () => {
    const plan = shortPlan(1_000, { devices: 2 });
    const [device] = plan.devices;
    const broken = {
      ...device!,
      *actions() {
        yield { kind: 'connect' as const, at: 0 };
        yield* [...device!.actions()].slice(1, 3);
        throw new Error('no more readings');
      },
    };
    const options = driveOptions(testTarget(broker.port), { ...plan, devices: [broken, plan.devices[1]!] });
    await expect(createDriver(options, new DriveRecord()).run()).rejects.toThrow('no more readings');
  });
});
