/**
 * The oracle against the real functions: whatever a scenario does, they agree on every window, late event, duplicate,
 * refusal, alert and rollup. Where the oracle says uncertain, either is allowed; it must not say so without need.
 */
import { join } from 'node:path';
import fc from 'fast-check';
import { compare, leastOf } from '../../../simulators/oracle/compare.js';
import { schemaJudge } from '../../../simulators/oracle/judge.js';
import { createOracle } from '../../../simulators/oracle/oracle.js';
import { rulesOf } from '../../../simulators/oracle/settings.js';
import type { Expectation, Observation } from '../../../simulators/oracle/verdict.js';
import { planOf } from '../../../simulators/plan/plan.js';
import type { Scenario } from '../../../simulators/scenario/scenario.js';
import { hostileScenarios } from '../../support/hostile-scenario.js';
import { testSettings } from '../../support/platform.js';
import { projectRoot } from '../../support/project-root.js';
import { observe } from '../../support/virtual-backend.js';
import { type DriveFaults, drive } from '../../support/virtual-drive.js';

const START = 1_790_000_000_000;
const judge = schemaJudge(join(projectRoot, 'schemas'));
// The rule with a `for` runs out within a scenario.
const rules = rulesOf(join(projectRoot, 'rules'));

interface Case {
  readonly scenario: Scenario;
  readonly faults: DriveFaults;
  readonly windowMs: number;
  readonly latenessMs: number;
  readonly maxAheadMs: number;
  readonly cuts: readonly number[];
  readonly tail: number;
}

function cases(scenarios: fc.Arbitrary<Scenario>, faults: fc.Arbitrary<DriveFaults>): fc.Arbitrary<Case> {
  return fc.record({
    scenario: scenarios,
    faults,
    windowMs: fc.constantFrom(5_000, 10_000),
    latenessMs: fc.constantFrom(2_000, 10_000, 60_000),
    // Clocks here run ahead by up to three minutes.
    maxAheadMs: fc.constantFrom(1_000, 10_000, 300_000),
    cuts: fc.array(fc.nat(1_500), { maxLength: 12 }),
    tail: fc.integer({ min: 0, max: 90_000 }),
  });
}

async function run({ scenario, faults, windowMs, latenessMs, maxAheadMs, cuts, tail }: Case) {
  const plan = planOf(scenario, START, judge);
  // Ticks are exact here: a margin of the time between them is all that is needed.
  const { events } = testSettings();
  const oracle = createOracle(plan, { windowMs, latenessMs, maxAheadMs, marginMs: 1_000, rules, events });
  const arrived = drive(plan, oracle, faults);
  const until = (arrived.at(-1)?.arrivalTime ?? START) + tail;
  const seen = await observe(arrived, { windowMs, latenessMs, maxAheadMs, until, cuts });
  const expected = oracle.expectation(until);
  const { devices, lookedAt } = oracle;
  return {
    expected,
    seen,
    findings: compare(expected, seen, { devices, lookedAt, from: 0, resends: false }),
  };
}

const calmDrive = fc.record({
  seed: fc.nat(1e6),
  delayMs: fc.constantFrom(0, 20, 900),
  loss: fc.constant(0),
  breaks: fc.constant(0),
  underWay: fc.constant(0),
});

const DURATION = 90_000;

test('they agree on everything, whatever goes wrong with the devices', async () => {
  await fc.assert(
    fc.asyncProperty(cases(hostileScenarios(DURATION, 3), calmDrive), async (one) => {
      const { findings } = await run(one);
      expect(findings).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

test('they agree when connections are lost and clients send again', async () => {
  const faults = fc.record({
    seed: fc.nat(1e6),
    delayMs: fc.constantFrom(20, 900),
    loss: fc.constant(0),
    breaks: fc.constantFrom(0.02, 0.2),
    underWay: fc.constantFrom(1, 12),
  });
  await fc.assert(
    fc.asyncProperty(cases(hostileScenarios(DURATION, 3), faults), async (one) => {
      const { findings } = await run(one);
      expect(findings).toEqual([]);
    }),
    { numRuns: 15 },
  );
});

test('they agree when nothing was promised (QoS 0)', async () => {
  const faults = fc.record({
    seed: fc.nat(1e6),
    delayMs: fc.constantFrom(20, 900),
    loss: fc.constantFrom(0, 0.3),
    breaks: fc.constant(0),
    underWay: fc.constant(0),
  });
  await fc.assert(
    fc.asyncProperty(cases(hostileScenarios(DURATION, 3, fc.constant(0)), faults), async (one) => {
      const { findings } = await run(one);
      expect(findings).toEqual([]);
    }),
    { numRuns: 10 },
  );
});

test('what is promised and told apart is foretold exactly: nothing is left uncertain on a calm day', async () => {
  const calm = hostileScenarios(DURATION, 3).map((scenario) => ({
    ...scenario,
    fleets: scenario.fleets.map((fleet) => ({
      ...fleet,
      network: {
        ...fleet.network,
        reordering: { share: 0, by: [0, 0] as const },
        offline: [],
        flapping: [],
        storms: [],
      },
    })),
  }));
  const none = fc.constant({ seed: 1, delayMs: 0, loss: 0, breaks: 0, underWay: 0 });
  await fc.assert(
    fc.asyncProperty(cases(calm, none), async (one) => {
      const { expected, seen, findings } = await run({ ...one, latenessMs: 60_000, maxAheadMs: 300_000 });
      expect(findings).toEqual([]);
      expect(expected.uncertainAlerts.size).toBe(0);
      expectExact(expected, seen);
    }),
    { numRuns: 15 },
  );
});

function expectExact(expected: Expectation, seen: Observation): void {
  const { books } = seen;
  expect({
    stored: expected.stored,
    validated: expected.valid,
    quarantined: leastOf(expected, 'quarantined'),
    aggregated: expected.aggregated,
    late: expected.late,
    duplicate: expected.duplicates,
    balanced: true,
  }).toEqual(books);
  expect([...seen.windows!.keys()].sort()).toEqual([...expected.windows.keys()].sort());
  expect([...seen.rollups!.keys()].sort()).toEqual([...expected.rollups.keys()].sort());
}
