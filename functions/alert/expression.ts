/**
 * Rule expressions: CEL, compiled once, evaluated per event.
 *
 * Variables: `event`, the event as published, and `device` with `id` and `type`. Numbers in events are doubles, as
 * JSON has no others, while `2` is an int in CEL, which does not mix the two; as rules are written by people, mixed
 * arithmetic is allowed here (comparisons between int and double are CEL's own).
 */
import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';

export type EventObject = Readonly<Record<string, unknown>>;

export interface Device {
  readonly id: string;
  readonly type: string;
}

export interface Expression {
  readonly source: string;
  /** The first metric the expression names: what it compares. */
  readonly metric: string | null;
  /**
   * Whether the condition holds, or null when the event lacks a metric that it needs (absent or JSON null). Throws
   * when it cannot be evaluated for another reason, such as a string compared with a number.
   */
  readonly holds: (event: EventObject, device: Device) => boolean | null;
}

/** What is wrong with an expression, in a few words. */
export class ExpressionProblem extends Error {}

const DEVICE_FIELDS = new Set(['id', 'type']);
const environment = makeEnvironment();

/** Throws `ExpressionProblem`. */
export function compile(source: string): Expression {
  const parsed = parse(source);
  const { metrics, lenient, problem } = inspect(parsed.ast);
  if (problem !== undefined) throw new ExpressionProblem(problem);
  const checked = parsed.check();
  if (!checked.valid) throw new ExpressionProblem(summaryOf(checked.error));
  if (checked.type !== 'bool' && checked.type !== 'dyn') {
    throw new ExpressionProblem(`the expression gives ${checked.type}, not a condition (bool)`);
  }
  // Looking first is a hundred times cheaper than an exception for every event of another kind of device. With `||`,
  // `has()` and the like an absent metric need not matter, so CEL itself has to find out.
  const needed = lenient ? [] : [...metrics];
  const context = { event: {} as EventObject, device: {} as Device };
  return {
    source,
    metric: [...metrics][0] ?? null,
    holds(event, device) {
      for (const metric of needed) if (event[metric] === undefined || event[metric] === null) return null;
      context.event = asMap(event);
      context.device = device;
      try {
        const result: unknown = parsed(context);
        if (typeof result === 'boolean') return result;
      } catch (error) {
        if (error instanceof EvaluationError && error.code === 'no_such_key') return null;
        throw error;
      }
      throw new ExpressionProblem('the expression did not give true or false');
    },
  };
}

/** cel-js tells maps by their `constructor`, which a device may have measured: then as a Map, which it takes as well. */
function asMap(event: EventObject): EventObject {
  if (!Object.hasOwn(event, 'constructor')) return event;
  return new Map(Object.entries(event)) as unknown as EventObject;
}

function parse(source: string): ReturnType<Environment['parse']> {
  try {
    return environment.parse(source);
  } catch (error) {
    throw new ExpressionProblem(summaryOf(error));
  }
}

function summaryOf(error: unknown): string {
  if (error instanceof Error) return 'summary' in error ? String(error.summary) : error.message;
  return String(error);
}

interface Inspection {
  /** Members of `event`, in the order they are written. */
  readonly metrics: Set<string>;
  /** Whether an absent metric may leave the result defined. */
  lenient: boolean;
  problem?: string;
}

function inspect(ast: ASTNode): Inspection {
  const found: Inspection = { metrics: new Set(), lenient: false };
  visit(ast);
  return found;

  function visit(node: unknown): void {
    if (Array.isArray(node)) for (const item of node) visit(item);
    if (!isNode(node)) return;
    const member = memberOf(node);
    if (member?.of === 'event') found.metrics.add(member.name);
    else if (member?.of === 'device' && !DEVICE_FIELDS.has(member.name)) {
      found.problem ??= `device has no ${JSON.stringify(member.name)}, only id and type`;
    }
    if (node.op === '||' || node.op === '?:' || node.op === 'call' || node.op === 'rcall') {
      found.lenient = true;
    }
    if (node.op !== 'value') visit(node.args);
  }
}

/** `x.name` or `x["name"]`. */
function memberOf(node: ASTNode): { readonly of: string; readonly name: string } | undefined {
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [object, key] = node.args;
  if (object.op !== 'id') return undefined;
  if (typeof key === 'string') return { of: object.args, name: key };
  return key.op === 'value' && typeof key.args === 'string' ? { of: object.args, name: key.args } : undefined;
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function makeEnvironment(): Environment {
  const made = new Environment().registerVariable('event', 'map').registerVariable('device', 'map');
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
  return made;
}
