/**
 * One measurement of the simulators' driver, in a process of its own:
 * `node --expose-gc dist/bench/publisher/load.js '{"kind":"rate","port":1883,…}'`, prints a `LoadResult` (JSON).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { wallNow } from '../../simulators/drivers/clock.js';
import { createDriver } from '../../simulators/drivers/create.js';
import type { DriveObserver, DriveOptions } from '../../simulators/drivers/driver.js';
import { type Latency, LatencyRecorder } from '../../simulators/drivers/latency.js';
import { leadMs } from '../../simulators/drivers/ramp.js';
import type { Plan } from '../../simulators/plan/action.js';
import { planOf } from '../../simulators/plan/plan.js';
import { scenarioOf, syntheticPlan } from './plans.js';

export interface LoadTask {
  /** `rate`: as fast as it goes; `schedule`: open loop; `idle`: connections that do nothing. */
  readonly kind: 'rate' | 'schedule' | 'idle';
  readonly port: number;
  readonly qos: 0 | 1;
  readonly connections: number;
  readonly seconds: number;
  /** Events per second; only with `schedule`. */
  readonly rate: number;
  /** Events made from a scenario (random walks, JSON) as they go, instead of ready ones. */
  readonly fromScenario: boolean;
}

export interface LoadResult {
  readonly task: LoadTask;
  /** Sent (QoS 0) or acknowledged (QoS 1) per second of the measured interval. */
  readonly perSecond: number;
  readonly perCpuSecond: number;
  readonly cpuSeconds: number;
  /** How late publishes were written. */
  readonly schedulingErrorMs: Latency | null;
  /** Over the whole run. */
  readonly sent: number;
  readonly unsent: number;
  readonly connectsPerSecond: number;
  /** Growth per connection, after a garbage collection; only with `idle`. */
  readonly idleBytes: { readonly rss: number; readonly heap: number } | null;
}

const WARM_UP_MS = 1_500;
const IN_FLIGHT = 100;
/** More than can be had. */
const CONNECT_RATE = 50_000;

class Counter implements DriveObserver {
  sentCount = 0;
  acknowledgedCount = 0;
  connects = 0;
  lastConnect = 0;

  sent(): void {
    this.sentCount++;
  }
  acknowledged(): void {
    this.acknowledgedCount++;
  }
  connected(): void {
    this.connects++;
    this.lastConnect = wallNow();
  }
  unsent(): void {}
  disconnected(): void {}
  error(message: string): void {
    process.stderr.write(`${message}\n`);
  }
}

async function measure(task: LoadTask): Promise<LoadResult> {
  const counter = new Counter();
  const aborted = new AbortController();
  const lead = leadMs(task.connections, CONNECT_RATE) + 500;
  const memory = memoryNow();
  const begun = wallNow();
  const beginAt = begun + (task.kind === 'idle' ? 0 : lead);
  const options: DriveOptions = {
    target: {
      transport: 'mqtt',
      host: '127.0.0.1',
      port: task.port,
      path: '',
      insecure: false,
      protocolVersion: 4,
      keepaliveSeconds: 600,
    },
    plan: planFor(task),
    loop: task.kind === 'rate' ? { kind: 'closed', inFlight: IN_FLIGHT } : { kind: 'open' },
    connections: task.kind === 'idle' ? null : task.connections,
    clientIdPrefix: `bench-${process.pid}-`,
    connectRate: CONNECT_RATE,
    slice: { part: 0, of: 1 },
    beginAt,
    signal: aborted.signal,
    settleMs: 2_000,
  };
  const running = createDriver(options, counter).run();
  // Its rejection is awaited below; until then it must not count as unhandled.
  running.catch(() => undefined);
  const ended = running.then(() => undefined);
  if (task.kind === 'idle') {
    while (counter.connects < task.connections) await Promise.race([delay(50), ended]);
  } else await Promise.race([delay(beginAt - wallNow() + WARM_UP_MS), ended]);
  const idle = task.kind === 'idle' ? growth(memory, task.connections) : null;
  const doneBefore = done(task, counter);
  const cpuBefore = process.cpuUsage();
  const from = wallNow();
  await Promise.race([delay(task.kind === 'idle' ? 0 : task.seconds * 1000), ended]);
  const seconds = (wallNow() - from) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  const count = done(task, counter) - doneBefore;
  aborted.abort();
  const summary = await running;
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const scheduling = new LatencyRecorder();
  scheduling.add(summary.schedulingError);
  return {
    task,
    perSecond: count / seconds,
    perCpuSecond: count / cpuSeconds,
    cpuSeconds,
    schedulingErrorMs: task.kind === 'schedule' ? scheduling.figures() : null,
    sent: summary.sent,
    unsent: summary.unsent,
    connectsPerSecond: (counter.connects * 1000) / Math.max(1, counter.lastConnect - begun),
    idleBytes: idle,
  };
}

function planFor(task: LoadTask): Plan {
  const rate = task.kind === 'schedule' ? task.rate : 1_000;
  const devices = task.kind === 'schedule' ? Math.max(task.connections, 1_000) : task.connections;
  if (task.fromScenario) {
    return planOf(scenarioOf(devices, (devices * 1000) / rate, task.qos), 1_790_000_000_000, () => 'valid');
  }
  return syntheticPlan(devices, (devices * 1000) / rate, task.qos, task.kind === 'idle');
}

function done({ qos }: LoadTask, counter: Counter): number {
  return qos === 0 ? counter.sentCount : counter.acknowledgedCount;
}

interface Memory {
  readonly rss: number;
  readonly heap: number;
}

function memoryNow(): Memory {
  globalThis.gc?.();
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}

function growth(before: Memory, connections: number): Memory {
  const after = memoryNow();
  return {
    rss: (after.rss - before.rss) / connections,
    heap: (after.heap - before.heap) / connections,
  };
}

process.stdout.write(`${JSON.stringify(await measure(JSON.parse(process.argv[2]!) as LoadTask))}\n`);
