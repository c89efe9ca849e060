/**
 * Alert rules from YAML files in Prometheus' shape: `groups[].rules[]{alert, expr, for, labels, annotations, ...}`.
 * Everything that is wrong is reported at once, each problem as `file:line: reason`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { isMap, isScalar, type Node } from 'yaml';
import { MillraceError, messageOf } from '../../common/errors.js';
import { type CompileContext, emptyContext, type Known } from './language/context.js';
import type { Geofence } from './language/geofence.js';
import { readGeofences } from './language/read/geofences.js';
import { relate } from './language/read/relations.js';
import { readRule } from './language/read/rule.js';
import { RuleSource } from './language/read/source.js';
import type { Rule } from './language/rule.js';

export type { Known } from './language/context.js';
export type { Rule } from './language/rule.js';

export interface ParsedRules {
  /** Each after those that it asks for with `firing`. */
  readonly rules: readonly Rule[];
  /** `file:line: reason` each. */
  readonly problems: readonly string[];
}

/** The rules of all `.yml` and `.yaml` files of a folder, in order of file name. Throws `RULES_INVALID`. */
export function loadRules(directory: string, known: Known = {}): readonly Rule[] {
  const files = ruleFiles(directory).map((path) => ({
    text: readFileSync(path, 'utf8'),
    file: join(basename(directory), basename(path)),
  }));
  const { rules, problems } = parseFiles(files, known);
  if (problems.length > 0) {
    throw new MillraceError(`the alert rules have mistakes:\n  ${problems.join('\n  ')}`, {
      code: 'RULES_INVALID',
      hint: `Correct the rules in ${directory}.`,
    });
  }
  return rules;
}

function ruleFiles(directory: string): string[] {
  try {
    const names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
    return names.sort().map((name) => join(directory, name));
  } catch (error) {
    throw new MillraceError(`cannot read the alert rules: ${messageOf(error)}`, {
      code: 'RULES_INVALID',
      hint: 'Rules lie in the folder rules/ beside serverless.yml.',
      cause: error,
    });
  }
}

/** The rules of one file's text; `file` is how problems call it. */
export function parseRules(text: string, file: string, known: Known = {}): ParsedRules {
  return parseFiles([{ text, file }], known);
}

/** The rules of several files, which may use each other's areas and ask for each other. */
export function parseFiles(
  files: readonly { readonly text: string; readonly file: string }[],
  known: Known = {},
): ParsedRules {
  const sources = files.map(({ text, file }) => new RuleSource(text, file));
  const geofences = new Map<string, Geofence>();
  for (const source of sources) readGeofences(source.root, source, geofences);
  const context = emptyContext({ known, geofences });
  const written = sources.flatMap((source) => rulesOf(source, context));
  const names = sources.flatMap((source) => source.names);
  const problems = sources.flatMap((source) => source.problems);
  const { rules, problems: relations } = relate(written, names);
  return { rules, problems: [...problems, ...relations] };
}

const EVALUATED = 'rules are evaluated with every event';
const ELSEWHERE = { interval: EVALUATED, query_offset: EVALUATED, limit: 'an alert is never left out' };

function rulesOf(source: RuleSource, context: CompileContext): Rule[] {
  const { root } = source;
  if (!source.isYaml) return [];
  if (!isMap(root)) {
    source.report(root, 'expected a map with groups');
    return [];
  }
  source.refuseUnknown(root, ['groups', 'geofences']);
  // A file may hold areas alone.
  if (root.has('geofences') && !root.has('groups')) return [];
  return source.list(root, 'groups').flatMap((group) => {
    if (!isMap(group)) {
      source.report(group, 'a group is a map with name and rules');
      return [];
    }
    source.refuseUnknown(group, ['name', 'rules'], ELSEWHERE);
    const name = nameOf(group.get('name', true) as Node | undefined, source);
    return source.list(group, 'rules').flatMap((rule) => {
      if (isMap(rule)) return readRule(rule, name, context, source) ?? [];
      source.report(rule, 'a rule is a map with alert, expr and labels');
      return [];
    });
  });
}

function nameOf(node: Node | undefined, source: RuleSource): string {
  if (node === undefined) return basename(source.file, extname(source.file));
  if (isScalar(node) && typeof node.value === 'string' && node.value !== '') return node.value;
  source.report(node, 'the name of a group must be a text');
  return '';
}
