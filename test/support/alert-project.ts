/** A project of its own for tests of alert rules: the schemas of this one, and rules as the test writes them. */
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './project-root.js';

export interface AlertProject {
  readonly root: string;
  /** Replaces the rules; environments that start from now on have them. */
  write(rules: string): void;
}

/** @param rules the list under `rules:`, without indentation */
export function alertProject(rules: string): AlertProject {
  const root = mkdtempSync(join(tmpdir(), 'millrace-alert-project-'));
  mkdirSync(join(root, 'rules'));
  symlinkSync(join(projectRoot, 'schemas'), join(root, 'schemas'));
  const project = {
    root,
    write(text: string) {
      const indented = text.trim().replaceAll(/^/gm, '      ');
      writeFileSync(join(root, 'rules', 'test.yml'), `groups:\n  - name: test\n    rules:\n${indented}\n`);
    },
  };
  project.write(rules);
  return project;
}
