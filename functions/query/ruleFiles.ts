/** The deployment's alert rules, read once and only when somebody asks for them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadRules, type Rule } from '../alert/rules.js';

/** @param root folder of serverless.yml; one without `rules/` has none */
export function rulesOf(root: string): () => readonly Rule[] {
  const folder = join(root, 'rules');
  let rules: readonly Rule[] | undefined;
  return () => {
    rules ??= existsSync(folder) ? loadRules(folder) : [];
    return rules;
  };
}
