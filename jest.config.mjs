const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
};
const suite = (displayName, testMatch, testPathIgnorePatterns = []) => ({
  ...base,
  displayName,
  testMatch,
  testPathIgnorePatterns: ['/node_modules/', '/dist/', ...testPathIgnorePatterns],
});

/**
 * Environments that are made to run out of memory say so on stderr, which jest would take for the end of the worker that
 * the test is in: it runs where there are none.
 */
const ENVIRONMENTS = '<rootDir>/test/runtime/environments/environment.test.ts';

export default {
  // A deadline for what hangs, not for what is slow: a busy machine fails no test.
  testTimeout: 30_000,
  // .ci/run adds the counts of several jest runs up.
  reporters: ['default', ...(process.env.MILLRACE_TEST_TALLY ? ['<rootDir>/.ci/tally-reporter.mjs'] : [])],
  projects: [
    suite(
      'unit',
      ['<rootDir>/test/**/*.test.ts'],
      ['<rootDir>/test/(contract|conformance|crash|e2e|chaos|parity/engines)/', ENVIRONMENTS],
    ),
    suite('conformance', ['<rootDir>/test/conformance/**/*.test.ts']),
    suite('contract', ['<rootDir>/test/contract/**/*.test.ts']),
    suite('parity', ['<rootDir>/test/parity/engines/**/*.test.ts']),
    suite('crash', ['<rootDir>/test/crash/**/*.test.ts', ENVIRONMENTS]),
    suite('e2e', ['<rootDir>/test/e2e/**/*.test.ts']),
    suite('chaos', ['<rootDir>/test/chaos/**/*.test.ts']),
  ],
};
