/**
 * A project of its own for a test that changes settings, schemas, rules or aggregations: a copied folder with
 * serverless.yml and these, and links to the functions and the status page. Start it with `--config`.
 */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { temporaryDirectory } from './product.js';
import { projectRoot } from './project-root.js';

export interface ProjectCopy {
  readonly root: string;
  /** Its serverless.yml. */
  readonly config: string;
  /** For `startProduct`. */
  readonly args: readonly string[];
}

/** @param changes dotted paths below serverless.yml's root, and their new values; undefined deletes */
export function copyProject(changes: Readonly<Record<string, unknown>> = {}): ProjectCopy {
  const root = temporaryDirectory();
  const config = join(root, 'serverless.yml');
  for (const folder of ['schemas', 'rules', 'aggregations']) {
    cpSync(join(projectRoot, folder), join(root, folder), { recursive: true });
  }
  for (const folder of ['functions', 'dashboard', 'node_modules']) {
    symlinkSync(join(projectRoot, folder), join(root, folder));
  }
  const document = parseDocument(readFileSync(join(projectRoot, 'serverless.yml'), 'utf8'), {
    logLevel: 'silent',
  });
  for (const [path, value] of Object.entries(changes)) {
    if (value === undefined) document.deleteIn(path.split('.'));
    else document.setIn(path.split('.'), value);
  }
  writeFileSync(config, document.toString());
  return { root, config, args: ['--config', config] };
}
