import fc from 'fast-check';
import { durationOf, reportsPerSecond, withOverrides } from '../../../simulators/run/overrides.js';
import { calmNetwork, testFleet, testScenario } from '../../support/scenario.js';

const twoFleets = testScenario(
  {},
  { fleets: [testFleet({ devices: 30 }), testFleet({ name: 'b', id: 'b-{n}', devices: 10 })] },
);

test('nothing given changes nothing', () => {
  expect(withOverrides(twoFleets, {})).toEqual(twoFleets);
});

test('a shorter run keeps every moment at its share of the time, and how often devices report', () => {
  const outage = { share: 1, from: 10_000, until: 40_000, every: 20_000, lasts: [2_000, 4_000] as const };
  const scenario = testScenario(
    {
      network: { ...calmNetwork, offline: [{ ...outage, backlog: true }] },
      failures: [{ ...outage, kind: 'dropout' }],
      lifecycle: {
        joinOver: 6_000,
        leave: { share: 0.1, from: 30_000, until: 60_000 },
        firmware: { from: '1', to: '2', at: 30_000, over: 12_000 },
      },
    },
    { chaos: [{ at: 30_000, action: 'kill', restartAfter: 2_000 }] },
  );
  const short = withOverrides(scenario, { durationMs: 15_000 });
  expect(durationOf(short)).toBe(15_000);
  const fleet = short.fleets[0]!;
  const shorter = { from: 2_500, until: 10_000, every: 5_000, lasts: [500, 1_000] };
  expect(fleet.network.offline[0]).toMatchObject(shorter);
  expect(fleet.failures[0]).toMatchObject(shorter);
  expect(fleet.lifecycle).toEqual({
    joinOver: 1_500,
    leave: { share: 0.1, from: 7_500, until: 15_000 },
    firmware: { from: '1', to: '2', at: 7_500, over: 3_000 },
  });
  expect(fleet.interval).toBe(1_000);
  // A backend takes as long to come back as ever.
  expect(short.chaos).toEqual([{ at: 7_500, action: 'kill', restartAfter: 2_000 }]);
});

test('the duration is of the run on the wall', () => {
  expect(durationOf(withOverrides(testScenario(), { durationMs: 10_000, speed: 60 }))).toBe(600_000);
});

test('fleets share the devices as before, each with at least one', () => {
  const sizes = (devices: number) =>
    withOverrides(twoFleets, { devices }).fleets.map((fleet) => fleet.devices);
  expect(sizes(400)).toEqual([300, 100]);
  expect(sizes(10)).toEqual([8, 2]);
  expect(sizes(2)).toEqual([1, 1]);
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 100_000 }), (devices) => {
      expect(sizes(devices).reduce((a, b) => a + b)).toBe(devices);
    }),
  );
});

test('a rate sets the intervals of all fleets', () => {
  const faster = withOverrides(twoFleets, { devices: 8, rate: 200 });
  expect(reportsPerSecond(faster)).toBeCloseTo(200);
  expect(reportsPerSecond(withOverrides(twoFleets, { intervalMs: 500 }))).toBeCloseTo(80);
  expect(withOverrides(twoFleets, { intervalMs: 500, speed: 10 }).fleets[0]!.interval).toBe(5_000);
});

test('seed, quality of service and topic', () => {
  const changed = withOverrides(twoFleets, { seed: 9, qos: 0, topic: 'site/%c/up' });
  expect(changed.seed).toBe(9);
  expect(changed.fleets.map(({ qos, topic }) => [qos, topic])).toEqual([
    [0, 'site/{deviceId}/up'],
    [0, 'site/{deviceId}/up'],
  ]);
  expect(() => withOverrides(twoFleets, { topic: 'all' })).toThrow(
    expect.objectContaining({ code: 'SIMULATE_TOPIC' }),
  );
  expect(() => withOverrides(twoFleets, { topic: '+/%c' })).toThrow(
    expect.objectContaining({ code: 'SIMULATE_TOPIC' }),
  );
});
