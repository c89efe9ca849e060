/** The conditions of a rule: `expr`, `clear`, and those of `fleet`. */
import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { tagNameProblem } from '../../../../schemas/device-tags.js';
import { compile } from '../compile.js';
import { type CompileContext, noSuchTag } from '../context.js';
import { type Expression, ExpressionProblem } from '../expression.js';
import type { FleetSpec } from '../rule.js';
import type { RuleSource } from './source.js';

/** @param called how problems call it */
export function readExpression(
  map: YAMLMap,
  key: string,
  context: CompileContext,
  source: RuleSource,
  called = key,
): Expression | undefined {
  const text = source.text(map, key);
  if (text === undefined) return undefined;
  try {
    return compile(text, context);
  } catch (error) {
    if (!(error instanceof ExpressionProblem)) throw error;
    source.report(map.get(key, true) as Node, `${called}: ${error.message}`);
    return undefined;
  }
}

/** `fleet: { by: [site], where: device.type == "reefer", count: absent("10m") }` */
export function readFleet(rule: YAMLMap, context: CompileContext, source: RuleSource): FleetSpec | null {
  if (!rule.has('fleet')) return null;
  const map = rule.get('fleet', true) as Node;
  if (!isMap(map)) {
    source.report(map, 'fleet must be a map with count, and perhaps by and where');
    return null;
  }
  source.refuseUnknown(map, ['by', 'where', 'count']);
  const by = map.has('by') ? readBy(map.get('by', true) as Node, context, source) : [];
  const where = map.has('where') ? readExpression(map, 'where', context, source, 'fleet.where') : null;
  const count = readExpression(map, 'count', context, source, 'fleet.count');
  if (where !== null && where !== undefined && !isOfDevice(where)) {
    source.report(
      map.get('where', true) as Node,
      'fleet.where says which devices belong to the fleet, whatever they send: by device.id, device.type and device.tags',
    );
  }
  return count === undefined || where === undefined ? null : { by, where, count };
}

/** Whether it is the same for all events of a device. */
function isOfDevice({ metrics, features, firing }: Expression): boolean {
  return metrics.length === 0 && features.length === 0 && firing.length === 0;
}

function readBy(node: Node, { known }: CompileContext, source: RuleSource): string[] {
  const items = isSeq(node) ? (node.items as Node[]) : [node];
  const names = items.map((item) => (isScalar(item) && typeof item.value === 'string' ? item.value : ''));
  names.forEach((name, index) => {
    const problem = name === 'type' ? undefined : tagNameProblem(name);
    if (problem !== undefined) source.report(items[index], `fleet.by: ${problem}`);
    else if (name !== 'type' && known.tags?.includes(name) === false) {
      source.report(items[index], `fleet.by: ${noSuchTag(name, known.tags)}`);
    }
  });
  if (new Set(names).size < names.length) source.report(node, 'fleet.by names a tag twice');
  return names;
}
