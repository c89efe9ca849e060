/**
 * A scenario at another size: shorter, smaller, faster, with another seed. What happens in it keeps its order and its
 * share of the time. Pure.
 */
import { MillraceError } from '../../common/errors.js';
import type { DeviceFailure, Fleet, Network, Scenario } from '../scenario/scenario.js';

export interface Overrides {
  /** Of the run on the wall, ms: phases and everything that happens at a moment are scaled to it. */
  readonly durationMs?: number;
  /** Over all fleets; each keeps its share, and at least one. */
  readonly devices?: number;
  /** Reports per second on the wall over all fleets at load 1. */
  readonly rate?: number;
  /** Between two reports of each device, ms. */
  readonly intervalMs?: number;
  readonly seed?: number;
  readonly speed?: number;
  readonly qos?: 0 | 1 | 2;
  /** With `{deviceId}`, or `%c` and `%i` for it. */
  readonly topic?: string;
  /** Latencies are measured, and no threshold is held against them: for machines with other work to do. */
  readonly anyLatency?: boolean;
}

export function withOverrides(scenario: Scenario, overrides: Overrides): Scenario {
  const { seed = scenario.seed, speed = scenario.speed } = overrides;
  let changed: Scenario = { ...scenario, seed, speed };
  if (overrides.durationMs !== undefined) changed = scaledTo(changed, overrides.durationMs * speed);
  if (overrides.devices !== undefined) changed = sized(changed, overrides.devices);
  const { qos, topic, intervalMs, rate, anyLatency } = overrides;
  if (anyLatency === true) {
    const thresholds = changed.thresholds.filter(({ metric }) => !/latency|error/.test(metric));
    changed = { ...changed, thresholds };
  }
  if (qos !== undefined) changed = eachFleet(changed, () => ({ qos }));
  if (topic !== undefined) {
    const pattern = topicPattern(topic);
    changed = eachFleet(changed, () => ({ topic: pattern }));
  }
  if (intervalMs !== undefined) changed = eachFleet(changed, () => ({ interval: intervalMs * speed }));
  if (rate !== undefined) {
    const factor = reportsPerSecond(changed) / rate;
    changed = eachFleet(changed, ({ interval }) => ({ interval: Math.max(1, interval * factor) }));
  }
  return changed;
}

export function durationOf(scenario: Scenario): number {
  return scenario.phases.reduce((sum, { duration }) => sum + duration, 0);
}

/** On the wall, at load 1. */
export function reportsPerSecond({ fleets, speed }: Scenario): number {
  return fleets.reduce((sum, { devices, interval }) => sum + (devices * 1000 * speed) / interval, 0);
}

function eachFleet(scenario: Scenario, change: (fleet: Fleet) => Partial<Fleet>): Scenario {
  return { ...scenario, fleets: scenario.fleets.map((fleet) => ({ ...fleet, ...change(fleet) })) };
}

function topicPattern(topic: string): string {
  const pattern = topic.replaceAll(/%[ci]/g, '{deviceId}');
  if (/[+#\0]/.test(pattern) || !pattern.includes('{deviceId}')) {
    throw new MillraceError(`the topic ${topic} does not tell devices apart`, {
      code: 'SIMULATE_TOPIC',
      hint: 'Write {deviceId} (or %c) where the device id belongs, and no wildcards.',
    });
  }
  return pattern;
}

/** Largest remainders first, so that the shares add up to the whole. */
function sized(scenario: Scenario, wanted: number): Scenario {
  const { fleets } = scenario;
  const total = fleets.reduce((sum, { devices }) => sum + devices, 0);
  const exact = fleets.map(({ devices }) => (devices * wanted) / total);
  const sizes = exact.map((share) => Math.max(1, Math.floor(share)));
  const order = exact.map((share, index) => ({ index, rest: share - Math.floor(share) }));
  order.sort((a, b) => b.rest - a.rest || a.index - b.index);
  let left = wanted - sizes.reduce((sum, size) => sum + size, 0);
  for (const { index } of order) {
    if (left-- <= 0) break;
    sizes[index]!++;
  }
  return { ...scenario, fleets: fleets.map((fleet, index) => ({ ...fleet, devices: sizes[index]! })) };
}

/** Moments and occasions move with the phases; what a device measures and how often it reports stays. */
function scaledTo(scenario: Scenario, duration: number): Scenario {
  const factor = duration / durationOf(scenario);
  const scaled = (ms: number) => ms * factor;
  return {
    ...eachFleet(scenario, ({ failures, network, lifecycle }) => ({
      failures: failures.map((failure): DeviceFailure => occasion(failure, scaled)),
      network: networkOf(network, scaled),
      lifecycle: {
        joinOver: scaled(lifecycle.joinOver),
        leave: {
          ...lifecycle.leave,
          from: scaled(lifecycle.leave.from),
          until: scaled(lifecycle.leave.until),
        },
        firmware:
          lifecycle.firmware === null
            ? null
            : {
                ...lifecycle.firmware,
                at: scaled(lifecycle.firmware.at),
                over: scaled(lifecycle.firmware.over),
              },
      },
    })),
    phases: scenario.phases.map((phase) => ({ ...phase, duration: scaled(phase.duration) })),
    // How long a backend is down is not scaled: it takes its time to start.
    chaos: scenario.chaos.map((step) => ({ ...step, at: scaled(step.at) })),
  };
}

type Times = { readonly from: number; readonly until: number; readonly every: number; readonly lasts: Pair };
type Pair = readonly [number, number];

function occasion<T extends Times>(one: T, scaled: (ms: number) => number): T {
  const { from, until, every, lasts } = one;
  return {
    ...one,
    from: scaled(from),
    until: scaled(until),
    every: scaled(every),
    lasts: [scaled(lasts[0]), scaled(lasts[1])],
  };
}

function networkOf(network: Network, scaled: (ms: number) => number): Network {
  return {
    ...network,
    offline: network.offline.map((one) => occasion(one, scaled)),
    storms: network.storms.map((one) => occasion(one, scaled)),
    flapping: network.flapping.map((one) => occasion(one, scaled)),
  };
}
