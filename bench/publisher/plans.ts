/** What the publisher's measurements send: ready events that cost nothing to make, or a scenario's. */
import type { Action, Plan, PlannedDevice, Report } from '../../simulators/plan/action.js';
import { parseScenario } from '../../simulators/scenario/load.js';
import type { Scenario } from '../../simulators/scenario/scenario.js';

const HOURS = 3_600_000;

export const PAYLOAD = Buffer.from(
  '{"ts":1790000000000,"seq":10000001,"temperature":21.37,"humidity":45.21,"battery":3.712,' +
    '"pressure":1013.25,"rssi":-61,"uptime":86400}',
);

export function topicOf(device: number): string {
  return `devices/bench-${String(device).padStart(5, '0')}/telemetry`;
}

const REPORT: Report = {
  number: 0,
  seq: 0,
  eventTime: 0,
  type: 'environment',
  values: {},
  verdict: 'valid',
};

/** Every device sends the same payload every `interval` ms, for ever, each from a moment of its own; or never. */
export function syntheticPlan(devices: number, interval: number, qos: 0 | 1, isIdle: boolean): Plan {
  return {
    start: 0,
    duration: HOURS,
    speed: 1,
    devices: Array.from({ length: devices }, (_, index): PlannedDevice => {
      const topic = topicOf(index);
      return {
        index,
        deviceId: `bench-${index}`,
        fleet: 'bench',
        *actions(): Generator<Action, void> {
          yield { kind: 'connect', at: 0 };
          if (isIdle) {
            yield { kind: 'disconnect', at: HOURS, how: 'clean' };
            return;
          }
          for (let at = (index * interval) / devices; ; at += interval) {
            yield {
              kind: 'publish',
              at,
              topic,
              qos,
              payload: PAYLOAD,
              report: REPORT,
              isCopy: false,
            };
          }
        },
      };
    }),
  };
}

/** Four metrics of each device, as a usual scenario has them. */
export function scenarioOf(devices: number, interval: number, qos: 0 | 1): Scenario {
  return parseScenario(
    `
title: Bench
seed: 1
phases: [{ name: steady, duration: 6000s }]
fleets:
  - name: rooms
    devices: ${devices}
    id: bench-{n}
    interval: ${interval}ms
    qos: ${qos}
    metrics:
      temperature: { model: walk, start: [18, 24], step: 0.4, min: -20, max: 60 }
      humidity: { model: correlated, with: temperature, factor: -1.5, offset: 80, noise: 1 }
      battery: { model: drift, start: [3.6, 4.1], perHour: -0.05 }
      pressure: { model: constant, value: 1013.25 }
`,
    'bench.yml',
  );
}
