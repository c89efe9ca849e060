/** The rules that come with Millrace, by their own tests: `millrace rules test rules/tests/*.yml`. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runTestFile } from '../../cli/rules-test-file.js';
import { loadRules } from '../../functions/alert/rules.js';
import { projectRoot } from '../support/project-root.js';

const folder = join(projectRoot, 'rules', 'tests');
const files = readdirSync(folder).map((name) => join(folder, name));

test.each(files)('%s', async (file) => {
  const { problems, notes, tests } = await runTestFile(file, undefined);
  expect({ problems, notes }).toEqual({ problems: [], notes: [] });
  expect(tests.flatMap((one) => one.notes)).toEqual([]);
  const wrong = tests.flatMap(({ cases }) => cases).filter(({ differences }) => differences.length > 0);
  expect(wrong).toEqual([]);
});

test('each rule is tested, and tests are not taken for rules', async () => {
  const results = await Promise.all(files.map((file) => runTestFile(file, undefined)));
  const tested = new Set(
    results.flatMap(({ tests }) => tests.flatMap(({ cases }) => cases.map(({ alertname }) => alertname))),
  );
  const names = loadRules(join(projectRoot, 'rules')).map(({ name }) => name);
  expect([...tested].sort()).toEqual([...names].sort());
});
