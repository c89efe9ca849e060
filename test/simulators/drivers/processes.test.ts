/** Several driving processes as one. They run from dist, as whatever starts a process does. */
import { readdirSync, readFileSync } from 'node:fs';
import { connectAsync, type MqttClient } from 'mqtt';
import type { DriveSummary } from '../../../simulators/drivers/driver.js';
import { LatencyRecorder } from '../../../simulators/drivers/latency.js';
import type * as Processes from '../../../simulators/drivers/processes.js';
import { planOf } from '../../../simulators/plan/plan.js';
import {
  DriveRecord,
  driveOptions,
  names,
  plannedPublishes,
  shortScenario,
  testTarget,
} from '../../support/drive-record.js';
import { freePorts } from '../../support/free-ports.js';
import { type Mosquitto, mosquittoCommand, startMosquitto } from '../../support/mosquitto.js';
import { poll } from '../../support/poll.js';
import { requireService } from '../../support/services.js';

const { driveInProcesses } = (await import(
  new URL('../../../dist/simulators/drivers/processes.js', import.meta.url).href
)) as typeof Processes;
/** Ids of living children. Source: proc(5). */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(parent) === pid && state !== 'Z' ? [Number(name)] : [];
      } catch {
        // It ended meanwhile.
        return [];
      }
    });
}

const describeMosquitto = await requireService('mosquitto', mosquittoCommand);

const scenario = shortScenario(1_500, { devices: 7, qos: 1 });
const plan = planOf(scenario, 1_790_000_000_000, () => 'SCHEMA');

function counted(encoded: string): number {
  const recorder = new LatencyRecorder();
  recorder.add(encoded);
  return recorder.figures().count;
}

describeMosquitto('several driving processes', () => {
  let broker: Mosquitto;
  let subscriber: MqttClient;
  const heard: string[] = [];

  beforeAll(async () => {
    broker = await startMosquitto();
    subscriber = await connectAsync(`mqtt://127.0.0.1:${broker.port}`);
    subscriber.on('message', (topic, payload) => void heard.push(`${topic} ${payload.toString()}`));
    await subscriber.subscribeAsync('devices/#', { qos: 1 });
  });
  afterAll(async () => {
    await subscriber?.endAsync(true);
    await broker?.close();
  });

  test('drive the whole plan between them, and are observed as one driver is', async () => {
    const record = new DriveRecord();
    const options = driveOptions(testTarget(broker.port), plan);
    const summary: DriveSummary = await driveInProcesses(
      { ...options, scenario, processes: 2 },
      record,
    ).run();
    const planned = plannedPublishes(plan);
    expect(record.errors).toEqual([]);
    expect(summary).toMatchObject({
      planned: planned.length,
      sent: planned.length,
      acknowledged: planned.length,
      connects: 7,
      unsent: 0,
    });
    expect(names(record.acknowledgedOnes).sort()).toEqual(names(planned).sort());
    expect(record.sentOnes.every(({ publish }) => publish.report.verdict === 'SCHEMA')).toBe(true);
    expect(counted(summary.latency)).toBe(planned.length);
    expect(counted(summary.schedulingError)).toBe(planned.length);
    const bySecond = summary.throughput.reduce((sum, { acknowledged }) => sum + acknowledged, 0);
    expect(bySecond).toBe(planned.length);
    const expected = planned.map(({ publish }) => `${publish.topic} ${publish.payload.toString()}`);
    await poll(() => heard.length >= expected.length, { what: 'everything having arrived' });
    expect([...heard].sort()).toEqual(expected.sort());
  });

  test('an abort ends all of them, with what was done until then', async () => {
    const long = shortScenario(600_000, { devices: 4 });
    const longPlan = planOf(long, 1_790_000_000_000, () => 'valid');
    const aborted = new AbortController();
    const record = new DriveRecord();
    const options = { ...driveOptions(testTarget(broker.port), longPlan), signal: aborted.signal };
    const running = driveInProcesses({ ...options, scenario: long, processes: 2 }, record).run();
    await poll(() => new Set(record.acknowledgedOnes.map(({ device }) => device)).size === 4, {
      timeoutMs: 30_000,
      what: 'all devices having sent',
    });
    aborted.abort();
    const summary = await running;
    expect(summary.sent).toBe(record.sentOnes.length);
    expect(summary.acknowledged).toBeGreaterThan(0);
  });

  test('one that is killed is the error of the run, and the others end with it', async () => {
    const long = shortScenario(600_000, { devices: 4 });
    const longPlan = planOf(long, 1_790_000_000_000, () => 'valid');
    const before = childrenOf(process.pid);
    const record = new DriveRecord();
    const options = driveOptions(testTarget(broker.port), longPlan);
    const running = driveInProcesses({ ...options, scenario: long, processes: 2 }, record).run();
    const rejection = expect(running).rejects.toMatchObject({
      code: 'DRIVER_PROCESS',
      message: expect.stringContaining('SIGKILL') as string,
    });
    await poll(() => record.acknowledgedOnes.length > 0, { timeoutMs: 30_000, what: 'an acknowledgement' });
    const started = childrenOf(process.pid).filter((pid) => !before.includes(pid));
    expect(started).toHaveLength(2);
    process.kill(started[0]!, 'SIGKILL');
    await rejection;
    await poll(() => childrenOf(process.pid).every((pid) => !started.includes(pid)), {
      what: 'the other process having ended',
    });
  });

  test('what one of them cannot do is the error of the run', async () => {
    const [port] = await freePorts(1);
    const options = driveOptions(testTarget(port!), plan);
    const running = driveInProcesses({ ...options, scenario, processes: 2 }, new DriveRecord()).run();
    await expect(running).rejects.toMatchObject({
      code: 'DRIVER_CONNECT',
      hint: expect.stringContaining('listens') as string,
    });
  });
});
