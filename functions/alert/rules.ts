/**
 * Alert rules from YAML files in Prometheus' shape: `groups[].rules[]{alert, expr, for, labels, annotations}`.
 * Everything that is wrong is reported at once, each problem as `file:line: reason`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { MillraceError, messageOf } from '../../common/errors.js';
import { YamlText } from '../../common/yaml-text.js';
import { parseDuration } from './duration.js';
import { compile, type Expression, ExpressionProblem } from './expression.js';
import type { Rule as LanguageRule } from './language/rule.js';
import type { Scope } from './language/scope.js';
import { unknownPlaceholders } from './template.js';

/** With the condition as callers know it that evaluate events alone. */
export interface Rule extends LanguageRule {
  readonly expression: Expression;
}

export interface ParsedRules {
  readonly rules: readonly Rule[];
  /** `file:line: reason` each. */
  readonly problems: readonly string[];
}

/** The rules of all `.yml` and `.yaml` files of a folder, in order of file name. Throws `RULES_INVALID`. */
export function loadRules(directory: string): readonly Rule[] {
  const rules: Rule[] = [];
  const problems: string[] = [];
  for (const path of ruleFiles(directory)) {
    const parsed = parseRules(readFileSync(path, 'utf8'), join(basename(directory), basename(path)));
    rules.push(...parsed.rules);
    problems.push(...parsed.problems);
  }
  problems.push(...repeatedNames(rules));
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

function repeatedNames(rules: readonly Rule[]): string[] {
  const first = new Map<string, Rule>();
  return rules.flatMap((rule) => {
    const earlier = first.get(rule.name);
    if (earlier === undefined) first.set(rule.name, rule);
    return earlier === undefined ? [] : [`${rule.place}: alert ${rule.name} is already at ${earlier.place}`];
  });
}

/** The rules of one file's text; `file` is how problems call it. */
export function parseRules(text: string, file: string): ParsedRules {
  const yaml = new YamlText(text);
  const rules: Rule[] = [];
  const problems = yaml.errors.map(({ line, reason }) => `${file}:${line}: ${reason}`);
  if (problems.length > 0) return { rules, problems };

  const placeOf = (node: Node | null | undefined): string => `${file}:${yaml.lineOfNode(node)}`;
  const report = (node: Node | null | undefined, reason: string): void => {
    problems.push(`${placeOf(node)}: ${reason}`);
  };
  const root = yaml.document.contents;
  for (const group of entriesOf(root, 'groups', report, ['groups'])) {
    for (const rule of entriesOf(group, 'rules', report, ['name', 'rules'])) {
      const parsed = isMap(rule) ? readRule(rule, report, placeOf(rule)) : undefined;
      if (!isMap(rule)) report(rule, 'a rule is a map with alert, expr and labels');
      if (parsed !== undefined) rules.push(parsed);
    }
  }
  return { rules, problems };
}

type Report = (node: Node | null | undefined, reason: string) => void;

function entriesOf(node: Node | null, key: string, report: Report, known: readonly string[]): Node[] {
  if (!isMap(node)) {
    report(node, `expected a map with ${key}`);
    return [];
  }
  refuseUnknown(node, known, report);
  const list = node.get(key, true) as Node | undefined;
  if (isSeq(list)) return list.items as Node[];
  report(list ?? node, `${key} must be a list`);
  return [];
}

function refuseUnknown(map: YAMLMap, known: readonly string[], report: Report): void {
  for (const { key } of map.items) {
    if (!known.includes(String(key))) {
      report(key as Node, `${String(key)} means nothing here; known: ${known.join(', ')}`);
    }
  }
}

function readRule(map: YAMLMap, report: Report, place: string): Rule | undefined {
  let sound = true;
  const problem: Report = (node, reason) => {
    sound = false;
    report(node, reason);
  };
  refuseUnknown(map, ['alert', 'expr', 'for', 'labels', 'annotations'], problem);
  const name = textOf(map, 'alert', problem);
  if (name === '') problem(map.get('alert', true) as Node, 'alert must not be empty');
  const source = textOf(map, 'expr', problem);
  const labels = textsOf(map, 'labels', problem);
  const annotations = textsOf(map, 'annotations', problem);
  const severity = labels.severity ?? '';
  if (severity === '') problem((map.get('labels', true) as Node) ?? map, 'labels need a severity');
  if (labels.deviceId !== undefined) {
    problem(map.get('labels', true) as Node, 'the label deviceId is set by Millrace');
  }
  for (const [key, text] of Object.entries(annotations)) {
    for (const unknown of unknownPlaceholders(text)) {
      const node = map.getIn(['annotations', key], true) as Node;
      problem(node, `{{ ${unknown} }} stands for nothing; known: {{ value }}, {{ deviceId }}`);
    }
  }
  const forMs = forOf(map, problem);
  const expression =
    source === undefined ? undefined : compiled(source, map.get('expr', true) as Node, problem);
  if (!sound || name === undefined || source === undefined || expression === undefined) return undefined;
  const { metric } = expression;
  const condition = {
    source,
    metric,
    metrics: metric === null ? [] : [metric],
    features: [],
    firing: [],
    holds: ({ event, device }: Scope) => expression.holds(event, device),
    nextChange: () => Number.POSITIVE_INFINITY,
  };
  return {
    name,
    group: '',
    version: createHash('sha256')
      .update(JSON.stringify([source, forMs, labels]))
      .digest('hex')
      .slice(0, 8),
    condition,
    expression,
    clear: null,
    forMs,
    keepFiringMs: 0,
    noDataMs: 900_000,
    active: null,
    fleet: null,
    severity,
    labels,
    annotations,
    deviceTypes: null,
    place,
  };
}

function compiled(source: string, node: Node, report: Report): Expression | undefined {
  try {
    return compile(source);
  } catch (error) {
    if (!(error instanceof ExpressionProblem)) throw error;
    report(node, `expr: ${error.message}`);
    return undefined;
  }
}

function forOf(map: YAMLMap, report: Report): number {
  if (!map.has('for')) return 0;
  const node = map.get('for', true) as Node;
  const ms = isScalar(node) ? parseDuration(String(node.value)) : undefined;
  if (ms === undefined) report(node, 'for must be a duration such as 30s, 5m or 1h30m');
  return ms ?? 0;
}

function textOf(map: YAMLMap, key: string, report: Report): string | undefined {
  const node = map.get(key, true) as Node | undefined;
  if (isScalar(node) && typeof node.value === 'string') return node.value;
  report(node ?? map, node === undefined ? `${key} is missing` : `${key} must be a text`);
  return undefined;
}

function textsOf(map: YAMLMap, key: string, report: Report): Record<string, string> {
  const node = map.get(key, true) as Node | undefined;
  if (node === undefined) return {};
  if (!isMap(node)) {
    report(node, `${key} must be a map of texts`);
    return {};
  }
  const texts: Record<string, string> = {};
  for (const item of node.items) {
    const value = item.value;
    if (isScalar(value) && value.value !== null) texts[String(item.key)] = String(value.value);
    else report((value ?? item.key) as Node, `${key}.${String(item.key)} must be a text`);
  }
  return texts;
}
