/** The guide names every key of the language, with its default, and nothing else. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseScenario } from '../../../simulators/scenario/load.js';
import { readyScenarios } from '../../../simulators/scenario/ready.js';
import {
  chaosSchemas,
  failureSchemas,
  metricSchemas,
  scenarioSchema,
  THRESHOLD_METRICS,
} from '../../../simulators/scenario/schema.js';
import { parseThreshold } from '../../../simulators/scenario/threshold.js';
import { projectRoot } from '../../support/project-root.js';

const guide = readFileSync(join(projectRoot, 'docs/simulations.md'), 'utf8');
const OCCASION = ['share', 'from', 'until', 'every', 'lasts'];

interface Schema {
  readonly type?: unknown;
  readonly default?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** Cells of the rows below a heading row that follows the marker. */
function table(marker: string): string[][] {
  const [, after] = guide.split(`<!-- ${marker} -->\n`);
  if (after === undefined) throw new Error(`the guide has no table ${marker}`);
  const lines = after.split('\n');
  const rows = lines.slice(
    2,
    lines.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Key and default of everything in an object's schema. */
function keysOf(schema: Schema, prefix = ''): [key: string, fallback: string][] {
  const properties = Object.entries(schema.properties ?? {});
  const isOccasion = OCCASION.every((key) => schema.properties?.[key] !== undefined);
  return properties.flatMap(([name, property]): [string, string][] => {
    const key = prefix + name;
    if (isOccasion && prefix !== '' && OCCASION.includes(name)) return [];
    const own: [string, string] = [key, textOf(schema, name, property)];
    if (property.properties !== undefined) {
      // A section that is left out has its defaults; one that may be absent altogether is a key itself.
      return property.default === null ? [own, ...keysOf(property, `${key}.`)] : keysOf(property, `${key}.`);
    }
    const inside = property.items?.properties === undefined ? [] : keysOf(property.items, `${key}[].`);
    return inside.length > 0 ? inside : [own];
  });
}

function textOf({ required = [] }: Schema, name: string, { default: fallback }: Schema): string {
  if (required.includes(name)) return 'required';
  if (fallback === '36500d') return 'the end';
  if (fallback === undefined || fallback === null || fallback === '') return '';
  if (typeof fallback !== 'object') return String(fallback);
  return Object.entries(fallback)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ');
}

const bare = (cell: string) => cell.replaceAll('`', '');
const shown = (marker: string) => table(marker).map(([key, fallback]) => [bare(key!), fallback]);
const names = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
const { phases, fleets } = scenarioSchema.properties as Readonly<Record<string, Schema>>;

test('the file', () => {
  const top = Object.entries(scenarioSchema.properties as Readonly<Record<string, Schema>>);
  expect(shown('keys: scenario')).toEqual(
    top.map(([name, property]) => [name, textOf(scenarioSchema, name, property)]),
  );
});

test('phases', () => {
  expect(shown('keys: phases[]')).toEqual(keysOf(phases!.items!));
});

test('fleets', () => {
  expect(shown('keys: fleets[]')).toEqual(keysOf(fleets!.items!));
});

test('occasions', () => {
  expect(shown('keys: occasion')).toEqual(
    keysOf(failureSchemas.dropout as Schema).filter(([key]) => key !== 'kind'),
  );
});

test.each([
  ['metrics', 'model', metricSchemas, []],
  ['failures', 'kind', failureSchemas, OCCASION],
  ['chaos', 'action', chaosSchemas, []],
] as const)('%s', (section, kindKey, schemas, common) => {
  const rows = Object.fromEntries(
    table(`kinds: ${section}`).map(([kind, keys]) => [bare(kind!), names(keys!).sort()]),
  );
  const inCommon: readonly string[] = common;
  const wanted = Object.entries(schemas).map(([kind, schema]) => [
    kind,
    Object.keys((schema as Schema).properties!)
      .filter((key) => key !== kindKey && !inCommon.includes(key))
      .sort(),
  ]);
  expect(rows).toEqual(Object.fromEntries(wanted));
});

test('thresholds, with examples that are ones', () => {
  const rows = table('kinds: thresholds');
  expect(rows.map(([metric]) => bare(metric!))).toEqual([...THRESHOLD_METRICS]);
  for (const [metric, example] of rows) {
    const [name, expression] = bare(example!).split(': ');
    expect(name).toBe(bare(metric!));
    expect(parseThreshold({ metric: name!, expression: expression! }).problem).toBeUndefined();
  }
});

test('the ready scenarios', () => {
  const [, after] = guide.split('| scenario | what is in it |\n');
  const listed = [...after!.split('\n\n')[0]!.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name);
  expect(listed).toEqual(readyScenarios(projectRoot).map(({ name }) => name));
});

test('its example can be run', () => {
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(guide)!;
  expect(parseScenario(example!, 'greenhouse.yml').fleets[0]!.devices).toBe(10);
});
