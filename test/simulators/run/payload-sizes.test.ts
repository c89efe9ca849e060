import { planOf } from '../../../simulators/plan/plan.js';
import { payloadSizes } from '../../../simulators/run/payload-sizes.js';
import { testScenario } from '../../support/scenario.js';

test('payload sizes are those of what is published', () => {
  const plan = planOf(testScenario({ devices: 500 }), 1_790_000_000_000, () => 'valid');
  const [first] = [...plan.devices[0]!.actions()].filter((action) => action.kind === 'publish');
  const { mean, p95 } = payloadSizes(plan)!;
  expect(Math.abs(mean - first!.payload.length)).toBeLessThan(5);
  expect(p95).toBeGreaterThanOrEqual(mean);
});

test('a plan that publishes nothing has none', () => {
  expect(payloadSizes({ start: 0, duration: 0, speed: 1, devices: [] })).toBeNull();
});
