/** Reads one rule, with the relations between its members. */
import { createHash } from 'node:crypto';
import type { Node, YAMLMap } from 'yaml';
import { isScalar } from 'yaml';
import { suggestion } from '../../../../common/problems.js';
import { durationText } from '../../../../common/units.js';
import { annotationProblems, labelProblems } from '../../template.js';
import type { CompileContext } from '../context.js';
import type { Expression } from '../expression.js';
import type { FleetSpec, Rule } from '../rule.js';
import { readActive } from './active.js';
import { readExpression, readFleet } from './expressions.js';
import type { RuleSource } from './source.js';

const MEMBERS = [
  'alert',
  'expr',
  'clear',
  'for',
  'keep_firing_for',
  'no_data',
  'active',
  'fleet',
  'labels',
  'annotations',
];
const ELSEWHERE = { record: 'windows and rollups are kept by aggregations/*.yml' };
const FLEET_EVENT = ['matching', 'total', 'share'];
/** Labels that alerts have of themselves. */
const RESERVED = ['deviceId', 'alertname'];
const LABEL = /^[A-Za-z_][A-Za-z0-9_]*$/;
const NO_DATA_MS = 900_000;

/** Undefined when something is wrong with it, which is reported. */
export function readRule(
  map: YAMLMap,
  group: string,
  context: CompileContext,
  source: RuleSource,
): Rule | undefined {
  const before = source.count;
  source.refuseUnknown(map, MEMBERS, ELSEWHERE);
  const name = source.text(map, 'alert');
  if (name !== undefined) source.names.push(name);
  if (name === '') source.report(map.get('alert', true) as Node, 'alert must not be empty');
  const fleet = readFleet(map, context, source);
  const over: CompileContext = map.has('fleet') ? { ...context, kind: 'fleet' } : context;
  const condition = readExpression(map, 'expr', over, source);
  const clear = map.has('clear') ? readExpression(map, 'clear', over, source) : null;
  const forMs = source.duration(map, 'for') ?? 0;
  const keepFiringMs = source.duration(map, 'keep_firing_for') ?? 0;
  const active = readActive(map, source);
  const labels = readLabels(map, fleet, context, source);
  const annotations = readAnnotations(map, labels, fleet, context, source);
  if (name === undefined || condition === undefined || clear === undefined) return undefined;
  if (clear !== null) checkClear(map, condition, clear, source);
  const silence = condition.looksForSilence || (clear?.looksForSilence ?? false);
  const noDataMs = readNoData(map, forMs, silence, source);
  const deviceTypes = fleet === null ? condition.deviceTypes : (fleet.where?.deviceTypes ?? null);
  checkTypes(map, fleet === null ? [condition, clear] : [fleet.where, fleet.count], context, source);
  if (source.count > before) return undefined;
  const rule = {
    name,
    group,
    condition,
    clear,
    forMs,
    keepFiringMs,
    noDataMs,
    active,
    fleet,
    severity: labels.severity!,
    labels,
    annotations,
    deviceTypes,
    place: source.placeOf(map),
  };
  return { ...rule, version: versionOf(rule, context) };
}

function readLabels(
  map: YAMLMap,
  fleet: FleetSpec | null,
  { known }: CompileContext,
  source: RuleSource,
): Record<string, string> {
  const labels = source.texts(map, 'labels');
  const at = (name: string): Node => (map.getIn(['labels', name], true) as Node | undefined) ?? map;
  if ((labels.severity ?? '') === '') {
    source.report((map.get('labels', true) as Node | undefined) ?? map, 'labels need a severity');
  }
  for (const [name, text] of Object.entries(labels)) {
    if (RESERVED.includes(name)) source.report(at(name), `the label ${name} is set by Millrace`);
    else if (!LABEL.test(name))
      source.report(at(name), `"${name}" is no name of a label: letters, digits and _`);
    if (fleet?.by.includes(name) === true) source.report(at(name), `the label ${name} is that of the group`);
    if (name === 'severity' && text.includes('{{')) source.report(at(name), 'severity knows no placeholders');
    for (const problem of labelProblems(text, fleet?.by ?? known.tags)) source.report(at(name), problem);
  }
  return labels;
}

function readAnnotations(
  map: YAMLMap,
  labels: Readonly<Record<string, string>>,
  fleet: FleetSpec | null,
  { known }: CompileContext,
  source: RuleSource,
): Record<string, string> {
  const annotations = source.texts(map, 'annotations');
  const names = {
    labels: [...Object.keys(labels), ...(fleet?.by ?? []), 'deviceId'],
    tags: fleet?.by ?? known.tags,
    event: fleet === null ? undefined : FLEET_EVENT,
  };
  for (const [key, text] of Object.entries(annotations)) {
    for (const problem of annotationProblems(text, names)) {
      source.report(map.getIn(['annotations', key], true) as Node, problem);
    }
  }
  return annotations;
}

function checkClear(map: YAMLMap, condition: Expression, clear: Expression, source: RuleSource): void {
  const missing = clear.metrics.filter((metric) => !condition.metrics.includes(metric));
  if (missing.length === 0) return;
  const reason = 'events without it could begin an alert, and none of them end it';
  source.report(
    map.get('clear', true) as Node,
    `clear needs ${missing.join(', ')}, which expr does not: ${reason}`,
  );
}

/**
 * `no_data`, or how long without data is usual: a quarter of an hour, longer where `for` is. Absence is no lack of data
 * for rules that look for it.
 */
function readNoData(map: YAMLMap, forMs: number, silence: boolean, source: RuleSource): number | null {
  const node = map.get('no_data', true) as Node | undefined;
  if (node === undefined) return silence || map.has('fleet') ? null : Math.max(NO_DATA_MS, 2 * forMs);
  if (isScalar(node) && node.value === 'never') return null;
  if (map.has('fleet')) source.report(node, 'no_data means nothing for a fleet: count what is absent');
  const ms = source.duration(map, 'no_data');
  if (ms === undefined) return null;
  if (ms === 0) source.report(node, 'no_data must be longer than nothing, or never');
  else if (silence) source.report(node, 'no_data would end what absent looks for: leave it out');
  else if (forMs > ms) {
    const reason = 'the alert of a device that falls silent would be forgotten before it fires';
    source.report(
      node,
      `no_data (${durationText(ms)}) is shorter than for (${durationText(forMs)}): ${reason}`,
    );
  }
  return ms;
}

function checkTypes(
  map: YAMLMap,
  expressions: readonly (Expression | null | undefined)[],
  { known }: CompileContext,
  source: RuleSource,
): void {
  for (const expression of expressions) {
    const types = expression?.deviceTypes ?? null;
    if (types === null) continue;
    if (types.length === 0) source.report(map, `no device is of such types: ${expression!.source}`);
    for (const type of types) {
      if (known.deviceTypes?.includes(type) === false) {
        source.report(map, `there is no device type "${type}"${suggestion(type, known.deviceTypes)}`);
      }
    }
  }
}

/** 8 hex digits over what decides. */
function versionOf(rule: Omit<Rule, 'version'>, { geofences }: CompileContext): string {
  const { name, condition, clear, forMs, keepFiringMs, noDataMs, active, fleet, labels } = rule;
  const expressions = [condition, clear, fleet?.where, fleet?.count];
  const areas = new Set(expressions.flatMap((expression) => expression?.geofences ?? []));
  const decides = [
    name,
    expressions.map((expression) => expression?.source ?? null),
    [forMs, keepFiringMs, noDataMs],
    active,
    fleet?.by ?? null,
    Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)),
    [...areas].sort().map((area) => [area, geofences.get(area)!.corners]),
  ];
  return createHash('sha256').update(JSON.stringify(decides)).digest('hex').slice(0, 8);
}
