/**
 * The project that the fixture runs through: the one that comes with Millrace, and definitions, rules and a fleet of its
 * own, so that groups, sketches and what rules remember are in the comparison.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyProject } from '../../support/project-copy.js';

/**
 * A group's clock is the latest of its devices', so the order between devices decides what is late for it. Here nothing
 * is: an hour is longer than anything in the fixture is under way. Windows of the first hours close all the same.
 */
const AGGREGATIONS = `aggregations:
  - name: spread
    window: { hopping: 5m, every: 1m }
    by: device
    deviceTypes: [environment, room]
    metrics:
      temperature: [mean, p50, p99, stddev, distinct]
      humidity: [p99.9, timeWeightedMean]
      lights: [duration]
  - name: trips
    window: { session: 2m, max: 1h }
    by: device
    deviceTypes: [meter]
    metrics: { energy: [delta, rate], power: [p90] }
  - name: types
    window: 1m
    by: [type]
    allowedLateness: 1h
    metrics: { '*': [count, mean, stddev, p90, distinct] }
`;

/** Share of a fleet that is silent: nobody is for so long before the events end, and everybody is thereafter. */
const RULES = `groups:
  - name: parity
    rules:
      - alert: HotOnAverage
        expr: device.type == "environment" && window('3m').temperature.count >= 5 && window('3m').temperature.mean > 50
        clear: window('3m').temperature.p50 < 40
        labels: { severity: warning }
      - alert: OftenStuffy
        expr: device.type == "room" && matches(event.co2 > 1200, '5m') >= 10
        keep_firing_for: 2m
        labels: { severity: info }
      - alert: MeterSilent
        expr: device.type == "meter" && absent('4m')
        labels: { severity: critical }
      - alert: NothingOnDew
        expr: device.type == "weather" && absent('dewp', '6m')
        no_data: never
        labels: { severity: info }
      - alert: FleetSilent
        fleet: { by: [type], count: "absent('30m')" }
        expr: fleet.share > 0.9
        labels: { severity: critical }
`;

/** Its serverless.yml. */
export function parityProject(): string {
  const { root, config } = copyProject();
  writeFileSync(join(root, 'aggregations', 'parity.yml'), AGGREGATIONS);
  writeFileSync(join(root, 'rules', 'parity.yml'), RULES);
  return config;
}
