/** One entry of `aggregations:` -> AggregationDefinition, and the relations between its settings. */
import type { AggregationDefinition } from '../../../common/aggregations.js';
import { suggestion } from '../../../common/problems.js';
import { BASIC_FIGURES, figureProblem, isOrdered, metricProblem } from './figure-names.js';
import type { Reader } from './reader.js';
import { dividesMinute, readWindow } from './window.js';

/** What definitions may refer to. */
export interface Known {
  /** Device types that have a schema. */
  readonly deviceTypes: readonly string[];
  /** Tags that the settings give to devices, besides `type`; null: nobody knows, and any will do. */
  readonly tags: readonly string[] | null;
}

const KEYS = ['name', 'window', 'by', 'deviceTypes', 'allowedLateness', 'metrics', 'rollups', 'publish'];
const NAME = /^[a-z][a-z0-9-]{0,63}$/;
const MINUTE = 60_000;

/** Undefined when problems were reported. @param place `file:line` */
export function readDefinition(
  entry: Reader,
  place: string,
  known: Known,
): AggregationDefinition | undefined {
  if (!entry.isMap('a map with name, window and by', KEYS)) return undefined;
  const name = nameOf(entry.at('name'));
  const window = readWindow(entry.at('window'));
  const by = byOf(entry.at('by'), known);
  const deviceTypes = typesOf(entry.at('deviceTypes'), known);
  const allowedLatenessMs = entry.at('allowedLateness').duration(MINUTE);
  const metrics = metricsOf(entry.at('metrics'));
  const divides = window !== undefined && dividesMinute(window);
  const rollups = entry.at('rollups').boolean(divides);
  const publish = entry.at('publish').boolean(false);
  if (rollups && window !== undefined && !divides) {
    entry.at('rollups').refuse('are made of tumbling windows that divide a minute evenly, and of no others');
  }
  if (by !== undefined && by !== 'device') {
    if (window?.type === 'session' || window?.type === 'last') {
      entry
        .at('window')
        .refuse(
          `${window.type === 'last' ? 'the last events' : 'sessions'} are kept by device only: a group's devices are in ` +
            'several partitions, whose parts of such a window cannot be merged',
        );
    }
    refuseOrdered(entry.at('metrics'), metrics);
  }
  if (
    name === undefined ||
    window === undefined ||
    by === undefined ||
    deviceTypes === undefined ||
    allowedLatenessMs === undefined ||
    metrics === undefined
  ) {
    return undefined;
  }
  return { name, window, by, deviceTypes, allowedLatenessMs, metrics, rollups, publish, place };
}

function nameOf(reader: Reader): string | undefined {
  const name = reader.text();
  if (name === undefined || NAME.test(name)) return name;
  return reader.refuse(
    'must be small letters, digits and -, a letter first, at most 64: it is a part of topics',
  );
}

function byOf(reader: Reader, { tags }: Known): AggregationDefinition['by'] | undefined {
  const { value } = reader;
  if (value === 'device') return 'device';
  if (value === 'fleet') return [];
  if (!reader.given) return reader.refuse('is missing: device, fleet or a list of tags such as [type]');
  const groups = ['type', ...(tags ?? [])];
  if (typeof value === 'string') {
    const tag = groups.includes(value);
    return reader.refuse(
      tag
        ? `tags are written as a list: [${value}]`
        : `must be device, fleet or a list of tags${suggestion(value, ['device', 'fleet'])}`,
    );
  }
  if (Array.isArray(value) && value.length === 0)
    return reader.refuse('must not be empty; all devices are: fleet');
  const names = reader.texts();
  names?.forEach((name, index) => {
    if (tags === null || groups.includes(name)) return;
    const hint = suggestion(name, groups);
    reader
      .at(index)
      .refuse(`no device ever has the tag ${name}${hint}; custom.millrace.deviceTags gives tags`);
  });
  return names;
}

/** null: all types. */
function typesOf(reader: Reader, known: Known): readonly string[] | null | undefined {
  if (!reader.given) return null;
  const types = reader.texts();
  types?.forEach((type, index) => {
    if (known.deviceTypes.includes(type)) return;
    reader.at(index).refuse(`there is no schemas/types/${type}.json${suggestion(type, known.deviceTypes)}`);
  });
  return types;
}

function metricsOf(reader: Reader): AggregationDefinition['metrics'] | undefined {
  if (!reader.given) return { '*': [...BASIC_FIGURES] };
  if (!reader.isMap("a map of metrics and their figures, such as { '*': [mean], temperature: [p99] }")) {
    return undefined;
  }
  const metrics: Record<string, readonly string[]> = {};
  for (const metric of reader.keys()) {
    const wanted = reader.at(metric);
    const unfit = metricProblem(metric);
    if (unfit !== undefined) wanted.refuse(unfit);
    const figures = wanted.texts() ?? [];
    figures.forEach((figure, index) => {
      const problem = figureProblem(figure);
      if (problem !== undefined) wanted.at(index).refuse(problem);
    });
    metrics[metric] = figures;
  }
  return Object.keys(metrics).length === 0 ? reader.refuse('must not be empty') : metrics;
}

function refuseOrdered(reader: Reader, metrics: AggregationDefinition['metrics'] | undefined): void {
  for (const [metric, figures] of Object.entries(metrics ?? {})) {
    figures.forEach((figure, index) => {
      if (!isOrdered(figure)) return;
      reader
        .at(metric)
        .at(index)
        .refuse(`${figure} goes by the order of one device's events: it is there by device only`);
    });
  }
}
