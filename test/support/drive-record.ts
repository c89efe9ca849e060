/** Keeps everything a driver tells, for tests. */
import type { DriveObserver, DriveOptions, Target } from '../../simulators/drivers/driver.js';
import type { Plan, Publish } from '../../simulators/plan/action.js';
import { planOf } from '../../simulators/plan/plan.js';
import type { Fleet, Scenario } from '../../simulators/scenario/scenario.js';
import { testScenario } from './scenario.js';

export interface Told {
  readonly device: number;
  readonly publish: Publish;
  readonly at: number;
  readonly due?: number;
  readonly reason?: string;
}

export class DriveRecord implements DriveObserver {
  readonly sentOnes: Told[] = [];
  readonly acknowledgedOnes: Told[] = [];
  readonly unsentOnes: Told[] = [];
  readonly connections: number[] = [];
  readonly disconnections: (string | null)[] = [];
  readonly errors: string[] = [];

  sent(device: number, publish: Publish, due: number, at: number): void {
    this.sentOnes.push({ device, publish, due, at });
  }
  acknowledged(device: number, publish: Publish, at: number): void {
    this.acknowledgedOnes.push({ device, publish, at });
  }
  unsent(device: number, publish: Publish, reason: string): void {
    this.unsentOnes.push({ device, publish, reason, at: 0 });
  }
  connected(device: number): void {
    this.connections.push(device);
  }
  disconnected(_device: number, reason: string | null): void {
    this.disconnections.push(reason);
  }
  error(message: string): void {
    this.errors.push(message);
  }
}

/** `device number/report number` of each. */
export function names(told: readonly Told[]): string[] {
  return told.map(({ device, publish }) => `${device}/${publish.report.number}`);
}

const START = 1_790_000_000_000;

/** A plan of so many ms for a few devices that report every 100 ms. */
export function shortPlan(
  duration: number,
  fleet: Partial<Fleet> = {},
  overrides: Partial<Scenario> = {},
): Plan {
  return planOf(shortScenario(duration, fleet, overrides), START, () => 'valid');
}

export function shortScenario(
  duration: number,
  fleet: Partial<Fleet> = {},
  overrides: Partial<Scenario> = {},
): Scenario {
  return testScenario(
    { interval: 100, ...fleet },
    { phases: [{ name: 'steady', kind: 'steady', duration, from: 1, to: 1 }], ...overrides },
  );
}

export function plannedPublishes(plan: Plan): Told[] {
  return plan.devices.flatMap((device) =>
    [...device.actions()].flatMap((action) =>
      action.kind === 'publish' ? [{ device: device.index, publish: action, at: action.at }] : [],
    ),
  );
}

export function testTarget(port: number, overrides: Partial<Target> = {}): Target {
  return {
    transport: 'mqtt',
    host: '127.0.0.1',
    port,
    path: '/mqtt',
    insecure: false,
    protocolVersion: 4,
    keepaliveSeconds: 30,
    ...overrides,
  };
}

let runs = 0;

/** Options of an open loop that begins in 100 ms. */
export function driveOptions(
  target: Target,
  plan: Plan,
  overrides: Partial<DriveOptions> = {},
): DriveOptions {
  return {
    target,
    plan,
    loop: { kind: 'open' },
    connections: null,
    clientIdPrefix: `test-${process.pid}-${runs++}-`,
    connectRate: 1_000,
    slice: { part: 0, of: 1 },
    beginAt: performance.timeOrigin + performance.now() + 100,
    settleMs: 5_000,
    ...overrides,
  };
}
