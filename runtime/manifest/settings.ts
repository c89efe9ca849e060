/**
 * `custom.millrace` -> Settings: checked against its schema, defaults filled in, durations in ms and sizes in bytes,
 * and the settings checked against each other.
 */
import { Ajv } from 'ajv';
import type { LocalFunctionSettings, Settings, StreamSettings } from '../../common/settings.js';
import { durationMs, epochMs, sizeBytes } from '../../common/units.js';
import { type Problems, suggestion } from './problems.js';
import { settingsSchema } from './settings-schema.js';

const AT = ['custom', 'millrace'] as const;
const MINUTE = 60_000;
const CONVERT: Readonly<Record<string, (value: unknown) => number | undefined>> = {
  duration: durationMs,
  size: sizeBytes,
  moment: epochMs,
};
const EXAMPLE: Readonly<Record<string, string>> = {
  duration: 'a duration such as 10s, 5m or 7d',
  size: 'a size such as 256KiB or 1GiB',
  moment: 'a date such as 2000-01-01T00:00:00Z',
};

/** Property names per object of the schema, as ajv's `schemaPath` names it. */
function knownKeys(schemaPath: string): string[] {
  let schema: unknown = settingsSchema;
  for (const key of schemaPath.split('/').slice(1, -1)) {
    schema = (schema as Record<string, unknown>)[decodeURIComponent(key)];
  }
  return Object.keys((schema as { properties?: object }).properties ?? {});
}

/** Replaces a human value by its number, in place. An ajv keyword, so that every problem is found in one pass. */
function convert(
  unit: string,
  value: unknown,
  data: { parentData: Record<string, unknown>; parentDataProperty: string | number } | undefined,
): boolean {
  const number = CONVERT[unit]!(value);
  if (number === undefined || data === undefined) return false;
  data.parentData[data.parentDataProperty as string] = number;
  return true;
}

function compile() {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: true, strictTypes: false });
  ajv.addKeyword({
    keyword: 'unit',
    modifying: true,
    errors: true,
    error: { message: (context) => `must be ${EXAMPLE[context.schema as string]}` },
    validate: (unit: string, value: unknown, _schema: unknown, data: Parameters<typeof convert>[2]) =>
      convert(unit, value, data),
  });
  return ajv.compile(settingsSchema);
}

/** The section once it has passed its schema. */
interface Section {
  readonly gateway: Omit<Settings['gateway'], 'maxLagMs'> & { readonly maxLag: number };
  readonly deviceTypes: Settings['deviceTypes'];
  readonly events: { readonly maxFuture: number; readonly oldest: number };
  readonly aggregate: { readonly window: number; readonly allowedLateness: number };
  readonly retention: Settings['retention'];
  readonly streams: Readonly<Record<string, StreamSettings>>;
  readonly functions: Readonly<
    Record<string, Omit<LocalFunctionSettings, 'idleMs'> & { readonly idle: number }>
  >;
  readonly concurrency: Settings['concurrency'];
}

/**
 * @param section `custom.millrace` as it stands in the file; not changed
 * @returns undefined when a problem was added
 */
export function settingsOf(
  section: unknown,
  root: string,
  names: { readonly functions: readonly string[]; readonly streams: readonly string[] },
  problems: Problems,
): Settings | undefined {
  const copy = { section: structuredClone(section ?? {}) };
  const raw = copy.section as Record<string, Record<string, unknown> | undefined>;
  for (const kind of ['functions', 'streams'] as const) {
    if (isObject(raw) && (raw[kind] === undefined || isObject(raw[kind]))) {
      const entries: Record<string, unknown> = raw[kind] ?? {};
      raw[kind] = entries;
      for (const name of names[kind]) entries[name] ??= {};
      for (const name of Object.keys(entries)) {
        if (names[kind].includes(name)) continue;
        problems.add([...AT, kind, name], `no such ${kind.slice(0, -1)}${suggestion(name, names[kind])}`);
      }
    }
  }
  const before = problems.list.length;
  const validate = compile();
  if (!validate(copy.section)) problems.addSchemaErrors(AT, validate.errors ?? [], knownKeys);
  if (problems.list.length > before) return undefined;
  const checked = copy.section as unknown as Section;
  checkRelations(checked, problems);
  return problems.list.length > before ? undefined : { ...settingsFrom(checked), root };
}

function settingsFrom(section: Section): Omit<Settings, 'root'> {
  const { gateway, deviceTypes, events, aggregate, retention, streams, functions, concurrency } = section;
  const { maxLag, ...gatewayRest } = gateway;
  return {
    gateway: { ...gatewayRest, maxLagMs: maxLag },
    deviceTypes,
    events: { maxFutureMs: events.maxFuture, oldest: events.oldest },
    aggregate: { windowMs: aggregate.window, allowedLatenessMs: aggregate.allowedLateness },
    retention,
    streams,
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, { idle, ...rest }]) => [name, { ...rest, idleMs: idle }]),
    ),
    destinations: {},
    concurrency,
  };
}

function checkRelations({ gateway, aggregate, retention, streams }: Section, problems: Problems): void {
  const problem = (path: readonly string[], reason: string) => problems.add([...AT, ...path], reason);
  for (const [name, stream] of Object.entries(streams)) {
    if (stream.hardLimitBytes <= stream.maxBytes) {
      problem(
        ['streams', name, 'hardLimitBytes'],
        'must be above maxBytes, or appends stop before anything is deleted',
      );
    }
    if (stream.segmentBytes < 4096) problem(['streams', name, 'segmentBytes'], 'must be at least 4KiB');
    if (stream.segmentBytes > stream.maxBytes) {
      problem(
        ['streams', name, 'segmentBytes'],
        'must not be above maxBytes: a segment is the unit of deletion',
      );
    }
    if (gateway.maxPayloadBytes >= stream.hardLimitBytes) {
      problem(['gateway', 'maxPayloadBytes'], `must be below streams.${name}.hardLimitBytes`);
    }
  }
  if (gateway.maxPayloadBytes === 0) problem(['gateway', 'maxPayloadBytes'], 'must be above 0');
  gateway.telemetryTopics.forEach((topic, index) => {
    const levels = topic.split('/');
    const placeholders = levels.filter((level) => level === '{deviceId}').length;
    if (placeholders !== 1 || /[+#\0]|^\$/.test(topic) || levels.some((level) => level === '')) {
      problem(
        ['gateway', 'telemetryTopics', String(index)],
        'must be a topic with one level {deviceId} and no wildcards, such as devices/{deviceId}/telemetry',
      );
    }
  });
  gateway.relayTopics.forEach((filter, index) => {
    const levels = filter.split('/');
    const sound = levels.every(
      (level, at) =>
        level === '+' || (level === '#' && at === levels.length - 1 && at > 0) || !/[+#\0]/.test(level),
    );
    if (!sound || filter === '' || filter.startsWith('$')) {
      problem(
        ['gateway', 'relayTopics', String(index)],
        'must be an MQTT topic filter such as devices/+/status',
      );
    }
  });
  if (aggregate.window === 0 || MINUTE % aggregate.window !== 0) {
    problem(
      ['aggregate', 'window'],
      'must divide a minute evenly, because one-minute rollups are made of windows',
    );
  }
  if (retention.windows <= aggregate.window + aggregate.allowedLateness) {
    problem(
      ['retention', 'windows'],
      'must be above aggregate.window plus allowedLateness: such windows still change',
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
