/** Walks a parsed expression: what it needs, what of it is the language's own, and what is wrong with it. */
import type { ASTNode } from '@marcbachmann/cel-js';
import { suggestion } from '../../../common/problems.js';
import { CEL_FUNCTIONS, callOf, isNode, isSlotName, memberOf, variableMember } from './cel.js';
import { noSuchTag } from './context.js';
import { ExpressionProblem } from './expression.js';
import { FUNCTIONS, type Parts, type Slot, slotOf } from './functions.js';

const DEVICE_MEMBERS = ['id', 'type', 'tags', 'latest'];
const FLEET_MEMBERS = ['matching', 'total', 'share'];
/** Functions of lists that evaluate something for each item. */
const LOOPS = ['all', 'exists', 'exists_one', 'map', 'filter'];

export interface PlacedSlot extends Slot {
  /** In the text of the expression, [start, end). */
  readonly start: number;
  readonly end: number;
}

/** The first thing that is named, to tell what is compared: a member of the event or fleet, or a slot. */
export type Compared =
  | { readonly of: 'event' | 'fleet'; readonly name: string }
  | { readonly of: 'slot'; readonly slot: Slot };

export interface Inspection {
  /** Members of `event` outside of slots, in the order they are written. */
  readonly metrics: Set<string>;
  /** Members of `device.tags`. */
  readonly tags: Set<string>;
  readonly slots: PlacedSlot[];
  readonly compared: Compared | null;
  /** Whether something unknown may leave the result defined: CEL itself has to find out then. */
  readonly lenient: boolean;
}

/** Throws `ExpressionProblem`. */
export function inspect(ast: ASTNode, parts: Parts): Inspection {
  const { context } = parts;
  const metrics = new Set<string>();
  const tags = new Set<string>();
  const slots: PlacedSlot[] = [];
  const found: { compared: Compared | null; lenient: boolean } = { compared: null, lenient: false };
  visit(ast, 0);
  return { metrics, tags, slots, ...found };

  function visit(node: unknown, loops: number): void {
    if (Array.isArray(node)) for (const item of node) visit(item, loops);
    if (!isNode(node)) return;
    const slot = slotOf(node, parts);
    if (slot !== undefined) {
      if (loops > 0) fail('the functions of rules cannot stand within a function of lists');
      slots.push({ ...slot, start: node.start, end: node.end });
      if (slot.type !== 'bool') found.compared ??= { of: 'slot', slot };
      return;
    }
    refuseUnbounded(node, loops);
    takeMember(node);
    if (node.op === 'id') refuseUnknown(node.args);
    if (['||', '?:', 'call', 'rcall'].includes(node.op)) found.lenient = true;
    if (node.op === 'value') return;
    const isLoop = node.op === 'rcall' && LOOPS.includes(node.args[0]);
    visit(node.args, isLoop ? loops + 1 : loops);
  }

  function takeMember(node: ASTNode): void {
    const member = variableMember(node);
    if (member?.variable === 'event' && context.kind !== 'fleet') {
      metrics.add(member.name);
      found.compared ??= { of: 'event', name: member.name };
    } else if (member?.variable === 'device') {
      if (!DEVICE_MEMBERS.includes(member.name)) {
        fail(`device has no ${JSON.stringify(member.name)}${suggestion(member.name, DEVICE_MEMBERS)}`);
      }
      if (member.name === 'latest') fail('the metric is missing, as in device.latest.temperature');
    } else if (member?.variable === 'fleet' && context.kind === 'fleet') {
      if (!FLEET_MEMBERS.includes(member.name)) {
        fail(`fleet has no ${JSON.stringify(member.name)}${suggestion(member.name, FLEET_MEMBERS)}`);
      }
      found.compared ??= { of: 'fleet', name: member.name };
    }
    const inner = memberOf(node);
    const of = inner === undefined ? undefined : variableMember(inner.object);
    if (inner !== undefined && of?.variable === 'device' && of.name === 'tags') {
      const known = context.known.tags;
      if (known !== undefined && !known.includes(inner.name)) {
        fail(noSuchTag(inner.name, known));
      }
      tags.add(inner.name);
    }
  }

  function refuseUnknown(variable: string): void {
    if (context.kind === 'fleet' && (variable === 'event' || variable === 'device')) {
      fail(`${variable} is of one device: it belongs into where or count of the fleet`);
    }
    if (context.kind !== 'fleet' && variable === 'fleet') fail('fleet is known to fleet-level rules only');
    if (isSlotName(variable)) fail(`Unknown variable: ${variable}`);
  }
}

/** What could take long for a short text: a rule is evaluated for every event. */
function refuseUnbounded(node: ASTNode, loops: number): void {
  const call = callOf(node);
  if (call !== undefined && !CEL_FUNCTIONS.has(call.name)) {
    fail(`there is no function ${call.name}${suggestion(call.name, FUNCTIONS)}`);
  }
  if (node.op === 'id' && node.args === 'cel') fail('cel.bind is not known to rules');
  if (node.op !== 'rcall') return;
  const [name] = node.args;
  if (name === 'matches') {
    fail('regular expressions are not known to rules: use startsWith, endsWith, contains or ==');
  }
  if (loops > 0 && LOOPS.includes(name)) fail(`${name} cannot stand within another function of lists`);
}

function fail(reason: string): never {
  throw new ExpressionProblem(reason);
}
