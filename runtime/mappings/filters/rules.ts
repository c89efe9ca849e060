/**
 * The rules of a leaf, as tests of one value: exact values, `prefix`, `suffix`, `equals-ignore-case`, `anything-but`,
 * `numeric` and `exists`. What is wrong is reported with its place; such a rule matches nothing.
 */
import { numericTest } from './numeric.js';
import { isObject, type Report, type Scalar, type ValueTest } from './pattern.js';

export interface Rule {
  readonly test: ValueTest;
  readonly matchesAbsence: boolean;
  /** A part of JSON that must occur in the event for the rule to match, or null when nothing must. */
  readonly literal: string | null;
}

const never: ValueTest = () => false;
const NOTHING: Rule = { test: never, matchesAbsence: false, literal: null };

/** Names of operators; a field of an `$or` alternative must not have one of them. */
export const OPERATORS = [
  'prefix',
  'suffix',
  'equals-ignore-case',
  'anything-but',
  'numeric',
  'exists',
] as const;
/** EventBridge's rules know these, the filters of event source mappings do not. */
export const OPERATORS_ELSEWHERE = ['wildcard', 'cidr'] as const;

export function parseRule(rule: unknown, path: string, report: Report): Rule {
  if (rule === null || typeof rule === 'boolean' || typeof rule === 'number') {
    return { test: (value) => value === rule, matchesAbsence: false, literal: null };
  }
  if (typeof rule === 'string') {
    return { test: (value) => value === rule, matchesAbsence: false, literal: `"${rule}"` };
  }
  if (!isObject(rule)) {
    report(path, 'a rule is a string, a number, true, false, null or an object with one operator');
    return NOTHING;
  }
  const names = Object.keys(rule);
  const [name] = names;
  if (name === undefined || names.length > 1) {
    report(path, 'a rule has exactly one operator');
    return NOTHING;
  }
  return parseOperator(name, rule[name], `${path}.${name}`, report);
}

function parseOperator(name: string, operand: unknown, path: string, report: Report): Rule {
  const plain = (test: ValueTest): Rule => ({ test, matchesAbsence: false, literal: null });
  switch (name) {
    case 'prefix':
    case 'suffix':
    case 'equals-ignore-case':
      return textRule(name, operand, path, report);
    case 'anything-but':
      return plain(anythingBut(operand, path, report));
    case 'numeric':
      return plain(numericTest(operand, path, report));
    case 'exists':
      if (typeof operand !== 'boolean') report(path, 'exists takes true or false');
      return operand === false ? { ...NOTHING, matchesAbsence: true } : plain(() => true);
    default:
      report(
        path,
        (OPERATORS_ELSEWHERE as readonly string[]).includes(name)
          ? `${name} is known to EventBridge's rules, but not to the filters of event source mappings`
          : `${name} is no operator; there are ${OPERATORS.join(', ')}`,
      );
      return NOTHING;
  }
}

type TextOperator = 'prefix' | 'suffix' | 'equals-ignore-case';

function textTest(operator: TextOperator, text: string, ignoreCase: boolean): ValueTest {
  const wanted = ignoreCase ? text.toLowerCase() : text;
  const read = (value: Scalar) => (ignoreCase ? (value as string).toLowerCase() : (value as string));
  switch (operator) {
    case 'prefix':
      return (value) => typeof value === 'string' && read(value).startsWith(wanted);
    case 'suffix':
      return (value) => typeof value === 'string' && read(value).endsWith(wanted);
    case 'equals-ignore-case':
      return (value) => typeof value === 'string' && value.toLowerCase() === text.toLowerCase();
  }
}

function textRule(operator: TextOperator, operand: unknown, path: string, report: Report): Rule {
  if (typeof operand === 'string') {
    const literal = operator === 'prefix' ? `"${operand}` : operator === 'suffix' ? `${operand}"` : null;
    return { test: textTest(operator, operand, false), matchesAbsence: false, literal };
  }
  if (operator !== 'equals-ignore-case' && isObject(operand) && Object.keys(operand).length === 1) {
    const inner = operand['equals-ignore-case'];
    if (typeof inner === 'string') {
      return { test: textTest(operator, inner, true), matchesAbsence: false, literal: null };
    }
  }
  report(
    path,
    operator === 'equals-ignore-case'
      ? 'equals-ignore-case takes a string'
      : `${operator} takes a string, or {"equals-ignore-case": string}`,
  );
  return NOTHING;
}

/** Any value but these: of another type as well, but not none at all. */
function anythingBut(operand: unknown, path: string, report: Report): ValueTest {
  if (isObject(operand)) return anythingButText(operand, path, report);
  const listed = Array.isArray(operand) ? (operand as unknown[]) : [operand];
  const types = new Set(listed.map((value) => typeof value));
  for (const [index, value] of listed.entries()) {
    if (typeof value === 'string' || typeof value === 'number') continue;
    report(
      Array.isArray(operand) ? `${path}[${index}]` : path,
      'anything-but takes a string, a number, a list of either, or an object with one operator',
    );
    return never;
  }
  if (types.size !== 1) {
    report(path, listed.length === 0 ? 'the list is empty' : 'the list mixes strings and numbers');
    return never;
  }
  const excluded = new Set<unknown>(listed);
  return (value) => !excluded.has(value);
}

function anythingButText(
  operand: Readonly<Record<string, unknown>>,
  path: string,
  report: Report,
): ValueTest {
  const [name, ...others] = Object.keys(operand);
  if (others.length > 0 || (name !== 'prefix' && name !== 'suffix' && name !== 'equals-ignore-case')) {
    report(path, 'anything-but takes one of prefix, suffix and equals-ignore-case');
    return never;
  }
  const inner = operand[name];
  const texts = Array.isArray(inner) ? (inner as unknown[]) : [inner];
  if (texts.length === 0 || !texts.every((text) => typeof text === 'string' && text !== '')) {
    report(`${path}.${name}`, `${name} takes a string that is not empty, or a list of such`);
    return never;
  }
  const tests = texts.map((text) => textTest(name, text as string, false));
  return (value) => !tests.some((test) => test(value));
}
