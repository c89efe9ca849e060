/** An installation of its own for a test that changes sources: everything `millrace dev` needs, built. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './product.js';
import { projectRoot } from './project-root.js';

const COPIED = [
  'adapters',
  'aggregations',
  'cli',
  'common',
  'dashboard',
  'dist',
  'functions',
  'gateway',
  'package.json',
  'rules',
  'runtime',
  'schemas',
  'scripts',
  'serverless.yml',
  'stores',
  'streams',
];

export interface InstallationCopy {
  readonly root: string;
  /** Replaces the first `before` of a file by `after`; fails when there is none. */
  edit(path: string, before: string, after: string): void;
}

export function copyInstallation(): InstallationCopy {
  const root = temporaryDirectory();
  for (const entry of COPIED) cpSync(join(projectRoot, entry), join(root, entry), { recursive: true });
  symlinkSync(join(projectRoot, 'node_modules'), join(root, 'node_modules'));
  return {
    root,
    edit(path, before, after) {
      const file = join(root, path);
      const text = readFileSync(file, 'utf8');
      if (!text.includes(before)) throw new Error(`${path} does not contain ${before}`);
      writeFileSync(
        file,
        text.replace(before, () => after),
      );
    },
  };
}
