/**
 * The functions that the language adds to CEL. Each call stands for a slot: a value that is read when CEL asks for it,
 * mostly from what is remembered of the device. Arguments that decide what is remembered are constants.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { suggestion } from '../../../common/problems.js';
import { anomalyFeature } from '../anomaly/feature.js';
import { parseDuration } from '../duration.js';
import { callOf, constantOf, memberOf, type SlotType, variableMember } from './cel.js';
import type { CompileContext } from './context.js';
import { ExpressionProblem } from './expression.js';
import type { AnyFeature, Feature, FeatureValue } from './feature.js';
import { absentFor } from './features/absent.js';
import { valueBefore } from './features/before.js';
import { FIGURES, figureOf, isFigure } from './features/figures.js';
import { latestOf } from './features/latest.js';
import { sequenceWithin } from './features/sequence.js';
import { stuckFor } from './features/stuck.js';
import { matchesWithin, windowOf } from './features/window.js';
import type { Scope } from './scope.js';

export interface Slot {
  readonly type: SlotType;
  readonly feature: AnyFeature | null;
  readonly metrics: readonly string[];
  /** The rule that it asks for. */
  readonly firing?: string;
  /** Areas that it asks for. */
  readonly geofences?: readonly string[];
  /** Absence is what it looks for. */
  readonly silence?: true;
  /** Undefined: not known. */
  read(scope: Scope): FeatureValue;
}

/** Compiles a part of the expression that is evaluated on its own, over the event alone. */
export interface Parts {
  readonly context: CompileContext;
  condition(node: ASTNode): Part<boolean>;
  number(node: ASTNode): Part<number>;
}

export interface Part<T> {
  /** Says what it decides, areas included. */
  readonly id: string;
  readonly metrics: readonly string[];
  readonly geofences: readonly string[];
  /** Undefined: not known, or not of that type. */
  read(scope: Pick<Scope, 'event' | 'device'>): T | undefined;
}

export const FUNCTIONS = [
  'window',
  'matches',
  'before',
  'absent',
  'stuck',
  'inside',
  'sequence',
  'anomaly',
  'firing',
];
/** Those that remember nothing. */
const OF_THE_EVENT = ['inside'];
/** For so long something is remembered at the most. */
const MAX_DURATION = 31 * 86_400_000;
const LONGITUDES = ['longitude', 'lon', 'lng'];
const LATITUDES = ['latitude', 'lat'];

/** The slot that this very node is, or undefined when it is CEL's own. Throws `ExpressionProblem`. */
export function slotOf(node: ASTNode, parts: Parts): Slot | undefined {
  const { context } = parts;
  const name = functionOf(node);
  if (name === undefined) return undefined;
  if (context.kind === 'fleet') fail(`${name} is about devices: it belongs into where or count of the fleet`);
  if (context.kind === 'event' && !OF_THE_EVENT.includes(name))
    fail(`${name} cannot stand within a function`);
  if (name === 'window') return windowSlot(node, parts);
  if (name === 'device.latest') return remembered(latestOf(memberOf(node)!.name), 'dyn', parts);
  const { args } = callOf(node)!;
  switch (name) {
    case 'matches':
      return matchesSlot(args, parts);
    case 'before': {
      const [metric, ago] = args;
      const usage = `before takes a metric and a duration, as in before('temperature', '1d')`;
      if (args.length !== 2) fail(usage);
      return remembered(valueBefore(textIn(metric, usage), durationIn(ago, usage)), 'double', parts);
    }
    case 'absent':
      return absentSlot(args, parts);
    case 'stuck': {
      const [metric, width] = args;
      const usage = `stuck takes a metric and a duration, as in stuck('temperature', '1h')`;
      if (args.length !== 2) fail(usage);
      return remembered(stuckFor(textIn(metric, usage), durationIn(width, usage)), 'bool', parts);
    }
    case 'inside':
      return insideSlot(args, parts);
    case 'sequence':
      return sequenceSlot(args, parts);
    case 'anomaly':
      return anomalySlot(args, parts);
    default:
      return firingSlot(args);
  }
}

/** What this node is a use of: `window('10s').x.mean` as a whole, `device.latest.x`, or a call. */
function functionOf(node: ASTNode): string | undefined {
  const call = callOf(node);
  if (call !== undefined) {
    if (call.name === 'window') fail(USAGE_OF_WINDOW);
    return FUNCTIONS.includes(call.name) ? call.name : undefined;
  }
  const member = memberOf(node);
  if (member === undefined) return undefined;
  if (isLatest(member.object)) return 'device.latest';
  if (isWindow(member.object)) fail(`${USAGE_OF_WINDOW}; the figure of ${member.name} is missing`);
  const inner = memberOf(member.object);
  return inner !== undefined && isWindow(inner.object) ? 'window' : undefined;
}

const isWindow = (node: ASTNode): boolean => callOf(node)?.name === 'window';

function isLatest(node: ASTNode): boolean {
  const member = variableMember(node);
  return member?.variable === 'device' && member.name === 'latest';
}

const USAGE_OF_WINDOW = `a window is used as in window('10s').temperature.mean`;

function windowSlot(node: ASTNode, parts: Parts): Slot {
  const { object, name: figure } = memberOf(node)!;
  const { object: call, name: metric } = memberOf(object)!;
  const { args } = callOf(call)!;
  if (args.length !== 1) fail(USAGE_OF_WINDOW);
  const width = durationIn(args[0], USAGE_OF_WINDOW);
  if (!isFigure(figure)) {
    fail(`window has no figure "${figure}"${suggestion(figure, [...FIGURES, 'p50', 'p90', 'p95', 'p99'])}`);
  }
  const feature = interned(windowOf(metric, width), parts.context);
  const read = figureOf(figure);
  return {
    type: 'double',
    feature,
    metrics: feature.metrics,
    read: ({ memory, at }) => (memory === null ? undefined : read(memory.state(feature), at, width)),
  };
}

function matchesSlot(args: readonly ASTNode[], parts: Parts): Slot {
  const usage = `matches takes a condition and a duration, as in matches(event.temperature > 80, '5m')`;
  if (args.length !== 2) fail(usage);
  const condition = parts.condition(args[0]!);
  const width = durationIn(args[1], usage);
  const { id, metrics } = condition;
  const feature = matchesWithin(id, metrics, width, (sample) => condition.read(sample) === true);
  return { ...remembered(feature, 'double', parts), geofences: condition.geofences };
}

function absentSlot(args: readonly ASTNode[], parts: Parts): Slot {
  const usage = `absent takes a duration, or a metric and one, as in absent('temperature', '15m')`;
  if (args.length !== 1 && args.length !== 2) fail(usage);
  const metric = args.length === 2 ? textIn(args[0], usage) : null;
  const slot = remembered(absentFor(metric, durationIn(args.at(-1), usage)), 'bool', parts);
  return { ...slot, silence: true };
}

function insideSlot(args: readonly ASTNode[], { context, number }: Parts): Slot {
  const usage = `inside takes an area, and where else than in event.longitude and event.latitude the position is, as in inside('depot', event.x, event.y)`;
  if (args.length !== 1 && args.length !== 3) fail(usage);
  const name = textIn(args[0], usage);
  const area = context.geofences.get(name);
  if (area === undefined)
    fail(`there is no area "${name}"${suggestion(name, [...context.geofences.keys()])}`);
  const [longitude, latitude] =
    args.length === 3
      ? [number(args[1]!), number(args[2]!)]
      : [firstNumber(LONGITUDES), firstNumber(LATITUDES)];
  return {
    type: 'bool',
    feature: null,
    metrics: [...longitude.metrics, ...latitude.metrics],
    geofences: [name, ...longitude.geofences, ...latitude.geofences],
    read(scope) {
      const x = longitude.read(scope);
      const y = latitude.read(scope);
      return x === undefined || y === undefined ? undefined : area.contains(x, y);
    },
  };
}

/** The usual names of one thing. */
function firstNumber(names: readonly string[]): Pick<Part<number>, 'metrics' | 'geofences' | 'read'> {
  return {
    metrics: [],
    geofences: [],
    read({ event }) {
      for (const name of names) if (typeof event[name] === 'number') return event[name];
      return undefined;
    },
  };
}

function sequenceSlot(args: readonly ASTNode[], parts: Parts): Slot {
  const usage = `sequence takes two conditions and a duration, as in sequence(event.door == "open", event.temperature > 8, '10m')`;
  if (args.length !== 3) fail(usage);
  const first = parts.condition(args[0]!);
  const second = parts.condition(args[1]!);
  const feature = sequenceWithin(
    `${first.id} then ${second.id}`,
    [...new Set([...first.metrics, ...second.metrics])],
    durationIn(args[2], usage),
    (sample) => first.read(sample) === true,
    (sample) => second.read(sample) === true,
  );
  const geofences = [...first.geofences, ...second.geofences];
  return { ...remembered(feature, 'bool', parts), geofences };
}

function anomalySlot(args: readonly ASTNode[], parts: Parts): Slot {
  const usage = `anomaly takes a metric, and perhaps options, as in anomaly('temperature', {"season": "1d"})`;
  if (args.length !== 1 && args.length !== 2) fail(usage);
  const metric = textIn(args[0], usage);
  const options = args[1] === undefined ? {} : constantOf(args[1]);
  if (typeof options !== 'object' || options === null || Array.isArray(options)) fail(usage);
  return remembered(anomalyFeature(metric, options as Record<string, unknown>), 'double', parts);
}

function firingSlot(args: readonly ASTNode[]): Slot {
  const usage = `firing takes the name of another rule, as in firing('DoorOpen')`;
  if (args.length !== 1) fail(usage);
  const rule = textIn(args[0], usage);
  return { type: 'bool', feature: null, metrics: [], firing: rule, read: (scope) => scope.firing(rule) };
}

function remembered<S>(made: Feature<S>, type: SlotType, { context }: Parts): Slot {
  const feature = interned(made, context);
  return {
    type,
    feature,
    metrics: feature.metrics,
    read: ({ memory, at }) => (memory === null ? undefined : feature.value(memory.state(feature), at)),
  };
}

function interned<S>(feature: Feature<S>, { features }: CompileContext): Feature<S> {
  const known = features.get(feature.id);
  if (known !== undefined) return known as Feature<S>;
  features.set(feature.id, feature);
  return feature;
}

function textIn(node: ASTNode | undefined, usage: string): string {
  const value = node === undefined ? undefined : constantOf(node);
  if (typeof value !== 'string' || value === '') fail(usage);
  return value;
}

function durationIn(node: ASTNode | undefined, usage: string): number {
  const text = textIn(node, usage);
  const ms = parseDuration(text);
  if (ms === undefined || ms === 0) fail(`"${text}" is no duration such as 30s, 5m or 1h30m`);
  if (ms > MAX_DURATION) fail(`"${text}" is longer than 31 days, the most that is remembered`);
  return ms;
}

function fail(reason: string): never {
  throw new ExpressionProblem(reason);
}
