/**
 * Matchers in Alertmanager's syntax: `severity="critical"`, `site!="south"`, `site=~"north|east"`, `site!~"n.*"`. The value may
 * stand without quotes when it has neither blanks nor any of `{}!=~,"'` and backticks in it.
 * Source: Alertmanager's documentation, configuration, "Matcher".
 */
import type { Matcher } from '../../../stores/operations.js';
import { compilePattern, patternProblem } from './pattern.js';

const MATCHER = /^\s*([^\s{}!=~,\\"'`]+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^\s{}!=~,"'`]*))\s*$/su;

export type ParsedMatcher =
  | { readonly ok: true; readonly matcher: Matcher }
  | { readonly ok: false; readonly reason: string };

export function parseMatcher(text: string): ParsedMatcher {
  const match = MATCHER.exec(text);
  if (match === null) {
    return { ok: false, reason: 'must be a matcher such as severity="critical", site!="a" or site=~"a|b"' };
  }
  const [, name, operator, quoted, bare] = match;
  const value = quoted === undefined ? bare! : unescaped(quoted);
  const matcher: Matcher = {
    name: name!,
    value,
    isRegex: operator === '=~' || operator === '!~',
    isEqual: operator === '=' || operator === '=~',
  };
  const reason = matcherProblem(matcher);
  return reason === undefined ? { ok: true, matcher } : { ok: false, reason };
}

/** Why it cannot be used; undefined when it can. */
export function matcherProblem({ name, value, isRegex }: Matcher): string | undefined {
  if (name === '') return 'names no label';
  const problem = isRegex ? patternProblem(value) : undefined;
  return problem === undefined ? undefined : `the pattern ${JSON.stringify(value)} ${problem}`;
}

/** What `parseMatcher` reads. */
export function matcherText({ name, value, isRegex, isEqual }: Matcher): string {
  const operator = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  const quoted = value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `${name}${operator}"${quoted}"`;
}

/** `{a="b",c!~"d"}` */
export function matchersText(matchers: readonly Matcher[]): string {
  return `{${matchers.map(matcherText).join(',')}}`;
}

/** Whether labels satisfy all matchers. A label that is not there is an empty text. */
export type Test = (labels: Readonly<Record<string, string>>) => boolean;

/** Without matchers: everything. A pattern that is none (in a store of elsewhere) matches nothing, whatever it is asked. */
export function testOf(matchers: readonly Matcher[]): Test {
  const tests = matchers.map(({ name, value, isRegex, isEqual }) => {
    const isMatch = isRegex ? patternTest(value) : (text: string) => text === value;
    if (isMatch === null) return () => false;
    return (labels: Readonly<Record<string, string>>) => isMatch(labelOf(labels, name)) === isEqual;
  });
  return (labels) => tests.every((test) => test(labels));
}

export function labelOf(labels: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(labels, name) ? labels[name]! : '';
}

function patternTest(source: string): ((text: string) => boolean) | null {
  if (patternProblem(source) !== undefined) return null;
  const pattern = compilePattern(source);
  return (text) => pattern.test(text);
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, (whole, character: string) => {
    if (character === 'n') return '\n';
    // A backslash before anything else stays: patterns are full of them.
    return character === '"' || character === '\\' ? character : whole;
  });
}
