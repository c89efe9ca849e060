/** `millrace rules test`: unit tests of rules, in promtool's YAML. */
import type { Command } from 'commander';
import { type FileResult, runTestFile } from './rules-test-file.js';
import { jsonTestOutput, type TestOutput, textTestOutput } from './rules-test-outputs.js';

interface Flags {
  readonly config?: string;
  readonly json?: true;
}

export function registerRulesTest(rules: Command): void {
  rules
    .command('test')
    .description("run unit tests of rules: promtool's YAML, and what this adds to it")
    .argument('<files...>', 'test files; each names the rule files it is about')
    .option('--config <file>', 'serverless.yml, for device types and tags')
    .option('--json', 'JSON lines (the default when the output is not a terminal)')
    .action(async (files: readonly string[], flags: Flags) => {
      const output: TestOutput =
        flags.json === true || !process.stdout.isTTY
          ? jsonTestOutput(process.stdout)
          : textTestOutput(process.stdout);
      const results: FileResult[] = [];
      for (const file of files) {
        const result = await runTestFile(file, flags.config);
        results.push(result);
        output.file(result);
      }
      if (!output.finished(results)) process.exitCode = 1;
    });
}
