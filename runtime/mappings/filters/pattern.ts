/**
 * A filter pattern, checked and compiled: a tree of objects (all fields must match) over leaves (one rule must match).
 *
 * Source of the semantics: EventBridge's event patterns as AWS's own matcher has them (aws/event-ruler), of which
 * Lambda's event source mappings take a subset.
 */

/** What a leaf of an event can be: JSON without objects and arrays. */
export type Scalar = string | number | boolean | null;

export type ValueTest = (value: Scalar) => boolean;

/** `[rule, rule, …]`: one of them must match one value of the field. */
export interface LeafPattern {
  readonly kind: 'leaf';
  /** From the top-level field (exclusive) down to this one: `exists: false` looks at the whole event. */
  readonly path: readonly string[];
  readonly tests: readonly ValueTest[];
  /** One of the rules is `exists: false`. */
  readonly matchesAbsence: boolean;
  /** When every rule asks for a text: parts of JSON of which one must occur in the event, quotes included. */
  readonly literals: readonly string[] | null;
}

/** `{name: pattern, …}`: all fields must match, and of each `$or` one alternative. */
export interface ObjectPattern {
  readonly kind: 'object';
  readonly fields: readonly (readonly [name: string, pattern: Pattern])[];
  readonly alternatives: readonly (readonly ObjectPattern[])[];
}

export type Pattern = LeafPattern | ObjectPattern;

/** What is wrong in a pattern, and where: `filterPatterns[1].data.temp[0].numeric[2]`. */
export interface FilterProblem {
  readonly path: string;
  readonly reason: string;
}

/** Takes problems as they are found, so that all are reported at once. */
export type Report = (path: string, reason: string) => void;

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
