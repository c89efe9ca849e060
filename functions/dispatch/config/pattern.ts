/**
 * Regular expressions in matchers: RE2's language, matched in linear time against the whole value, as Alertmanager does
 * it. JavaScript's own engine would try `.*.*.*.*x` in every way there is, and a silence would stop all notifications.
 */
import { RE2JS } from 're2js';
import { messageOf } from '../../../common/errors.js';

/** Longer ones are refused: the time is that of the pattern times that of the value. */
const MAX_LENGTH = 500;

export interface Pattern {
  /** Whether it matches the whole text. */
  test(text: string): boolean;
}

/** Why it cannot be used; undefined when it can. */
export function patternProblem(source: string): string | undefined {
  if (source.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  try {
    compilePattern(source);
    return undefined;
  } catch (error) {
    return `is no regular expression: ${messageOf(error).replace(/^error parsing regexp: |: `.*`$/gs, '')}`;
  }
}

/** @throws RE2JSException */
export function compilePattern(source: string): Pattern {
  const compiled = RE2JS.compile(source, RE2JS.DOTALL);
  return { test: (text) => compiled.testExact(text) };
}
