import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { planOf } from '../../../simulators/plan/plan.js';
import { loadScenario, parseScenario, type ScenarioError } from '../../../simulators/scenario/load.js';
import { projectRoot } from '../../support/project-root.js';

const folder = join(projectRoot, 'simulators/scenarios');
const sound = `title: Test
phases:
  - { name: all, duration: 10s }
fleets:
  - name: rooms
    devices: 2
    id: room-{n}
    interval: 1s
    metrics:
      temperature: { model: walk, start: [18, 24], step: 0.3 }
`;

function problemsOf(text: string): string[] {
  try {
    parseScenario(text, 'test.yml');
  } catch (error) {
    return (error as ScenarioError).problems.map(({ line, path, reason }) => `${line}: ${path} ${reason}`);
  }
  return [];
}

test.each(readdirSync(folder).filter((file) => file.endsWith('.yml')))(
  'the ready scenario %s is sound',
  (file) => {
    const scenario = loadScenario(join(folder, file));
    expect(scenario.name).toBe(file.replace('.yml', ''));
    const [device] = planOf(scenario, 1_790_000_000_000, () => 'valid').devices;
    expect([...device!.actions()].length).toBeGreaterThan(1);
  },
);

test('fills in what is usual', () => {
  const scenario = parseScenario(sound, 'folder/test.yml');
  expect(scenario).toMatchObject({
    name: 'test',
    seed: 1,
    speed: 1,
    start: null,
    phases: [{ kind: 'steady', duration: 10_000, from: 1, to: 1 }],
    chaos: [],
    thresholds: [
      { metric: 'loss', expression: '0' },
      { metric: 'duplicates', expression: '0' },
      { metric: 'wrong', expression: '0' },
    ],
  });
  expect(scenario.fleets[0]).toMatchObject({
    type: 'environment',
    qos: 1,
    metrics: { temperature: { model: 'walk', start: [18, 24], pull: 0.02, digits: 2 } },
    network: { latency: [0, 0], loss: 0, offline: [] },
    lifecycle: { firmware: null },
  });
});

test('units: durations, shares, ranges, dates', () => {
  const { fleets, start } = parseScenario(
    `${sound}    jitter: 10%
    clock: { skew: [-2s, 1m], wrongZone: { share: 0.5, offset: -5h } }
    network: { latency: [10ms, 2s], loss: 1% }
start: 2026-01-01T00:00:00Z
`,
    'test.yml',
  );
  expect(start).toBe(Date.UTC(2026, 0, 1));
  expect(fleets[0]).toMatchObject({
    jitter: 0.1,
    clock: { skew: [-2_000, 60_000], wrongZone: { share: 0.5, offset: -18_000_000 } },
    network: { latency: [10, 2_000], loss: 0.01 },
  });
});

test('all problems come at once, each with its line', () => {
  const text = `title: Test
phases:
  - { name: all, duration: ten }
fleets:
  - name: rooms
    devices: 0
    id: room
    interval: 1s
    metrics:
      temperature: { model: wlak, start: 20, step: 1 }
      humidity: { model: constant }
    netwrok: {}
    failures:
      - { kind: stuck }
chaos:
  - { action: kill }
`;
  expect(problemsOf(text)).toEqual([
    '3: phases[0].duration must be a duration such as 500ms, 10s or 1h30m',
    '12: fleets[0].netwrok unknown setting; did you mean "network"?',
    '6: fleets[0].devices must be >= 1',
    '7: fleets[0].id must match pattern "\\{n\\}"',
    '10: fleets[0].metrics.temperature.model unknown model wlak; did you mean "walk"?',
    '11: fleets[0].metrics.humidity misses "value"',
    '14: fleets[0].failures[0] misses "metric"',
    '16: chaos[0] misses "at"',
  ]);
});

test.each([
  ['      pressure: { model: correlated, with: noise }', 'must name a metric above it'],
  ['      a: { model: sum, of: { temperature: 1, b: 1 } }', 'must name a metric above it, not b'],
  ['      a: { model: product, of: [temperature, b] }', 'must name a metric above it, not b'],
  [
    '      a: { model: constant, value: on }\n      b: { model: follow, with: a, within: 1s }',
    'a is not a number: map its values to numbers first',
  ],
  [
    '      a: { model: curve, with: temperature, points: [[1, 0], [1, 5]] }',
    'must have growing first numbers',
  ],
  ['      ts: { model: constant, value: 1 }', 'is a name of the event itself'],
  ['    hidden: [temperature]', 'leaves nothing to report'],
  ['    failures: [{ kind: spike, metric: wind, by: 3 }]', 'no metric wind in this fleet'],
  ['chaos: [{ action: kill, at: 10s }]', 'must be before the end of the last phase'],
  ['thresholds: { los: 0 }', 'unknown metric los'],
  ['thresholds: { loss: p(99)<5ms }', 'loss is a count'],
  ['thresholds: { alert_latency: 99 }', 'alert_latency has no count'],
  ['      x: { model: recorded, file: no.csv, column: a, period: 1s }', 'cannot be read'],
])('refuses %s', (line, reason) => {
  expect(problemsOf(`${sound}${line}\n`).join()).toContain(reason);
});

test('a recorded series takes its numbers from the file', () => {
  const text = `${sound}      wind: { model: recorded, file: nyc-weather-2013.csv, column: wind_speed, period: 1s }\n`;
  const { fleets } = parseScenario(text, join(projectRoot, 'test/data/scenario.yml'));
  expect(fleets[0]!.metrics.wind).toMatchObject({ model: 'recorded' });
  expect((fleets[0]!.metrics.wind as unknown as { values: number[] }).values.length).toBeGreaterThan(20_000);
});

test('a file that is no YAML says where', () => {
  expect(problemsOf('title: [')[0]).toMatch(/^1: /);
});

test('a file that is not there says what to do', () => {
  expect(() => loadScenario('/no/such.yml')).toThrow(expect.objectContaining({ code: 'SCENARIO_FILE' }));
});
