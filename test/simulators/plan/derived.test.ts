import { createHash } from 'node:crypto';
import { createSensors, type Value } from '../../../simulators/plan/metrics.js';
import { parseScenario } from '../../../simulators/scenario/load.js';

/** The metrics of a scenario's only fleet, read at these moments (ms). */
function read(metrics: string, times: readonly number[], seed = 1): Record<string, Value>[] {
  const text = `title: Test
phases: [{ name: all, duration: 1h }]
fleets:
  - name: all
    devices: 1
    id: d-{n}
    interval: 1s
    metrics:
${metrics.replaceAll(/^/gm, '      ')}`;
  const { fleets } = parseScenario(text, 'test.yml');
  const sensors = createSensors(fleets[0]!.metrics, seed, 'device');
  return times.map((time) => {
    const values: Record<string, Value> = {};
    for (const [name, sensor] of sensors) values[name] = sensor(time, values);
    return values;
  });
}
const column = (rows: readonly Record<string, Value>[], name: string) => rows.map((row) => row[name]);
const steps = (count: number, ms: number) => Array.from({ length: count }, (_, index) => index * ms);
const SQUARE = 'door: { model: square, period: 20s, digits: 0 }\n';

test('mapped: each value has its own, others the usual one', () => {
  const rows = read(
    `${SQUARE}name: { model: mapped, with: door, to: { 1: open }, otherwise: shut }`,
    [0, 10_000],
  );
  expect(column(rows, 'name')).toEqual(['open', 'shut']);
});

test('curve: straight between the points, level beyond them', () => {
  const wind = 'wind: { model: drift, start: 0, perHour: 36000, digits: 0 }\n';
  const rows = read(
    `${wind}power: { model: curve, with: wind, points: [[10, 0], [20, 100], [30, 100], [31, 0]] }`,
    [0, 1_000, 1_500, 2_000, 2_500, 3_000, 3_100, 9_000],
  );
  expect(column(rows, 'power')).toEqual([0, 0, 50, 100, 100, 100, 0, 0]);
});

test('sum and product: of metrics above, with factors, within limits', () => {
  const rows = read(
    `${SQUARE}a: { model: sum, of: { door: 10 }, offset: -4, min: 0, max: 5 }
b: { model: product, of: [a, a], factor: 2 }`,
    [0, 10_000],
  );
  expect(column(rows, 'a')).toEqual([5, 0]);
  expect(column(rows, 'b')).toEqual([50, 0]);
});

test('correlated: within limits', () => {
  const rows = read(
    `${SQUARE}a: { model: correlated, with: door, factor: 90, min: 10, max: 50 }`,
    [0, 10_000],
  );
  expect(column(rows, 'a')).toEqual([50, 10]);
});

test('follow: begins where the other is, approaches it, and never overshoots however rare the reports', () => {
  const following = `${SQUARE}air: { model: follow, with: door, within: 2s, digits: 3 }`;
  const fine = column(read(following, steps(16, 1_000)), 'air') as number[];
  expect(fine[0]).toBe(1);
  expect(fine[9]).toBe(1);
  for (let i = 10; i < 15; i++) {
    expect(fine[i]).toBeLessThan(fine[i - 1]!);
    expect(fine[i]).toBeGreaterThan(0);
  }
  const coarse = column(read(following, [0, 15_000, 1_015_000]), 'air') as number[];
  expect(coarse[1]).toBeGreaterThan(0);
  expect(coarse[2]).toBeGreaterThanOrEqual(0);
});

test('integral: adds up per hour, within limits', () => {
  const rows = read(
    `power: { model: constant, value: 3 }
energy: { model: integral, with: power, start: 100 }
fuel: { model: integral, with: power, start: 4, perHour: -1, min: 0 }`,
    [0, 1_800_000, 3_600_000],
  );
  expect(column(rows, 'energy')).toEqual([100, 101.5, 103]);
  expect(column(rows, 'fuel')).toEqual([4, 2.5, 1]);
});

test('the same seed gives the same values, on any machine', () => {
  const rows = read(
    `wind: { model: seasonal, mean: 10, amplitude: [3, 5], period: 20s, noise: 1 }
state: { model: states, initial: on, states: { on: { value: on, lasts: [5s, 9s], next: { off: 1 } }, off: { value: off, lasts: [1s, 3s], next: { on: 1 } } } }
running: { model: mapped, with: state, to: { on: 1 } }
raw: { model: curve, with: wind, points: [[3, 0], [12, 2000]], noise: 5 }
power: { model: product, of: [raw, running], noise: 0.5 }
heat: { model: sum, of: { power: 0.01 }, offset: 40, noise: 0.1 }
oil: { model: follow, with: heat, within: 7s, noise: 0.2 }
energy: { model: integral, with: power, start: [0, 900] }`,
    steps(500, 333),
  );
  // Kept from the day the models were written: a change here changes what every kept run means.
  expect(createHash('sha256').update(JSON.stringify(rows)).digest('hex')).toMatchInlineSnapshot(
    `"ad5063c6cb14768b1fe401107f4a83c27db1f86557e383e8a6974a4aadf3fc47"`,
  );
});
