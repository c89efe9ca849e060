/**
 * Compiles expressions: CEL with the language's own functions. Once per rule; evaluated per event.
 *
 * Each use of a function becomes a variable (slot) of the CEL expression, which reads it when it gets there. Within
 * one expression evaluation never nests, so each keeps a single context that is filled anew.
 */
import { type ASTNode, EvaluationError } from '@marcbachmann/cel-js';
import { MAX_SLOTS, parse, slotName, summaryOf } from './cel.js';
import type { CompileContext } from './context.js';
import { deviceTypesOf } from './device-types.js';
import { type Expression, ExpressionProblem } from './expression.js';
import type { FeatureValue } from './feature.js';
import type { Part, Parts } from './functions.js';
import { type Compared, type Inspection, inspect, type PlacedSlot } from './inspect.js';
import type { EventObject, Scope } from './scope.js';
import { spanOf } from './source-text.js';

/** Of characters. */
const MAX_SOURCE = 4_000;
/** CEL does not know what becomes of an event's members. */
const ARITHMETIC = ['+', '-', '*', '/', '%', '-_'];
/** What a slot gives while it is not known: whatever comes of it is not used. */
const NEUTRAL = { double: 0, bool: false, dyn: '' } as const;

/** Throws `ExpressionProblem`. */
export function compile(source: string, context: CompileContext): Expression {
  const { inspected, evaluate, type, ast } = prepare(source, context);
  mustBeCondition(source, type, ast);
  const { metrics, tags, slots, compared } = inspected;
  const features = [...new Set(slots.flatMap(({ feature }) => feature ?? []))];
  return {
    source,
    metric: compared?.of === 'event' ? compared.name : ([...metrics][0] ?? null),
    metrics: [...new Set([...metrics, ...slots.flatMap((slot) => slot.metrics)])],
    features,
    firing: [...new Set(slots.flatMap(({ firing }) => firing ?? []))],
    geofences: geofencesOf(slots),
    tags: [...tags],
    deviceTypes: deviceTypesOf(ast),
    looksForSilence: slots.some(({ silence }) => silence === true),
    holds(scope) {
      const result = evaluate(scope);
      if (result === null || typeof result === 'boolean') return result;
      throw new ExpressionProblem('the expression did not give true or false');
    },
    value: (scope) => comparedValue(compared, scope),
    nextChange(memory, at) {
      let next = Number.POSITIVE_INFINITY;
      for (const feature of features) next = Math.min(next, feature.nextChange(memory.state(feature), at));
      return next;
    },
  };
}

/** What CEL knows no type of is found out event by event. */
function mustBeCondition(source: string, type: string, { op }: ASTNode): void {
  if ((type === 'bool' || type === 'dyn') && !ARITHMETIC.includes(op)) return;
  throw new ExpressionProblem(
    `${source} gives ${type === 'dyn' ? 'a number' : type}, not a condition (bool)`,
  );
}

type Evaluate = (scope: Scope) => unknown;

interface Prepared {
  readonly ast: ASTNode;
  readonly inspected: Inspection;
  /** As CEL checks it. */
  readonly type: string;
  /** Null: something that it needs is unknown. */
  readonly evaluate: Evaluate;
}

function prepare(source: string, context: CompileContext): Prepared {
  if (source.length > MAX_SOURCE) {
    throw new ExpressionProblem(`the expression is longer than ${MAX_SOURCE} characters`);
  }
  const { ast } = parse(source);
  const inspected = inspect(ast, partsOf(source, context));
  const parsed = parse(withSlots(source, inspected.slots));
  const checked = parsed.check();
  if (!checked.valid) throw new ExpressionProblem(summaryOf(checked.error) + hintFor(checked.error, context));
  return { ast, inspected, type: checked.type!, evaluate: evaluation(parsed, inspected, context) };
}

/** What is commonly forgotten is that metrics are members of the event. */
function hintFor(error: unknown, { kind }: CompileContext): string {
  if (!(error instanceof Error) || (error as { code?: unknown }).code !== 'unknown_variable') return '';
  return kind === 'fleet'
    ? '; known are fleet.matching, fleet.total and fleet.share'
    : '; known are event and device: a metric is written event.temperature';
}

/** The text with its slots as variables. */
function withSlots(source: string, slots: readonly PlacedSlot[]): string {
  if (slots.length > MAX_SLOTS) {
    throw new ExpressionProblem(`at most ${MAX_SLOTS} functions in one expression, not ${slots.length}`);
  }
  let text = '';
  let end = 0;
  slots.forEach((slot, index) => {
    const span = spanOf(source, slot);
    text += source.slice(end, span.start) + slotName(slot.type, index);
    end = span.end;
  });
  return text + source.slice(end);
}

function evaluation(
  parsed: (context: Readonly<Record<string, unknown>>) => unknown,
  { metrics, tags, slots, lenient }: Inspection,
  { kind }: CompileContext,
): Evaluate {
  // Looking first is a hundred times cheaper than an exception for every event of another kind of device.
  const needed = lenient ? [] : [...metrics];
  const neededTags = lenient ? [] : [...tags];
  const variables: Record<string, unknown> = { event: {}, device: {}, fleet: {} };
  let current!: Scope;
  let unknown = false;
  slots.forEach((slot, index) => {
    const get = (): FeatureValue => {
      const value = slot.read(current);
      if (value !== undefined) return value;
      unknown = true;
      return lenient ? undefined : NEUTRAL[slot.type];
    };
    Object.defineProperty(variables, slotName(slot.type, index), { get });
  });
  return (scope) => {
    const { event, device, fleet } = scope;
    for (const metric of needed) if (event[metric] === undefined || event[metric] === null) return null;
    for (const tag of neededTags) if (device.tags[tag] === undefined) return null;
    if (kind === 'fleet') {
      if (fleet === undefined) return null;
      variables.fleet = fleet;
    } else {
      variables.event = asMap(event);
      variables.device = device;
    }
    current = scope;
    unknown = false;
    try {
      const result = parsed(variables);
      return unknown && !lenient ? null : result;
    } catch (error) {
      if (unknown || (error instanceof EvaluationError && error.code === 'no_such_key')) return null;
      throw error;
    }
  };
}

/** cel-js tells maps by their `constructor`, which a device may have measured: then as a Map, which it takes as well. */
function asMap(event: EventObject): EventObject {
  if (!Object.hasOwn(event, 'constructor')) return event;
  return new Map(Object.entries(event)) as unknown as EventObject;
}

/** Parts of functions, over the event alone: `matches(event.temperature > 80, '5m')`. */
function partsOf(source: string, context: CompileContext): Parts {
  const inner: CompileContext = { ...context, kind: 'event' };
  const part = <T>(
    node: ASTNode,
    check: (text: string, type: string, ast: ASTNode) => void,
    is: (value: unknown) => value is T,
  ): Part<T> => {
    const { start, end } = spanOf(source, node);
    const text = source.slice(start, end);
    const { inspected, type, evaluate, ast } = prepare(text, inner);
    check(text, type, ast);
    const geofences = geofencesOf(inspected.slots);
    return {
      id: [text, ...geofences.map((name) => JSON.stringify(context.geofences.get(name)!.corners))].join(' '),
      metrics: [...new Set([...inspected.metrics, ...inspected.slots.flatMap((slot) => slot.metrics)])],
      geofences,
      read({ event, device }) {
        try {
          const value = evaluate({ event, device, at: 0, memory: null, firing: () => false });
          return is(value) ? value : undefined;
        } catch (error) {
          // Such as a text compared with a number: this event does not count.
          if (error instanceof EvaluationError) return undefined;
          throw error;
        }
      },
    };
  };
  return {
    context,
    condition: (node) => part(node, mustBeCondition, (value) => typeof value === 'boolean'),
    number: (node) => part(node, mustBeNumber, (value) => typeof value === 'number'),
  };
}

function mustBeNumber(source: string, type: string): void {
  if (type === 'double' || type === 'dyn') return;
  throw new ExpressionProblem(`${source} gives ${type}, not a number`);
}

function geofencesOf(slots: readonly PlacedSlot[]): string[] {
  return [...new Set(slots.flatMap(({ geofences }) => geofences ?? []))];
}

function comparedValue(compared: Compared | null, scope: Scope): number | string | boolean | null {
  if (compared === null) return null;
  const value = read(compared, scope);
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : null;
}

function read(compared: Compared, scope: Scope): unknown {
  if (compared.of === 'slot') return compared.slot.read(scope);
  const { name } = compared;
  if (compared.of === 'fleet') return scope.fleet?.[name as 'share'];
  return Object.hasOwn(scope.event, name) ? scope.event[name] : null;
}
