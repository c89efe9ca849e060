// Writes docs/conformance.md from the conformance suite: runs it, and only when every fact held, lets
// test/conformance/document.test.ts write the page. `npm run build` first: environments run from dist/.
import { spawnSync } from 'node:child_process';

/** @param {string[]} options @param {Record<string, string>} environment */
function jest(options, environment = {}) {
  const { status } = spawnSync(
    'npm',
    ['run', '-s', 'jest', '--', '--selectProjects', 'conformance', ...options],
    {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}

jest(['--testPathIgnorePatterns', 'document.test.ts', '/dist/', '/node_modules/']);
jest(['--testPathPatterns', 'conformance/document.test.ts'], { MILLRACE_WRITE_CONFORMANCE: '1' });
