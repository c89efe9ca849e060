/** Aggregation definitions as the API names, finds and shows them. Pure. */
import {
  type AggregateSettings,
  type AggregationDefinition,
  baseDefinition,
  type FigureName,
} from '../../common/aggregations.js';
import { badParameter, ProblemError } from './problem.js';

/** What every window and rollup says of a number, asked for or not. */
const ALWAYS: ReadonlySet<FigureName> = new Set(['count', 'sum', 'mean', 'min', 'max', 'first', 'last']);

/** What strings and booleans have besides. */
const OF_STATES: ReadonlySet<FigureName> = new Set(['distinct', 'duration']);

export function findDefinition(settings: AggregateSettings, name: string): AggregationDefinition | undefined {
  return settings.definitions.find((definition) => definition.name === name);
}

/** The definition in a path. Throws a 404 problem. */
export function definitionInPath(settings: AggregateSettings, name: string): AggregationDefinition {
  const definition = findDefinition(settings, name);
  if (definition !== undefined) return definition;
  throw new ProblemError(404, 'AGGREGATION_UNKNOWN', `there is no aggregation '${name}'; see /aggregations`);
}

/** The definition that a query names. Throws a 400 problem. */
export function definitionInQuery(settings: AggregateSettings, name: string): AggregationDefinition {
  const definition = findDefinition(settings, name);
  if (definition !== undefined) return definition;
  const names = settings.definitions.map((known) => known.name).join(', ');
  throw badParameter('definition', `must be one of ${names}`);
}

/** The definition of a device's windows: the base definition where none is named. Throws a 400 problem. */
export function definitionOfDevices(settings: AggregateSettings, name?: string): AggregationDefinition {
  if (name === undefined) {
    const base = baseDefinition(settings);
    if (base.by === 'device') return base;
    throw badParameter('definition', 'must be given: no aggregation per device is rolled up');
  }
  const definition = definitionInQuery(settings, name);
  if (definition.by === 'device') return definition;
  throw badParameter('definition', `'${name}' is not kept per device; see /aggregations/${name}/windows`);
}

/** For when nothing was found: an empty list would say that there is nothing yet. Throws a 400 problem. */
export function expectRollups({ name, rollups }: AggregationDefinition, parameter: string): void {
  if (rollups) return;
  throw badParameter(parameter, `no rollups are made of '${name}'; of which they are, /aggregations says`);
}

/**
 * Figures of a metric that are shown besides those that always are: of those that its definition asks for, the ones
 * that such values have.
 */
export function extraFigures(
  definition: AggregationDefinition | undefined,
  metric: string,
  values: 'numbers' | 'states',
): FigureName[] {
  const metrics = definition?.metrics ?? {};
  const wanted = Object.hasOwn(metrics, metric) ? metrics[metric] : metrics['*'];
  const has = (name: FigureName) =>
    values === 'states' ? OF_STATES.has(name) : name !== 'duration' && !ALWAYS.has(name);
  return (wanted ?? []).filter(has);
}

export function definitionView(definition: AggregationDefinition, settings: AggregateSettings) {
  const { name, window, by, deviceTypes, allowedLatenessMs, metrics, rollups, publish } = definition;
  return {
    name,
    base: definition === baseDefinition(settings),
    window,
    by,
    deviceTypes,
    allowedLatenessMs,
    metrics,
    rollups,
    publish,
  };
}
