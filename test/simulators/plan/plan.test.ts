import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Action, Publish } from '../../../simulators/plan/action.js';
import { planOf } from '../../../simulators/plan/plan.js';
import type { Fleet, Scenario } from '../../../simulators/scenario/scenario.js';
import { calmNetwork, testFleet, testScenario } from '../../support/scenario.js';

const START = 1_790_000_000_000;
const plan = (scenario: Scenario) => planOf(scenario, START, () => 'valid');
const actionsOf = (scenario: Scenario, device = 0): Action[] => [
  ...plan(scenario).devices[device]!.actions(),
];
const publishes = (scenario: Scenario, device = 0): Publish[] =>
  actionsOf(scenario, device).filter((action) => action.kind === 'publish');
const once = { share: 1, from: 10_000, until: 60_000, every: 0, lasts: [5_000, 5_000] as const };

/** A fleet in which everything goes wrong. */
const hostile: Partial<Fleet> = {
  devices: 10,
  jitter: 0.8,
  metrics: {
    temperature: {
      model: 'seasonal',
      mean: [18, 24],
      amplitude: [2, 4],
      period: 60_000,
      noise: 0.3,
      phase: [0, 1],
      digits: 2,
    },
    humidity: {
      model: 'correlated',
      with: 'temperature',
      factor: -1.5,
      offset: 80,
      noise: 1,
      lag: 2_000,
      min: -Number.MAX_VALUE,
      max: Number.MAX_VALUE,
      digits: 1,
    },
    battery: {
      model: 'drift',
      start: [3.4, 4.1],
      perHour: [-0.5, -0.1],
      min: 2.5,
      max: 4.2,
      noise: 0.01,
      digits: 3,
    },
    energy: { model: 'counter', start: [0, 900], perSecond: [0, 3], wrap: 1_000, digits: 1 },
    door: { model: 'square', low: 0, high: 1, period: 20_000, duty: 0.3, phase: [0, 1], digits: 0 },
    compressor: {
      model: 'states',
      initial: 'off',
      digits: 1,
      states: {
        off: { value: 'off', lasts: [3_000, 9_000], next: { on: 3, broken: 1 } },
        on: { value: 'on', lasts: [1_000, 4_000], next: { off: 1 } },
        broken: { value: 'broken', lasts: [5_000, 5_000], next: { off: 1 } },
      },
    },
  },
  failures: [
    { kind: 'dropout', share: 0.3, from: 0, until: 60_000, every: 20_000, lasts: [2_000, 6_000] },
    {
      kind: 'stuck',
      metric: 'temperature',
      share: 0.5,
      from: 0,
      until: 60_000,
      every: 15_000,
      lasts: [3_000, 5_000],
    },
    {
      kind: 'spike',
      metric: 'temperature',
      by: [60, 80],
      share: 0.5,
      from: 0,
      until: 60_000,
      every: 15_000,
      lasts: [1_000, 2_000],
    },
    {
      kind: 'battery-death',
      metric: 'battery',
      empty: 2.5,
      share: 0.2,
      from: 10_000,
      until: 60_000,
      every: 0,
      lasts: [20_000, 20_000],
    },
  ],
  network: {
    latency: [5, 400],
    loss: 0.05,
    duplicates: { share: 0.1, after: [100, 3_000] },
    reordering: { share: 0.1, by: [500, 4_000] },
    offline: [{ share: 0.4, from: 0, until: 60_000, every: 20_000, lasts: [1_000, 8_000], backlog: true }],
    storms: [{ share: 0.8, from: 30_000, until: 60_000, every: 0, lasts: [100, 2_000], how: 'drop' }],
    flapping: [{ share: 0.2, from: 40_000, until: 60_000, every: 0, lasts: [10_000, 10_000] }],
  },
  clock: { skew: [-5_000, 5_000], drift: [-200, 200], wrongZone: { share: 0.1, offset: 7_200_000 } },
  payload: {
    malformed: 0.02,
    wrongType: 0.02,
    missingField: 0.02,
    oldSchema: { share: 0.2, rename: { temperature: 'temp' } },
    withoutSeq: false,
  },
  lifecycle: {
    joinOver: 10_000,
    leave: { share: 0.3, from: 30_000, until: 50_000 },
    firmware: { from: '1.0', to: '1.1', at: 20_000, over: 20_000 },
  },
};

function digest(scenario: Scenario, devices: number): string {
  const hash = createHash('sha256');
  for (const device of plan(scenario).devices.slice(0, devices)) {
    for (const action of device.actions()) {
      hash.update(`${device.deviceId} ${action.kind} ${action.at.toFixed(3)} `);
      if (action.kind === 'publish') hash.update(action.payload);
    }
  }
  return hash.digest('hex');
}

test('the same seed gives the same bytes, on any machine', () => {
  // Kept from the day the models were written: a change here changes what every kept run means.
  expect(digest(testScenario(hostile), 10)).toMatchInlineSnapshot(
    `"3ada627e400390aea4bd1ba5cf75e4030da07d261853a1f7733fe6fc6b964bce"`,
  );
});

test('more devices leave the series of the others as they were', () => {
  const larger = { ...hostile, devices: 11 };
  expect(digest(testScenario(larger), 10)).toBe(digest(testScenario(hostile), 10));
});

test('another seed gives another run', () => {
  expect(digest(testScenario(hostile, { seed: 8 }), 10)).not.toBe(digest(testScenario(hostile), 10));
});

test('a fault added to the network leaves the values of the reports that still come', () => {
  const values = (scenario: Scenario) =>
    new Map(publishes(scenario).map(({ report }) => [report.number, JSON.stringify(report.values)]));
  const calm = values(testScenario());
  const lossy = values(testScenario({ network: { ...calmNetwork, loss: 0.5 } }));
  expect(lossy.size).toBeLessThan(calm.size);
  for (const [number, value] of lossy) expect(calm.get(number)).toBe(value);
});

test('a steady load reports at every interval', () => {
  const times = publishes(testScenario()).map(({ at }) => at);
  expect(times).toHaveLength(60);
  for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBeCloseTo(1_000);
});

test('phases multiply the rate: a ramp from 0 to 2 gives as many reports as a steady 1', () => {
  const ramp = testScenario({}, { phases: [{ name: 'r', kind: 'ramp', duration: 60_000, from: 0, to: 2 }] });
  const times = publishes(ramp).map(({ at }) => at);
  expect(times).toHaveLength(60);
  expect(times.filter((at) => at < 30_000).length).toBe(15);
});

test('a backlog comes in a burst and in order when the connection is back', () => {
  const network = { ...calmNetwork, offline: [{ ...once, backlog: true }] };
  const all = actionsOf(testScenario({ network }));
  const burst = all.filter((action) => action.kind === 'publish' && action.at === 15_000) as Publish[];
  expect(burst).toHaveLength(5);
  expect(burst.map(({ report }) => report.number)).toEqual(
    [...burst.map(({ report }) => report.number)].sort((a, b) => a - b),
  );
  expect(all.filter(({ kind }) => kind !== 'publish').map(({ kind, at }) => [kind, at])).toEqual([
    ['connect', 0],
    ['disconnect', 10_000],
    ['connect', 15_000],
  ]);
});

test('without a backlog, reports of an outage are lost', () => {
  const network = { ...calmNetwork, offline: [{ ...once, backlog: false }] };
  const times = publishes(testScenario({ network })).map(({ at }) => at);
  expect(times).toHaveLength(55);
  expect(times.filter((at) => at >= 10_000 && at < 15_000)).toEqual([]);
});

test('a copy is the same bytes later', () => {
  const network = { ...calmNetwork, duplicates: { share: 1, after: [100, 100] as const } };
  const [first, second] = publishes(testScenario({ network }));
  expect(second).toEqual({ ...first, at: first!.at + 100, isCopy: true });
});

test('a clock that is wrong is wrong in the event time alone', () => {
  const clock = {
    skew: [60_000, 60_000] as const,
    drift: [0, 0] as const,
    wrongZone: { share: 0, offset: 0 },
  };
  const [first] = publishes(testScenario({ clock }));
  expect(first!.report.eventTime).toBe(START + 60_000 + Math.round(first!.at));
});

test('a stuck sensor repeats what it read first, a dead battery reports nothing any more', () => {
  const stuck = publishes(testScenario({ failures: [{ ...once, kind: 'stuck', metric: 'temperature' }] }));
  const held = stuck
    .filter(({ at }) => at >= 10_000 && at < 15_000)
    .map((one) => one.report.values!.temperature);
  expect(new Set(held).size).toBe(1);
  const dead = publishes(
    testScenario({ failures: [{ ...once, kind: 'battery-death', metric: 'battery', empty: 2.9 }] }),
  );
  expect(dead.at(-1)!.at).toBeLessThan(15_000);
});

test('whatever goes wrong, a device acts in order of time, and publishes only while it is connected', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 9 }), (seed, device) => {
      let last = 0;
      let connected = false;
      for (const action of actionsOf(testScenario(hostile, { seed }), device)) {
        expect(action.at).toBeGreaterThanOrEqual(last);
        last = action.at;
        if (action.kind === 'publish') expect(connected).toBe(true);
        else {
          expect(connected).toBe(action.kind === 'disconnect');
          connected = action.kind === 'connect';
        }
      }
    }),
  );
});

test('every report of a calm fleet is published once', () => {
  const { devices } = plan(testScenario({ devices: 5 }));
  for (const device of devices) {
    const numbers = [...device.actions()].flatMap((a) => (a.kind === 'publish' ? [a.report.number] : []));
    expect(numbers).toEqual(Array.from({ length: 60 }, (_, n) => n));
  }
  expect(testFleet().devices).toBe(3);
});
