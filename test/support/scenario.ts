/** Scenarios for tests: everything calm unless asked for. */
import type { Fleet, Network, Scenario } from '../../simulators/scenario/scenario.js';

export const calmNetwork: Network = {
  latency: [0, 0],
  loss: 0,
  duplicates: { share: 0, after: [0, 0] },
  reordering: { share: 0, by: [0, 0] },
  offline: [],
  storms: [],
  flapping: [],
};

export function testFleet(overrides: Partial<Fleet> = {}): Fleet {
  return {
    name: 'rooms',
    devices: 3,
    id: 'room-{n}',
    type: 'environment',
    topic: 'devices/{deviceId}/telemetry',
    qos: 1,
    interval: 1_000,
    jitter: 0,
    metrics: {
      temperature: { model: 'walk', start: [18, 24], step: 0.4, min: -20, max: 60, pull: 0.05, digits: 2 },
      humidity: { model: 'constant', value: 40 },
      battery: { model: 'constant', value: 3.7 },
    },
    hidden: [],
    failures: [],
    network: calmNetwork,
    clock: { skew: [0, 0], drift: [0, 0], wrongZone: { share: 0, offset: 0 } },
    payload: {
      malformed: 0,
      wrongType: 0,
      missingField: 0,
      oldSchema: { share: 0, rename: {} },
      withoutSeq: false,
    },
    lifecycle: { joinOver: 0, leave: { share: 0, from: 0, until: 0 }, firmware: null },
    ...overrides,
  };
}

export function testScenario(fleet: Partial<Fleet> = {}, overrides: Partial<Scenario> = {}): Scenario {
  return {
    name: 'test',
    title: 'Test',
    description: '',
    seed: 7,
    start: null,
    speed: 1,
    phases: [{ name: 'steady', kind: 'steady', duration: 60_000, from: 1, to: 1 }],
    fleets: [testFleet(fleet)],
    chaos: [],
    thresholds: [],
    ...overrides,
  };
}
