/** What a rule is made of and what it costs, as far as that does not depend on what devices send. */
import { isNode, parse } from './language/cel.js';
import type { Expression } from './language/expression.js';
import type { AnyFeature } from './language/feature.js';
import { featuresOf } from './language/memory.js';
import type { Rule } from './rules.js';

export interface FeatureDescription {
  /** What it remembers, such as `window:600000:temperature`. */
  readonly id: string;
  /** Of one device: about the most that is kept, by feeding it readings at several paces. */
  readonly bytes: number;
}

export interface RuleDescription {
  readonly kinds: readonly string[];
  readonly features: readonly FeatureDescription[];
  /** Of one device, about; features that several rules share count for each. */
  readonly bytes: number;
  /** Nodes of the expressions that an event is held against: what evaluating them grows with. */
  readonly steps: number;
}

/** What the functions of the language are called, by how the ids of their features begin. */
const KINDS: Readonly<Record<string, string>> = {
  window: 'window',
  matches: 'count',
  before: 'delta',
  absent: 'absence',
  stuck: 'stuck',
  sequence: 'sequence',
  latest: 'latest value',
};

export function describeRule(rule: Rule): RuleDescription {
  const expressions = [rule.condition, rule.clear, rule.fleet?.where, rule.fleet?.count].filter(
    (one): one is Expression => one !== null && one !== undefined,
  );
  const features = [...new Map(featuresOf(rule).map((feature) => [feature.id, feature])).values()].map(
    (feature) => ({ id: feature.id, bytes: bytesOf(feature) }),
  );
  return {
    kinds: kindsOf(rule, expressions),
    features,
    bytes: features.reduce((sum, { bytes }) => sum + bytes, 0),
    steps: expressions.reduce((sum, { source }) => sum + nodesOf(parse(source).ast), 0),
  };
}

function kindsOf(rule: Rule, expressions: readonly Expression[]): string[] {
  const kinds = new Set<string>();
  if (rule.fleet !== null) kinds.add('fleet');
  for (const { features, firing, geofences } of expressions) {
    for (const { id } of features) kinds.add(KINDS[/^\w+/.exec(id)?.[0] ?? ''] ?? 'anomaly');
    if (geofences.length > 0) kinds.add('geofence');
    if (firing.length > 0) kinds.add('composite');
  }
  const { metric, features } = rule.condition;
  const isOfEvent = metric !== null && !features.some(({ metrics }) => metrics.includes(metric));
  if (rule.fleet === null && (isOfEvent || kinds.size === 0)) kinds.add('threshold');
  if (rule.clear !== null) kinds.add('hysteresis');
  if (rule.forMs > 0) kinds.add('for');
  if (rule.keepFiringMs > 0) kinds.add('keep firing');
  if (rule.active !== null) kinds.add('hours');
  return [...kinds];
}

const PACES = [10_000, 60_000, 600_000, 3_600_000];
const READINGS = 1_500;
const LOOKED_AT_EVERY = 250;

/** The most that its state comes to as text, over readings at several paces. */
function bytesOf(feature: AnyFeature): number {
  let most = 0;
  for (const pace of PACES) {
    const state: unknown = feature.start();
    for (let index = 1; index <= READINGS; index++) {
      const eventTime = index * pace;
      const event = Object.fromEntries(
        feature.metrics.map((metric, of) => [metric, Math.round(1e5 * Math.sin(index * 12.9898 + of)) / 1e3]),
      );
      const device = { id: 'device', type: '', tags: {} };
      feature.observe(state, { event, eventTime, arrivalTime: eventTime, device });
      if (index % LOOKED_AT_EVERY === 0) {
        most = Math.max(most, Buffer.byteLength(JSON.stringify([feature.id, feature.encode(state)])));
      }
    }
  }
  return most;
}

function nodesOf(node: unknown): number {
  if (Array.isArray(node)) return node.reduce((sum: number, item) => sum + nodesOf(item), 0);
  return isNode(node) ? 1 + nodesOf(node.args) : 0;
}
