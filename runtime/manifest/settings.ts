/**
 * `custom.millrace` -> Settings: checked against its schema, defaults filled in, durations in ms and sizes in bytes,
 * and the settings checked against each other.
 */
import { Ajv } from 'ajv';
import { type Problems, suggestion } from '../../common/problems.js';
import type { LocalFunctionSettings, Settings, StreamSettings } from '../../common/settings.js';
import { durationMs, epochMs, sizeBytes } from '../../common/units.js';
import { asFilter, overlap } from '../../gateway/topics.js';
import type { GivenDestination } from './destinations.js';
import { checkDeviceTags } from './device-tags.js';
import { functionSchema, settingsSchema, streamSchema } from './settings-schema.js';
import { isObject } from './values.js';

const AT = ['custom', 'millrace'] as const;
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

function compile(schema: object) {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, strict: true, strictTypes: false });
  ajv.addKeyword({
    keyword: 'unit',
    modifying: true,
    errors: true,
    error: { message: (context) => `must be ${EXAMPLE[context.schema as string]}` },
    validate: (unit: string, value: unknown, _schema: unknown, data: Parameters<typeof convert>[2]) =>
      convert(unit, value, data),
  });
  return ajv.compile(schema);
}

type FunctionSection = Omit<LocalFunctionSettings, 'idleMs'> & { readonly idle: number };

/** The section once it has passed its schema. */
interface Section {
  readonly gateway: Omit<Settings['gateway'], 'maxLagMs' | 'presenceGraceMs'> & {
    readonly maxLag: number;
    readonly presenceGrace: number;
  };
  readonly deviceTypes: Settings['deviceTypes'];
  readonly deviceTags: Settings['deviceTags'];
  readonly events: { readonly maxFuture: number; readonly oldest: number };
  readonly retention: Settings['retention'];
  readonly streams: Readonly<Record<string, StreamSettings>>;
  readonly functions: Readonly<Record<string, FunctionSection>>;
  readonly destinations: Readonly<Record<string, GivenDestination>>;
  readonly concurrency: Settings['concurrency'];
}

/**
 * As in the file, with units converted: which streams and destinations there are is known when triggers are read, and
 * aggregations have files of their own.
 */
export type GivenSettings = Omit<Settings, 'aggregate' | 'destinations'> & Pick<Section, 'destinations'>;

/**
 * @param section `custom.millrace` as it stands in the file; not changed
 * @param functions names of the functions there are
 * @returns undefined when a problem was added
 */
export function settingsOf(
  section: unknown,
  root: string,
  functions: readonly string[],
  problems: Problems,
): GivenSettings | undefined {
  const copy: { section: unknown } = { section: structuredClone(section ?? {}) };
  const before = problems.list.length;
  const given: unknown = Object(copy.section).functions ?? {};
  if (isObject(copy.section) && isObject(given)) {
    for (const name of Object.keys(given)) {
      if (functions.includes(name)) continue;
      problems.add([...AT, 'functions', name], `no such function${suggestion(name, functions)}`);
    }
    copy.section.functions = { ...Object.fromEntries(functions.map((name) => [name, {}])), ...given };
  }
  if (isObject(copy.section) && 'aggregate' in copy.section) {
    problems.add(
      [...AT, 'aggregate'],
      'windows are defined in aggregations/*.yml now: see docs/aggregations.md',
    );
    delete copy.section.aggregate;
  }
  const validate = compile(settingsSchema);
  if (!validate(copy.section)) problems.addSchemaErrors(AT, validate.errors ?? [], knownKeys);
  if (problems.list.length > before) return undefined;
  const checked = copy.section as unknown as Section;
  checkRelations(checked, problems);
  return problems.list.length > before ? undefined : { ...settingsFrom(checked), root };
}

/** What applies to a stream or a function that the file says nothing about. */
export function defaultsOf(): { readonly stream: StreamSettings; readonly function: LocalFunctionSettings } {
  const filled = <T>(schema: object): T => {
    const copy = {};
    compile(schema)(copy);
    return copy as T;
  };
  return {
    stream: filled<StreamSettings>(streamSchema),
    function: localFrom(filled<FunctionSection>(functionSchema)),
  };
}

function settingsFrom(section: Section): Omit<GivenSettings, 'root'> {
  const { gateway, events, functions, ...rest } = section;
  const { maxLag, presenceGrace, ...gatewayRest } = gateway;
  return {
    ...rest,
    gateway: { ...gatewayRest, maxLagMs: maxLag, presenceGraceMs: presenceGrace },
    events: { maxFutureMs: events.maxFuture, oldest: events.oldest },
    functions: Object.fromEntries(
      Object.entries(functions).map(([name, settings]) => [name, localFrom(settings)]),
    ),
  };
}

function localFrom({ idle, ...rest }: FunctionSection): LocalFunctionSettings {
  return { ...rest, idleMs: idle };
}

/** Streams whose settings the file leaves out are checked too: the gateway's limit has to suit their defaults. */
export function checkStreamSettings(
  streams: Readonly<Record<string, StreamSettings>>,
  { maxPayloadBytes }: Settings['gateway'],
  problems: Problems,
): void {
  for (const [name, stream] of Object.entries(streams)) {
    const problem = (key: string, reason: string) => problems.add([...AT, 'streams', name, key], reason);
    if (stream.hardLimitBytes <= stream.maxBytes) {
      problem('hardLimitBytes', 'must be above maxBytes, or appends stop before anything is deleted');
    }
    if (stream.segmentBytes < 4096) problem('segmentBytes', 'must be at least 4KiB');
    if (stream.segmentBytes > stream.maxBytes) {
      problem('segmentBytes', 'must not be above maxBytes: a segment is the unit of deletion');
    }
    if (maxPayloadBytes >= stream.hardLimitBytes) {
      problems.add([...AT, 'gateway', 'maxPayloadBytes'], `must be below streams.${name}.hardLimitBytes`);
    }
  }
}

/** Whether it is a topic with one level for the device id. */
function namesOneDevice(topic: string): boolean {
  const levels = topic.split('/');
  const placeholders = levels.filter((level) => level === '{deviceId}').length;
  return placeholders === 1 && !/[+#\0]|^\$/.test(topic) && levels.every((level) => level !== '');
}

function checkRelations({ gateway, deviceTags, destinations }: Section, problems: Problems): void {
  const problem = (path: readonly string[], reason: string) => problems.add([...AT, ...path], reason);
  for (const [name, destination] of Object.entries(destinations)) {
    const kinds = ['stream', 'file', 'webhook'].filter((kind) => kind in destination);
    if (kinds.length !== 1) {
      const found = kinds.length === 0 ? 'none is given' : `${kinds.join(' and ')} are given`;
      problem(['destinations', name], `must have exactly one of stream, file, webhook; ${found}`);
    }
  }
  if (gateway.maxPayloadBytes === 0) problem(['gateway', 'maxPayloadBytes'], 'must be above 0');
  gateway.telemetryTopics.forEach((topic, index) => {
    if (namesOneDevice(topic)) return;
    problem(
      ['gateway', 'telemetryTopics', String(index)],
      'must be a topic with one level {deviceId} and no wildcards, such as devices/{deviceId}/telemetry',
    );
  });
  if (!namesOneDevice(gateway.presenceTopic)) {
    problem(
      ['gateway', 'presenceTopic'],
      'must be a topic with one level {deviceId} and no wildcards, such as devices/{deviceId}/presence',
    );
  } else if (
    gateway.telemetryTopics.some((topic) => overlap(asFilter(topic), asFilter(gateway.presenceTopic)))
  ) {
    problem(['gateway', 'presenceTopic'], 'must not be a telemetry topic as well');
  }
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
  checkDeviceTags(deviceTags, problems);
}
