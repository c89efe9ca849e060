/** The whole plan of a run: every device of a scenario, with what it does and when, to the byte. Pure. */
import type { Scenario } from '../scenario/scenario.js';
import type { Plan, PlannedDevice } from './action.js';
import { type LoadCurve, loadCurve } from './load.js';
import { actions } from './network.js';
import { createEncoder, type Judge } from './payload.js';
import { type DeviceIdentity, lifeOf, readings } from './readings.js';

/** @param start epoch ms of scenario time 0, a whole number */
export function planOf(scenario: Scenario, start: number, judge: Judge): Plan {
  const { seed, speed } = scenario;
  const load = loadCurve(scenario.phases);
  const devices: PlannedDevice[] = [];
  for (const fleet of scenario.fleets) {
    for (let number = 0; number < fleet.devices; number++) {
      const identity = { fleet, seed, stream: `${fleet.name} ${number}` };
      devices.push(deviceOf(identity, devices.length, number, start, load, judge));
    }
  }
  return { start, duration: load.duration, speed, devices };
}

function deviceOf(
  identity: DeviceIdentity,
  index: number,
  number: number,
  start: number,
  load: LoadCurve,
  judge: Judge,
): PlannedDevice {
  const { fleet, seed } = identity;
  const names: Readonly<Record<string, string>> = {
    '{n}': String(number),
    '{seed}': String(seed),
    '{run}': start.toString(36),
  };
  const deviceId = fleet.id.replaceAll(/\{(?:n|seed|run)\}/g, (name) => names[name]!);
  const topic = fleet.topic.replaceAll('{deviceId}', deviceId);
  return {
    index,
    deviceId,
    fleet: fleet.name,
    actions() {
      const life = lifeOf(identity);
      const encode = createEncoder(identity, start, judge);
      return actions(identity, topic, life, load.duration, readings(identity, life, load), encode);
    },
  };
}
