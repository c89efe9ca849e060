// A jest reporter that adds each run's counts to the file that MILLRACE_TEST_TALLY names, a line per run:
// `passed failed skipped`. A file that could not even run counts as one failure.
import { appendFileSync } from 'node:fs';

export default class TallyReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } =
      results;
    const failed = numFailedTests + numRuntimeErrorTestSuites;
    appendFileSync(
      process.env.MILLRACE_TEST_TALLY,
      `${numPassedTests} ${failed} ${numPendingTests + numTodoTests}\n`,
    );
  }
}
