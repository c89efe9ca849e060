/** How the results of rule tests are shown: to a person, or one JSON document a line. */
import { durationText } from '../common/units.js';
import type { TestResult } from '../functions/alert/testing/run-test.js';
import type { FileResult } from './rules-test-file.js';

export interface TestOutput {
  file(result: FileResult): void;
  /** Says it all in one; whether everything is as expected. */
  finished(results: readonly FileResult[]): boolean;
}

type Write = Pick<NodeJS.WritableStream, 'write'>;

export function textTestOutput(out: Write): TestOutput {
  return {
    file(result) {
      out.write(`${fileText(result)}\n`);
    },
    finished(results) {
      const { files, tests, cases, failed, broken } = totals(results);
      const good = failed === 0 && broken === 0;
      const unusable = broken === 0 ? '' : `, ${broken} of ${files} files could not be used`;
      out.write(`\n${tests} tests: ${cases - failed} cases passed, ${failed} failed${unusable}\n`);
      return good;
    },
  };
}

export function jsonTestOutput(out: Write): TestOutput {
  const line = (document: object) => out.write(`${JSON.stringify(document)}\n`);
  return {
    file({ file, problems, tests, notes }) {
      for (const note of notes) line({ type: 'note', file, note });
      for (const problem of problems) line({ type: 'problem', file, problem });
      for (const test of tests) {
        for (const { line: at, reason } of test.notes) {
          line({ type: 'note', file, note: `${file}:${at}: ${reason}` });
        }
        for (const { line: at, alertname, at: time, differences } of test.cases) {
          line({
            type: 'case',
            file,
            line: at,
            test: test.name,
            alertname,
            evalTime: durationText(time),
            ok: differences.length === 0,
            differences,
          });
        }
      }
    },
    finished(results) {
      const sums = totals(results);
      const ok = sums.failed === 0 && sums.broken === 0;
      line({ type: 'summary', ok, ...sums });
      return ok;
    },
  };
}

function fileText({ file, problems, tests, notes }: FileResult): string {
  if (problems.length > 0)
    return [`✗ ${file} cannot be used`, ...problems.map((one) => `    ${one}`)].join('\n');
  const failed = tests.filter(isFailed).length;
  const lines = [failed === 0 ? `✓ ${file}` : `✗ ${file}`];
  for (const note of notes) lines.push(`    note: ${note}`);
  for (const [index, test] of tests.entries()) lines.push(...testText(file, test, index));
  return lines.join('\n');
}

function testText(file: string, test: TestResult, index: number): string[] {
  const name = test.name === '' ? `test ${index + 1}` : test.name;
  const lines = [`  ${isFailed(test) ? '✗' : '✓'} ${name}`];
  for (const { line, reason } of test.notes) lines.push(`      note: ${file}:${line}: ${reason}`);
  for (const { line, alertname, at, differences } of test.cases) {
    if (differences.length === 0) continue;
    lines.push(`      ${file}:${line}: ${alertname} at ${durationText(at)}`);
    for (const difference of differences) lines.push(`        ${difference}`);
  }
  return lines;
}

function isFailed({ cases }: TestResult): boolean {
  return cases.some(({ differences }) => differences.length > 0);
}

function totals(results: readonly FileResult[]) {
  const tests = results.flatMap((result) => result.tests);
  const cases = tests.flatMap((test) => test.cases);
  return {
    files: results.length,
    tests: tests.length,
    cases: cases.length,
    failed: cases.filter(({ differences }) => differences.length > 0).length,
    broken: results.filter(({ problems }) => problems.length > 0).length,
  };
}
