/** The scenarios that come with Millrace, and how a name or a path becomes a file. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../../common/errors.js';
import { suggestion } from '../../common/problems.js';
import { loadScenario } from './load.js';
import type { Scenario } from './scenario.js';

const EXTENSION = /\.ya?ml$/;

/** @param root of the installation */
export function readyFolder(root: string): string {
  return join(root, 'simulators', 'scenarios');
}

/** In the order of their names. */
export function readyScenarios(root: string): Scenario[] {
  return readyNames(root).map((name) => loadScenario(join(readyFolder(root), `${name}.yml`)));
}

function readyNames(root: string): string[] {
  const files = readdirSync(readyFolder(root)).filter((file) => file.endsWith('.yml'));
  return files.map((file) => file.replace('.yml', '')).sort();
}

/** @param given a path, or the name of a ready scenario. Throws `SCENARIO_FILE` when it is neither. */
export function scenarioFile(given: string, root: string): string {
  if (existsSync(given) && EXTENSION.test(given)) return given;
  const ready = join(readyFolder(root), `${given}.yml`);
  if (!given.includes('/') && existsSync(ready)) return ready;
  throw new MillraceError(
    `there is no scenario ${given}, neither as a file (.yml) nor ready${suggestion(given, readyNames(root))}`,
    { code: 'SCENARIO_FILE', hint: 'millrace scenarios lists the ready ones.' },
  );
}
