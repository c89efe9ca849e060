/**
 * Fleet-level rules as rules about single "devices", which are the groups: so their alerts live the same lives. An event
 * of a group is its counts, and its type the rule that they are counted for.
 */
import type { Expression } from '../alert/language/expression.js';
import type { Rule } from '../alert/language/rule.js';
import type { FleetFigures, Scope } from '../alert/language/scope.js';

/** What stands in alerts for the device: the group, `fleet` when there is only one. */
export function groupId(group: string): string {
  return group === '' ? 'fleet' : group;
}

/** The group's tags, of its id (see `groupKey` in `functions/aggregate/group.ts`). */
export function groupTags(id: string): Readonly<Record<string, string>> {
  if (!id.includes('=')) return {};
  return Object.fromEntries(
    id.split(',').map((part) => {
      const at = part.indexOf('=');
      return [part.slice(0, at), decodeURIComponent(part.slice(at + 1))];
    }),
  );
}

/** Counts are known until they change: nothing is missing while nothing comes. */
export function groupRules(rules: readonly Rule[]): readonly Rule[] {
  return rules.flatMap((rule) => {
    const { fleet } = rule;
    if (fleet === null) return [];
    const tags = Object.fromEntries(fleet.by.map((tag) => [tag, `{{ tags.${tag} }}`]));
    return {
      ...rule,
      condition: overCounts(rule.condition, rule.name),
      clear: rule.clear === null ? null : overCounts(rule.clear, rule.name),
      noDataMs: null,
      fleet: null,
      labels: { ...tags, ...rule.labels },
      deviceTypes: [rule.name],
    };
  });
}

function overCounts(expression: Expression, rule: string): Expression {
  // Counts of another rule for the same group say nothing about this one.
  const scoped = (scope: Scope): Scope | null =>
    scope.device.type === rule ? { ...scope, fleet: scope.event as unknown as FleetFigures } : null;
  return {
    ...expression,
    holds: (scope) => {
      const over = scoped(scope);
      return over === null ? null : expression.holds(over);
    },
    value: (scope) => {
      const over = scoped(scope);
      return over === null ? null : expression.value(over);
    },
  };
}
