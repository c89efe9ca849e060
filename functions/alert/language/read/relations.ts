/** What rules have to do with each other: their names, their topics, and who asks for whom with `firing`. */
import { suggestion } from '../../../../common/problems.js';
import { topicLevel } from '../../../../common/topic-level.js';
import type { Rule } from '../rule.js';

export interface Related {
  /** Each after those that it asks for, else in the order they are written. */
  readonly rules: readonly Rule[];
  /** `file:line: reason` each. */
  readonly problems: readonly string[];
}

/** @param names of all alerts, those with mistakes included */
export function relate(rules: readonly Rule[], names: readonly string[]): Related {
  const byName = new Map<string, Rule>();
  const byTopic = new Map<string, Rule>();
  const problems: string[] = [];
  for (const rule of rules) {
    const earlier = byName.get(rule.name);
    if (earlier !== undefined) {
      problems.push(`${rule.place}: alert ${rule.name} is already at ${earlier.place}`);
      continue;
    }
    byName.set(rule.name, rule);
    // Their retained states would replace each other.
    const level = topicLevel(rule.name);
    const same = byTopic.get(level);
    if (same === undefined) byTopic.set(level, rule);
    else
      problems.push(
        `${rule.place}: alert ${rule.name} has the MQTT topic of ${same.name}: both are ${level} there`,
      );
  }
  for (const rule of rules) {
    for (const name of asksFor(rule)) {
      const asked = byName.get(name);
      if (asked === undefined && !names.includes(name)) {
        problems.push(`${rule.place}: there is no alert "${name}" to be firing${suggestion(name, names)}`);
      } else if (asked !== undefined && asked.fleet !== null) {
        problems.push(
          `${rule.place}: firing('${name}') is asked of a device, but ${name} is about the fleet`,
        );
      }
    }
  }
  return { rules: inOrder(rules, byName, problems), problems };
}

function asksFor({ condition, clear, fleet }: Rule): readonly string[] {
  const asked = [condition, clear, fleet?.where, fleet?.count].flatMap((one) => one?.firing ?? []);
  return [...new Set(asked)];
}

/** Depth first; reports each cycle once. */
function inOrder(rules: readonly Rule[], byName: ReadonlyMap<string, Rule>, problems: string[]): Rule[] {
  const done = new Set<Rule>();
  const path: Rule[] = [];
  const visit = (rule: Rule): void => {
    if (done.has(rule)) return;
    const begin = path.indexOf(rule);
    if (begin >= 0) {
      const cycle = [...path.slice(begin), rule].map(({ name }) => name).join(' -> ');
      problems.push(`${rule.place}: rules that ask for each other decide nothing: ${cycle}`);
      return;
    }
    path.push(rule);
    for (const name of asksFor(rule)) {
      const asked = byName.get(name);
      if (asked !== undefined) visit(asked);
    }
    path.pop();
    done.add(rule);
  };
  for (const rule of rules) visit(rule);
  return [...done];
}
