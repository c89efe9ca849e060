/**
 * CEL as rules use it: the environment, and looking at parsed expressions.
 *
 * Numbers in events are doubles, as JSON has no others, while `2` is an int in CEL, which does not mix the two; as rules
 * are written by people, mixed arithmetic is allowed here. What the language adds to CEL (`window`, `absent`, ...) is
 * put in place of variables, the slots, before CEL sees the expression.
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import { ExpressionProblem } from './expression.js';

export type SlotType = 'double' | 'bool' | 'dyn';

/** Functions of the language in one expression. */
export const MAX_SLOTS = 32;
const LIMITS = { maxAstNodes: 1_000, maxDepth: 50, maxListElements: 1_000, maxMapEntries: 100 };

export const slotName = (type: SlotType, index: number): string => `${type}__${index}`;
export const isSlotName = (name: string): boolean => /^(double|bool|dyn)__\d+$/.test(name);

export const environment = makeEnvironment();

function makeEnvironment(): Environment {
  const made = new Environment({ limits: LIMITS })
    .registerVariable('event', 'map')
    .registerVariable('device', 'map')
    .registerVariable('fleet', 'map');
  for (let index = 0; index < MAX_SLOTS; index++) {
    for (const type of ['double', 'bool', 'dyn'] as const) made.registerVariable(slotName(type, index), type);
  }
  const operators: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  };
  for (const [sign, apply] of Object.entries(operators)) {
    const mixed = (a: number | bigint, b: number | bigint): number => apply(Number(a), Number(b));
    made.registerOperator(`double ${sign} int`, mixed).registerOperator(`int ${sign} double`, mixed);
    if (sign === '%') made.registerOperator('double % double', mixed);
  }
  // The other order, and `!=`, come with it.
  return made.registerOperator('double == int', (a: number, b: bigint) => a === Number(b));
}

/** Functions that CEL itself has, by the names that are called like `f(x)`. */
export const CEL_FUNCTIONS: ReadonlySet<string> = new Set([
  'has',
  ...environment
    .getDefinitions()
    .functions.filter(({ receiverType }) => receiverType === null || receiverType === undefined)
    .map(({ name }) => name),
]);

/** Throws `ExpressionProblem`. */
export function parse(source: string): ReturnType<Environment['parse']> {
  try {
    return environment.parse(source);
  } catch (error) {
    throw new ExpressionProblem(summaryOf(error));
  }
}

export function summaryOf(error: unknown): string {
  if (error instanceof Error) return 'summary' in error ? String(error.summary) : error.message;
  return String(error);
}

export function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** `object.name` or `object["name"]`. */
export function memberOf(node: ASTNode): { readonly object: ASTNode; readonly name: string } | undefined {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [object, key] = node.args;
  if (typeof key === 'string') return { object, name: key };
  return key.op === 'value' && typeof key.args === 'string' ? { object, name: key.args } : undefined;
}

/** A member of a variable: `event.x`. */
export function variableMember(
  node: ASTNode,
): { readonly variable: string; readonly name: string } | undefined {
  const member = memberOf(node);
  return member?.object.op === 'id' ? { variable: member.object.args, name: member.name } : undefined;
}

/** A function that is called: `name(args)`. */
export function callOf(
  node: ASTNode,
): { readonly name: string; readonly args: readonly ASTNode[] } | undefined {
  return node.op === 'call' ? { name: node.args[0], args: node.args[1] } : undefined;
}

/** Of a literal (text, number, truth value, list, map) as plain JSON; undefined for everything else, null included. */
export function constantOf(node: ASTNode): unknown {
  switch (node.op) {
    case 'value':
      return typeof node.args === 'bigint' ? Number(node.args) : (node.args ?? undefined);
    case '-_': {
      const value = constantOf(node.args);
      return typeof value === 'number' ? -value : undefined;
    }
    case 'list': {
      const values = node.args.map(constantOf);
      return values.includes(undefined) ? undefined : values;
    }
    case 'map': {
      const entries = node.args.map(([key, value]) => [constantOf(key), constantOf(value)] as const);
      const sound = entries.every(([key, value]) => typeof key === 'string' && value !== undefined);
      return sound ? Object.fromEntries(entries) : undefined;
    }
    default:
      return undefined;
  }
}
