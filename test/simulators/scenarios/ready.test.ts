/** The ready scenarios show what they promise, at their full length and shortened to ten seconds. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { schemaJudge } from '../../../simulators/oracle/judge.js';
import { durationOf, withOverrides } from '../../../simulators/run/overrides.js';
import { loadScenario } from '../../../simulators/scenario/load.js';
import { countOf, dryRun } from '../../support/dry-run.js';
import { projectRoot } from '../../support/project-root.js';

const START = 1_790_000_000_000;
const SHORT_MS = 10_000;
const folder = join(projectRoot, 'simulators/scenarios');
const judge = schemaJudge(join(projectRoot, 'schemas'));
const load = (name: string) => loadScenario(join(folder, `${name}.yml`));

/** Alerts that must fire and resolve, and why events are refused. */
const promises: Readonly<Record<string, { readonly rules: string[]; readonly refused: string[] }>> = {
  'air-quality': { rules: ['UnhealthyAir'], refused: ['JSON_SYNTAX', 'SCHEMA'] },
  'black-out-and-recovery': { rules: ['HighTemperature'], refused: ['JSON_SYNTAX'] },
  'cold-chain': { rules: ['ColdChainBroken', 'DoorLeftOpen'], refused: ['JSON_SYNTAX'] },
  demo: { rules: ['HighTemperature'], refused: ['JSON_SYNTAX', 'SCHEMA'] },
  'misbehaving-fleet': {
    rules: ['HighTemperature'],
    refused: ['DEVICE_TYPE_UNKNOWN', 'JSON_SYNTAX', 'SCHEMA'],
  },
  'smart-building': { rules: ['FilterClogged', 'StuffyRoom'], refused: ['JSON_SYNTAX'] },
  'smart-meter-day': { rules: ['Undervoltage'], refused: ['JSON_SYNTAX', 'SCHEMA'] },
  'vehicle-fleet': { rules: ['EngineOverheating', 'LowFuel', 'Overspeed'], refused: ['JSON_SYNTAX'] },
  'wind-farm': { rules: ['GearboxHot', 'StormCutOut'], refused: ['SCHEMA'] },
};
const names = Object.keys(promises);
/** Tanks are not filled on the road. */
const NEVER_RESOLVED = ['LowFuel'];

test('every ready scenario makes its promises here', () => {
  expect(
    readdirSync(folder)
      .filter((file) => file.endsWith('.yml'))
      .sort(),
  ).toEqual(names.map((name) => `${name}.yml`).sort());
});

test.each(names)('%s takes a minute and states its thresholds', (name) => {
  const scenario = load(name);
  const seconds = durationOf(scenario) / scenario.speed / 1000;
  expect(seconds).toBeGreaterThanOrEqual(name === 'demo' ? 15 : 50);
  expect(seconds).toBeLessThanOrEqual(60);
  expect(scenario.description.length).toBeGreaterThan(100);
  const thresholds = Object.fromEntries(
    scenario.thresholds.map(({ metric, expression }) => [metric, expression]),
  );
  expect(thresholds).toMatchObject({ loss: '0', duplicates: '0', wrong: '0', unexpected: '0' });
  // Down for seconds on purpose, a backend cannot be prompt.
  expect('alert_latency' in thresholds).toBe(scenario.chaos.length === 0);
});

test.each(names)('%s fires its alerts and has its refusals, and floods nobody', async (name) => {
  const { rules, refused } = promises[name]!;
  const run = await dryRun(load(name), START, judge);
  const told = countOf(run.alerts.map(({ rule, state }) => `${rule} ${state}`));
  for (const rule of rules) {
    expect(told).toHaveProperty([`${rule} firing`]);
    if (!NEVER_RESOLVED.includes(rule)) expect(told).toHaveProperty([`${rule} resolved`]);
  }
  expect([...new Set(run.alerts.map(({ rule }) => rule))].sort()).toEqual(rules);
  expect(Object.keys(run.verdicts).sort()).toEqual([...refused, 'valid'].sort());
  expect(run.refused).toBe(run.events - run.verdicts.valid!);
  expect(run.alerts.length).toBeLessThan(run.events / 10);
  // A minute of each is a load that a laptop shares with the backend.
  expect(run.events).toBeLessThan(30_000);
});

test.each(names)('%s still shows what it is about in ten seconds', async (name) => {
  const run = await dryRun(withOverrides(load(name), { durationMs: SHORT_MS }), START, judge);
  const firing = new Set(run.alerts.map(({ rule }) => rule));
  expect([...firing].sort()).toEqual(promises[name]!.rules);
  expect(run.events).toBeGreaterThan(500);
});

test('the black-out has half of the town reconnect with a backlog', async () => {
  const { connects } = await dryRun(load('black-out-and-recovery'), START, judge);
  expect(connects).toBeGreaterThan(200);
});
