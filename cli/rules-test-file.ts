/** One file of rule tests, with the rule files that it names. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { codeOf, MillraceError, messageOf } from '../common/errors.js';
import { readSuite } from '../functions/alert/testing/read-suite.js';
import { runTest, type TestResult, type TestSurroundings } from '../functions/alert/testing/run-test.js';
import type { Suite } from '../functions/alert/testing/suite.js';
import { readRuleProject } from '../runtime/manifest/rule-project.js';
import { deviceTags } from '../schemas/device-tags.js';
import { deviceTypeRule } from '../schemas/device-type.js';
import { configBeside, readRules } from './rules-project.js';

export interface FileResult {
  readonly file: string;
  /** Why nothing was run, `file:line: reason` each. */
  readonly problems: readonly string[];
  readonly tests: readonly TestResult[];
  /** What of the file is passed over. */
  readonly notes: readonly string[];
}

/** Throws `RULE_TEST_UNREADABLE`, and those of the project. */
export async function runTestFile(file: string, config: string | undefined): Promise<FileResult> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new MillraceError(`cannot read the tests in ${file}: ${messageOf(error)}`, {
      code: 'RULE_TEST_UNREADABLE',
      cause: error,
    });
  }
  const { suite, problems } = readSuite(text, file);
  if (suite === null) return { file, problems, tests: [], notes: [] };
  const { paths, missing } = ruleFilesOf(suite);
  if (missing.length > 0) return { file, problems: missing, tests: [], notes: suite.notes };
  const { rules, problems: mistakes } = readRules(paths, {});
  if (mistakes.length > 0) return { file, problems: mistakes, tests: [], notes: suite.notes };

  const { settings, schemas } = await readRuleProject(configOf(config, paths), process.env);
  const tagsOf = deviceTags(settings.deviceTags);
  const around: TestSurroundings = {
    rules,
    evaluationMs: suite.evaluationMs,
    deviceType: deviceTypeRule(settings.deviceTypes, schemas),
    tagsOf,
    refusal(deviceType, body) {
      const validate = schemas.validator(deviceType);
      if (validate === undefined) return 'there is no such device type';
      if (validate(body)) return undefined;
      const [error] = validate.errors ?? [];
      return `${error?.instancePath || 'it'} ${error?.message ?? 'does not fit the schema'}`;
    },
  };
  const tests: TestResult[] = [];
  for (const test of suite.tests) tests.push(await runTest(test, around));
  return { file, problems: [], tests, notes: suite.notes };
}

/** The project of the first rule file. */
function configOf(config: string | undefined, [first]: readonly string[]): string {
  return configBeside(config, first === undefined ? undefined : dirname(resolve(first)));
}

/** Paths relative to the test file; `*` and `?` in their last part. */
function ruleFilesOf({ file, ruleFiles }: Suite): { paths: string[]; missing: string[] } {
  const paths = new Set<string>();
  const missing: string[] = [];
  for (const written of ruleFiles) {
    const path = join(dirname(file), written);
    const found = resolve(written) === written ? expand(written) : expand(path);
    if (found.length === 0) missing.push(`${file}:1: rule_files: there is no ${path}`);
    for (const one of found) paths.add(one);
  }
  return { paths: [...paths], missing };
}

function expand(path: string): string[] {
  const source = basename(path).replace(/[\\^$.+()[\]{}|]/g, '\\$&');
  const pattern = new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
  const folder = dirname(path);
  try {
    return readdirSync(folder)
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}
