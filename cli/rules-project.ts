/** Where the rule commands find a project and its rules. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MillraceError, messageOf } from '../common/errors.js';
import { type Known, type ParsedRules, parseFiles } from '../functions/alert/rules.js';
import { projectRoot } from './project-root.js';

/** serverless.yml: the one that is named, else the one beside the folder of rules, else this installation's. */
export function configBeside(config: string | undefined, folder: string | undefined): string {
  if (config !== undefined) return config;
  const beside = folder === undefined ? undefined : join(folder, '..', 'serverless.yml');
  return beside !== undefined && existsSync(beside) ? beside : join(projectRoot(), 'serverless.yml');
}

/** The rules of these files; `called` is how problems call a file. Throws `RULES_UNREADABLE`. */
export function readRules(
  paths: readonly string[],
  known: Known,
  called = (path: string) => path,
): ParsedRules {
  const files = paths.map((path) => {
    try {
      return { text: readFileSync(path, 'utf8'), file: called(path) };
    } catch (error) {
      throw unreadable(path, error);
    }
  });
  return parseFiles(files, known);
}

/** All rule files of a folder, in order of their names. Throws `RULES_UNREADABLE`. */
export function ruleFilesOf(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    throw unreadable(folder, error);
  }
}

/** The rules of a folder. Throws `RULES_UNREADABLE`, and `RULES_INVALID` with everything that is wrong. */
export function rulesOf(folder: string, known: Known): ParsedRules['rules'] {
  const { rules, problems } = readRules(ruleFilesOf(folder), known, (path) =>
    join(basename(folder), basename(path)),
  );
  refuse(problems);
  return rules;
}

/** Throws `RULES_INVALID` when there are problems, `file:line: reason` each. */
export function refuse(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new MillraceError(`the alert rules have mistakes:\n  ${problems.join('\n  ')}`, {
    code: 'RULES_INVALID',
    hint: `Correct ${problems.length === 1 ? 'this place' : 'these places'}; docs/rules.md is the guide.`,
  });
}

function unreadable(path: string, error: unknown): MillraceError {
  return new MillraceError(`cannot read the rules of ${path}: ${messageOf(error)}`, {
    code: 'RULES_UNREADABLE',
    hint: 'Name the folder that the rule files are in.',
    cause: error,
  });
}
