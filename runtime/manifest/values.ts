/**
 * Reading single values of serverless.yml: each reader answers the value in its own type, or undefined after adding a
 * problem that says what it must be.
 *
 * Numbers and booleans may also stand there as strings ("100"), as variables such as `${env:BATCH_SIZE}` leave them:
 * the packager takes them too.
 */
import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';

export type Reader<T> = (value: unknown, at: PathKeys, problems: Problems) => T | undefined;

/** A mapping of YAML: neither a list nor null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function whole(lowest: number, highest: number): Reader<number> {
  return (value, at, problems) => {
    const number = numberOf(value);
    if (number !== undefined && Number.isInteger(number) && number >= lowest && number <= highest) {
      return number;
    }
    problems.add(at, `must be a whole number from ${lowest} to ${highest}`);
    return undefined;
  };
}

export const truth: Reader<boolean> = (value, at, problems) => {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  problems.add(at, 'must be true or false');
  return undefined;
};

export function oneOf<T extends string>(...choices: readonly T[]): Reader<T> {
  return (value, at, problems) => {
    if (choices.includes(value as T)) return value as T;
    problems.add(at, `must be ${choices.length === 1 ? '' : 'one of '}${choices.join(', ')}`);
    return undefined;
  };
}

export function text(pattern: RegExp, what: string): Reader<string> {
  return (value, at, problems) => {
    if (typeof value === 'string' && pattern.test(value)) return value;
    problems.add(at, `must be ${what}`);
    return undefined;
  };
}

/** Adds a problem for each key that is not among the known ones. */
export function refuseOthers(
  given: Record<string, unknown>,
  known: readonly string[],
  at: PathKeys,
  problems: Problems,
): void {
  for (const key of Object.keys(given)) {
    if (!known.includes(key)) problems.add([...at, key], `unknown setting${suggestion(key, known)}`);
  }
}

export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}
