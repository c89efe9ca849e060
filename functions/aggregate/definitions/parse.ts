/**
 * Aggregations from YAML files: `aggregations:` is a list of definitions, `settings:` is what they have in common, in
 * one of the files. Everything that is wrong is reported at once, with its line.
 */
import type { AggregateSettings, AggregationDefinition } from '../../../common/aggregations.js';
import { LinedProblems, YamlText } from '../../../common/yaml-text.js';
import { type Known, readDefinition } from './definition.js';
import { Reader } from './reader.js';
import { type CommonSettings, DEFAULTS, readSettings } from './settings.js';

export interface AggregationFile {
  /** As problems call it: `aggregations/default.yml`. */
  readonly name: string;
  readonly text: string;
}

export interface AggregationProblem {
  /** `file:line` */
  readonly place: string;
  readonly reason: string;
}

export interface ParsedAggregations {
  /** Of what could be read; to be used when there are no problems. */
  readonly settings: AggregateSettings;
  readonly problems: readonly AggregationProblem[];
}

/** @param files in the order that their definitions get; of none, or of empty ones, come the defaults */
export function parseAggregations(files: readonly AggregationFile[], known: Known): ParsedAggregations {
  const parsed = files.map((file) => parseFile(file, known));
  const problems = parsed.flatMap((file) => file.problems);
  const definitions = parsed.flatMap((file) => file.definitions);
  problems.push(...repeatedNames(definitions));
  const settings = parsed.flatMap((file) => file.settings ?? []);
  const [first, ...more] = settings;
  for (const { place } of more) {
    problems.push({ place, reason: `settings are already at ${first!.place}: they are for all files` });
  }
  return {
    settings: {
      ...DEFAULTS,
      ...first?.settings,
      definitions: definitions.length === 0 ? DEFAULTS.definitions : definitions,
    },
    problems,
  };
}

interface ParsedFile {
  readonly settings?: { readonly settings: CommonSettings; readonly place: string };
  readonly definitions: readonly AggregationDefinition[];
  readonly problems: readonly AggregationProblem[];
}

function parseFile({ name, text }: AggregationFile, known: Known): ParsedFile {
  const yaml = new YamlText(text);
  const problems = new LinedProblems(yaml);
  const place = (line: number) => `${name}:${line}`;
  const told = () =>
    problems.lined.map(({ line, path, reason }) => ({
      place: place(line),
      reason: path === '' ? reason : `${path} ${reason}`,
    }));
  if (yaml.errors.length > 0) return { definitions: [], problems: told() };

  const content = yaml.document.toJS() as unknown;
  // Of comments alone.
  if (content === null) return { definitions: [], problems: [] };
  const root = new Reader(content, [], problems);
  if (!root.isMap('a map of settings and aggregations', ['settings', 'aggregations'])) {
    return { definitions: [], problems: told() };
  }
  const list = root.at('aggregations');
  const entries = Array.isArray(list.value) ? list.value : [];
  if (list.given && entries.length === 0) list.refuse('must be a list of at least one');
  const definitions = entries.flatMap((_, index) => {
    const line = yaml.lineOf(['aggregations', index]);
    return readDefinition(list.at(index), place(line), known) ?? [];
  });
  const settings = root.at('settings');
  if (!settings.given) return { definitions, problems: told() };
  return {
    settings: { settings: readSettings(settings), place: place(yaml.lineOf(['settings'])) },
    definitions,
    problems: told(),
  };
}

function repeatedNames(definitions: readonly AggregationDefinition[]): AggregationProblem[] {
  const first = new Map<string, string>();
  return definitions.flatMap(({ name, place }) => {
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, place);
    return earlier === undefined ? [] : [{ place, reason: `the name ${name} is already at ${earlier}` }];
  });
}
