/** The table of `millrace rules check`. */
import { describeRule } from '../functions/alert/describe-rule.js';
import type { Rule } from '../functions/alert/rules.js';
import { textTable } from './text-table.js';

const HEADINGS = [
  'RULE',
  'GROUP',
  'KIND',
  'SEVERITY',
  'DEVICE TYPES',
  'REMEMBERS',
  'BYTES PER DEVICE',
  'STEPS PER EVENT',
];

/** One row for each rule, and what an event costs in all of them. */
export function rulesTable(rules: readonly Rule[]): string {
  const described = rules.map((rule) => ({ rule, ...describeRule(rule) }));
  const rows = described.map(({ rule, kinds, features, bytes, steps }) => [
    rule.name,
    rule.group,
    kinds.join(', '),
    rule.severity,
    rule.deviceTypes?.join(', ') ?? 'all',
    features.map(({ id }) => shortened(id)).join(', '),
    features.length === 0 ? '' : `about ${bytes}`,
    String(steps),
  ]);
  return `${textTable([HEADINGS, ...rows], [6, 7])}\n${costOf(described)}\n`;
}

/** Of all rules that may look at a device of one type; equal features are one. */
function costOf(described: readonly ({ rule: Rule } & ReturnType<typeof describeRule>)[]): string {
  const types = new Set(described.flatMap(({ rule }) => rule.deviceTypes ?? []));
  const costs = [...types, null].map((type) => {
    const those = described.filter(
      ({ rule }) => rule.deviceTypes === null || (type !== null && rule.deviceTypes.includes(type)),
    );
    const features = new Map(those.flatMap(({ features }) => features.map(({ id, bytes }) => [id, bytes])));
    return {
      type,
      rules: those.length,
      steps: those.reduce((sum, { steps }) => sum + steps, 0),
      bytes: [...features.values()].reduce((sum, bytes) => sum + bytes, 0),
    };
  });
  const most = costs.sort((a, b) => b.steps - a.steps || b.bytes - a.bytes)[0]!;
  const whose = most.type === null ? 'An event' : `An event of a device of type ${most.type}`;
  const remembered = Math.max(...costs.map(({ bytes }) => bytes));
  const memory =
    remembered === 0
      ? 'Nothing is remembered of devices but their alerts.'
      : `Of a device at most about ${remembered} bytes are remembered besides its alerts, written with its events.`;
  return `${whose} is held against at most ${most.rules} rules, ${most.steps} steps. ${memory}`;
}

/** A condition may be long. */
function shortened(id: string): string {
  return id.length <= 40 ? id : `${id.slice(0, 39)}…`;
}
