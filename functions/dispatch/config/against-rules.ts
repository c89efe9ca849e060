/**
 * Whether what `notifications.yml` asks of alerts is something that the rules give them. A label or rule that is misspelt
 * there is no mistake of the file by itself, and is found out in the night in which nobody was told.
 */
import { suggestion } from '../../../common/problems.js';
import type { Matcher } from '../../../stores/operations.js';
import type { Rule } from '../../alert/language/rule.js';
import { matchersText, matcherText, testOf } from './matchers.js';
import type { NotificationConfig, Route } from './types.js';

/** The labels of a rule's alerts; null: a value that the device or group decides. */
type Given = ReadonlyMap<string, string | null>;

/** `place: reason` each; places are routes by their keys, and inhibit rules by their number. */
export function warningsAgainst(config: NotificationConfig, rules: readonly Rule[]): readonly string[] {
  if (rules.length === 0) return [];
  const given = rules.map(labelsGiven);
  const names = [...new Set(given.flatMap((labels) => [...labels.keys()]))];
  const ofLists = routesOf(config.route).flatMap(({ key, matchers, groupBy }) =>
    [...unmatched(matchers, given, names), ...unknown(groupBy ?? [], names)].map(
      (reason) => `route ${key}: ${reason}`,
    ),
  );
  const ofInhibition = config.inhibitRules.flatMap(({ sourceMatchers, targetMatchers, equal }, index) =>
    [
      ...unmatched(sourceMatchers, given, names),
      ...unmatched(targetMatchers, given, names),
      ...unknown(equal, names),
    ].map((reason) => `inhibit_rules[${index}]: ${reason}`),
  );
  return [...new Set([...ofLists, ...ofInhibition])];
}

function labelsGiven({ name, severity, labels, fleet }: Rule): Given {
  const written = Object.entries(labels).map(([label, text]): [string, string | null] => [
    label,
    text.includes('{{') ? null : text,
  ]);
  const groups = (fleet?.by ?? []).map((tag): [string, null] => [tag, null]);
  return new Map([...written, ...groups, ['alertname', name], ['severity', severity], ['deviceId', null]]);
}

function routesOf(route: Route): Route[] {
  return [route, ...route.routes.flatMap(routesOf)];
}

/** What of these no alert can satisfy, or that none can satisfy all of them. */
function unmatched(
  matchers: readonly Matcher[],
  given: readonly Given[],
  names: readonly string[],
): readonly string[] {
  const alone = matchers.flatMap((matcher) => {
    if (given.some((labels) => canSatisfy(labels, matcher))) return [];
    const { name, value, isRegex } = matcher;
    if (!names.includes(name)) return [noRuleGives(name, names)];
    const values = [...new Set(given.flatMap((labels) => labels.get(name) ?? []))];
    return [`no rule gives ${matcherText(matcher)}${isRegex ? '' : suggestion(value, values)}`];
  });
  if (alone.length > 0) return alone;
  const isPossible = given.some((labels) => matchers.every((matcher) => canSatisfy(labels, matcher)));
  return isPossible ? [] : [`no rule gives all of ${matchersText(matchers)}`];
}

function canSatisfy(labels: Given, matcher: Matcher): boolean {
  const value = labels.get(matcher.name);
  return value === null || testOf([matcher])({ [matcher.name]: value ?? '' });
}

function unknown(wanted: readonly string[], names: readonly string[]): readonly string[] {
  return wanted.filter((name) => !names.includes(name)).map((name) => noRuleGives(name, names));
}

function noRuleGives(name: string, names: readonly string[]): string {
  return `no rule gives the label "${name}"${suggestion(name, names)}`;
}
