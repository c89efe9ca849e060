/** An open loop keeps its schedule whatever happens to the broker, and says what that did to the publishes. */
import { createDriver } from '../../../simulators/drivers/create.js';
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

describeMosquitto('an open loop', () => {
  let broker: Mosquitto;
  beforeEach(async () => {
    broker = await startMosquitto();
  });
  afterEach(() => broker?.close());

  test('goes on writing while the broker is stopped, and everything is acknowledged afterwards', async () => {
    const plan = shortPlan(2_500, { devices: 5, interval: 50 });
    const record = new DriveRecord();
    const running = createDriver(driveOptions(testTarget(broker.port), plan), record).run();
    await poll(() => record.acknowledgedOnes.length > 20, { what: 'acknowledgements' });
    process.kill(broker.pid, 'SIGSTOP');
    const [sent, acknowledged] = [record.sentOnes.length, record.acknowledgedOnes.length];
    await poll(() => record.sentOnes.length > sent + 50, { what: 'publishes to a stopped broker' });
    // What was under way when it was stopped may still come in.
    expect(record.acknowledgedOnes.length - acknowledged).toBeLessThan(20);
    process.kill(broker.pid, 'SIGCONT');
    const summary = await running;
    expect(summary).toMatchObject({
      planned: plannedPublishes(plan).length,
      sent: summary.planned,
      acknowledged: summary.planned,
      unsent: 0,
      connects: 5,
    });
  });

  test('counts as unsent what a stopped broker has no room for (QoS 0), and says why', async () => {
    const padding = 'x'.repeat(60_000);
    const plan = shortPlan(1_500, {
      devices: 2,
      interval: 10,
      qos: 0,
      metrics: { text: { model: 'constant', value: padding } },
    });
    const record = new DriveRecord();
    const options = { ...driveOptions(testTarget(broker.port), plan), limits: { socketBytes: 100_000 } };
    const running = createDriver(options, record).run();
    await poll(() => record.sentOnes.length > 10, { what: 'publishes' });
    process.kill(broker.pid, 'SIGSTOP');
    await poll(() => record.unsentOnes.length > 3, { what: 'unsent publishes' });
    process.kill(broker.pid, 'SIGCONT');
    const summary = await running;
    const planned = plannedPublishes(plan).length;
    expect(summary.sent + summary.unsent).toBe(planned);
    expect(summary.unsent).toBe(record.unsentOnes.length);
    expect(summary.unsentReasons).toMatchObject({
      'the backend takes no more bytes': expect.any(Number) as number,
    });
  });

  test('keeps what is due while the broker is dead, and sends it late and in order when it is back', async () => {
    const plan = shortPlan(3_000, { devices: 10, interval: 50 });
    const record = new DriveRecord();
    const running = createDriver(driveOptions(testTarget(broker.port), plan), record).run();
    await poll(() => record.acknowledgedOnes.length > 50, { what: 'acknowledgements' });
    await broker.kill();
    await poll(() => record.unsentOnes.length > 20, { what: 'publishes without a connection' });
    await broker.start();
    const summary = await running;
    const planned = plannedPublishes(plan);
    expect(summary.planned).toBe(planned.length);
    expect(summary).toMatchObject({ sent: planned.length, acknowledged: planned.length, unsent: 0 });
    expect(summary.late).toBeGreaterThan(20);
    expect(summary.connects).toBeGreaterThanOrEqual(20);
    for (const { index } of plan.devices) {
      const own = (told: typeof planned) => names(told.filter(({ device }) => device === index));
      expect(own(record.sentOnes)).toEqual(own(planned));
    }
  });

  test('gives up what waits beyond its bound, and counts it', async () => {
    const plan = shortPlan(1_500, { devices: 5, interval: 20 });
    const record = new DriveRecord();
    const options = {
      ...driveOptions(testTarget(broker.port), plan, { settleMs: 50 }),
      limits: { waiting: 10 },
    };
    const running = createDriver(options, record).run();
    await poll(() => record.acknowledgedOnes.length > 20, { what: 'acknowledgements' });
    await broker.kill();
    const summary = await running;
    const planned = plannedPublishes(plan).length;
    expect(summary.sent + summary.unsent).toBe(planned);
    expect(record.unsentOnes).toHaveLength(summary.unsent);
    expect(Object.keys(summary.unsentReasons!)).toContain('too many waiting (not connected)');
  });

  test('connects and disconnects as the plan says, and two slices are the whole plan', async () => {
    const plan = shortPlan(2_000, {
      devices: 6,
      network: {
        latency: [0, 0],
        loss: 0,
        duplicates: { share: 0.2, after: [10, 50] },
        reordering: { share: 0, by: [0, 0] },
        offline: [{ share: 1, from: 500, until: 1_500, every: 0, lasts: [300, 600], backlog: true }],
        storms: [],
        flapping: [],
      },
    });
    const records = [new DriveRecord(), new DriveRecord()];
    const summaries = await Promise.all(
      records.map((record, part) =>
        createDriver(driveOptions(testTarget(broker.port), plan, { slice: { part, of: 2 } }), record).run(),
      ),
    );
    expect(summaries.map(({ connects }) => connects)).toEqual([6, 6]);
    const all = records.flatMap(({ acknowledgedOnes }) => acknowledgedOnes);
    expect(names(all).sort()).toEqual(names(plannedPublishes(plan)).sort());
    expect(records[0]!.sentOnes.every(({ device }) => device % 2 === 0)).toBe(true);
    expect(records[1]!.sentOnes.every(({ device }) => device % 2 === 1)).toBe(true);
  });
});
