/** Random scenarios in which everything may go wrong. */
import fc from 'fast-check';
import type { Fleet, Network, Scenario } from '../../simulators/scenario/scenario.js';
import { testFleet, testScenario } from './scenario.js';

const share = fc.constantFrom(0, 0, 0.1, 0.5);
const always = (duration: number) => ({ from: 0, until: duration });

function network(duration: number): fc.Arbitrary<Network> {
  const occasion = { ...always(duration), every: duration / 4 };
  return fc.record({
    latency: fc.constantFrom([0, 0] as const, [0, 800] as const, [200, 3_000] as const),
    loss: share,
    duplicates: fc.record({ share, after: fc.constant([0, duration / 3] as const) }),
    reordering: fc.record({ share, by: fc.constant([0, duration / 4] as const) }),
    offline: share.map((part) => [
      { ...occasion, share: part, lasts: [500, duration / 3] as const, backlog: true },
    ]),
    storms: share.map((part) => [
      { ...occasion, share: part, lasts: [100, 2_000] as const, how: 'drop' as const },
    ]),
    flapping: share.map((part) => [{ ...occasion, share: part, lasts: [2_000, 8_000] as const }]),
  });
}

function fleet(duration: number, qos: fc.Arbitrary<0 | 1 | 2>): fc.Arbitrary<Partial<Fleet>> {
  const spikes = { ...always(duration), every: duration / 5, lasts: [500, duration / 8] as const };
  return fc
    .record({
      interval: fc.constantFrom(400, 1_000, 3_500),
      jitter: fc.constantFrom(0, 0.9),
      qos,
      network: network(duration),
      hot: share,
      flat: share,
      skew: fc.constantFrom(0, 4_000, 40_000),
      drift: fc.constantFrom(0, 20_000),
      malformed: share,
      wrongType: share,
      missingField: share,
      withoutSeq: fc.boolean(),
    })
    .map(({ hot, flat, skew, drift, malformed, wrongType, missingField, withoutSeq, ...rest }) => ({
      ...rest,
      failures: [
        { kind: 'spike', metric: 'temperature', by: [70, 90], share: hot, ...spikes },
        { kind: 'spike', metric: 'battery', by: [-2, -1], share: flat, ...spikes },
        { kind: 'dropout', share: 0.3, ...spikes },
      ] satisfies Fleet['failures'],
      clock: { skew: [-skew, skew], drift: [-drift, drift], wrongZone: { share: 0.2, offset: skew * 3 } },
      payload: { malformed, wrongType, missingField, oldSchema: { share: 0, rename: {} }, withoutSeq },
    }));
}

export function hostileScenarios(
  duration: number,
  devices: number,
  qos: fc.Arbitrary<0 | 1 | 2> = fc.constant(1),
): fc.Arbitrary<Scenario> {
  return fc.tuple(fleet(duration, qos), fc.integer({ min: 0, max: 1e6 })).map(([one, seed]) =>
    testScenario(
      { ...one, devices },
      {
        seed,
        fleets: [testFleet({ ...one, devices })],
        phases: [{ name: 'p', kind: 'steady', duration, from: 1, to: 1 }],
      },
    ),
  );
}
