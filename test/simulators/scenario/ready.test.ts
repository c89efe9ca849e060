import { join } from 'node:path';
import { readyScenarios, scenarioFile } from '../../../simulators/scenario/ready.js';
import { projectRoot } from '../../support/project-root.js';

test('ready scenarios are good, and found by name; so is a file', () => {
  const names = readyScenarios(projectRoot).map(({ name }) => name);
  expect(names).toContain('demo');
  expect(names).toEqual([...names].sort());
  const demo = join(projectRoot, 'simulators/scenarios/demo.yml');
  expect(scenarioFile('demo', projectRoot)).toBe(demo);
  expect(scenarioFile(demo, projectRoot)).toBe(demo);
});

test('what is neither is answered with what may be meant', () => {
  expect(() => scenarioFile('dmeo', projectRoot)).toThrow(/did you mean .?demo|demo/);
  expect(() => scenarioFile('./nothing.yml', projectRoot)).toThrow(
    expect.objectContaining({ code: 'SCENARIO_FILE' }),
  );
});
