/**
 * Patterns as they stand in serverless.yml -> compiled patterns, with everything that is wrong and its place.
 */
import { isObject, type LeafPattern, type ObjectPattern, type Pattern, type Report } from './pattern.js';
import { OPERATORS, OPERATORS_ELSEWHERE, parseRule } from './rules.js';

const KEYWORDS: ReadonlySet<string> = new Set([...OPERATORS, ...OPERATORS_ELSEWHERE]);
const NEVER: ObjectPattern = { kind: 'object', fields: [], alternatives: [[]] };

/** @param path where the pattern stands, e.g. `filterPatterns[0]` */
export function parsePattern(pattern: unknown, path: string, report: Report): ObjectPattern {
  if (!isObject(pattern)) {
    report(path, 'a pattern is an object');
    return NEVER;
  }
  return parseObject(pattern, path, null, report);
}

/** @param inner names from the top-level field (exclusive) to this object; null above the top-level fields */
function parseObject(
  object: Readonly<Record<string, unknown>>,
  path: string,
  inner: readonly string[] | null,
  report: Report,
): ObjectPattern {
  const entries = Object.entries(object);
  if (entries.length === 0) report(path, 'an empty object selects nothing');
  const fields: [string, Pattern][] = [];
  const alternatives: ObjectPattern[][] = [];
  for (const [name, value] of entries) {
    const place = `${path}.${name}`;
    if (isAlternatives(name, value)) {
      alternatives.push(value.map((one, index) => parseObject(one, `${place}[${index}]`, inner, report)));
    } else {
      const below = inner === null ? [] : [...inner, name];
      if (isObject(value)) fields.push([name, parseObject(value, place, below, report)]);
      else if (Array.isArray(value)) fields.push([name, parseLeaf(value, place, below, report)]);
      else report(place, 'a field is matched by a list of rules or by an object');
    }
  }
  return { kind: 'object', fields, alternatives };
}

/** As EventBridge has it: anything else called `$or` is a field of that name. */
function isAlternatives(name: string, value: unknown): value is Readonly<Record<string, unknown>>[] {
  return (
    name === '$or' &&
    Array.isArray(value) &&
    value.length >= 2 &&
    value.every((one) => isObject(one) && !Object.keys(one).some((key) => KEYWORDS.has(key)))
  );
}

function parseLeaf(
  rules: readonly unknown[],
  place: string,
  path: readonly string[],
  report: Report,
): LeafPattern {
  if (rules.length === 0) report(place, 'an empty list matches nothing');
  const parsed = rules.map((rule, index) => parseRule(rule, `${place}[${index}]`, report));
  const literals = parsed.map(({ literal }) => literal);
  return {
    kind: 'leaf',
    path,
    tests: parsed.filter(({ matchesAbsence }) => !matchesAbsence).map(({ test }) => test),
    matchesAbsence: parsed.some(({ matchesAbsence }) => matchesAbsence),
    literals: literals.every((literal) => literal !== null) ? (literals as string[]) : null,
  };
}
