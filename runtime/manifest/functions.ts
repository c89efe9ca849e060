/** The section `functions`: handlers, limits, environment and triggers, with the local settings applied. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalFunctionSettings } from '../../common/settings.js';
import type { FunctionManifest, Trigger } from './manifest.js';
import { type PathKeys, type Problems, suggestion } from './problems.js';
import { isSchedule } from './schedule-trigger.js';
import type { StreamNames } from './stream-trigger.js';
import { triggersOf } from './triggers.js';

/** osls' own defaults, which are not Lambda's. */
const DEFAULT_TIMEOUT_S = 6;
const DEFAULT_MEMORY_MB = 1024;
const EXTENSIONS = ['.ts', '.mts', '.js', '.mjs', '.cjs'];

const HONOURED = [
  'handler',
  'timeout',
  'memorySize',
  'reservedConcurrency',
  'environment',
  'events',
  'runtime',
];
/** They say how the function lives on AWS and change nothing about what it does. */
const OF_AWS = [
  'architecture',
  'condition',
  'dependsOn',
  'description',
  'ephemeralStorageSize',
  'iamRoleStatements',
  'kmsKeyArn',
  'logRetentionInDays',
  'logs',
  'name',
  'package',
  'role',
  'tags',
  'tracing',
  'versionFunction',
  'vpc',
];
const NOT_YET = [
  'destinations',
  'disableLogs',
  'fileSystemConfig',
  'image',
  'layers',
  'maximumEventAge',
  'maximumRetryAttempts',
  'onError',
  'provisionedConcurrency',
  'runtimeManagement',
  'snapStart',
  'url',
];

const LOCAL_DEFAULTS: LocalFunctionSettings = {
  nice: 0,
  isolation: 'worker',
  environments: 1,
  idleMs: 600_000,
  overlap: false,
};

export interface FunctionSources {
  readonly root: string;
  readonly provider: Record<string, unknown>;
  readonly streams: StreamNames;
  readonly local: Readonly<Record<string, LocalFunctionSettings>>;
}

export function functionsOf(
  section: unknown,
  sources: FunctionSources,
  problems: Problems,
): FunctionManifest[] {
  const functions = Object.entries(Object(section)).map(([name, value]) =>
    functionOf(name, Object(value), sources, problems),
  );
  if (functions.length === 0) problems.add(['functions'], 'must have at least one function');
  checkRoutes(functions, problems);
  return functions;
}

function functionOf(
  name: string,
  given: Record<string, unknown>,
  { root, provider, streams, local }: FunctionSources,
  problems: Problems,
): FunctionManifest {
  const at = ['functions', name];
  for (const key of Object.keys(given)) {
    if (HONOURED.includes(key) || OF_AWS.includes(key)) continue;
    problems.add(
      [...at, key],
      NOT_YET.includes(key)
        ? `${key} is known on AWS, but the local runtime cannot honour it yet`
        : `unknown setting${suggestion(key, [...HONOURED, ...OF_AWS])}`,
    );
  }
  const runtime = given.runtime ?? provider.runtime ?? 'nodejs';
  if (!String(runtime).startsWith('nodejs'))
    problems.add([...at, 'runtime'], `${runtime} does not run locally, only Node.js`);
  const number = (key: string, lowest: number, highest: number, fallback: unknown): number => {
    const value = given[key] ?? fallback;
    if (!Number.isInteger(value) || (value as number) < lowest || (value as number) > highest) {
      problems.add([...at, key], `must be a whole number from ${lowest} to ${highest}`);
    }
    return value as number;
  };
  const settings = local[name] ?? LOCAL_DEFAULTS;
  const triggers = [given.events ?? []]
    .flat()
    .flatMap((event, index) => triggersOf(event, name, [...at, 'events', index], streams, problems));
  return {
    name,
    ...handlerOf(given.handler, root, [...at, 'handler'], problems),
    timeoutMs: number('timeout', 1, 900, provider.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
    runtime: String(runtime),
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    provisionedConcurrency: 0,
    asynchronous: { maximumRetryAttempts: 2, maximumEventAgeMs: 21_600_000 },
    memoryMB: number('memorySize', 128, 10_240, provider.memorySize ?? DEFAULT_MEMORY_MB),
    ...(given.reservedConcurrency === undefined
      ? {}
      : { reservedConcurrency: number('reservedConcurrency', 0, 1000, 0) }),
    environment: {
      ...environmentOf(provider.environment, ['provider', 'environment'], problems),
      ...environmentOf(given.environment, [...at, 'environment'], problems),
    },
    triggers: withLocal(triggers, settings, name, problems),
    local: settings,
  };
}

function handlerOf(
  handler: unknown,
  root: string,
  at: PathKeys,
  problems: Problems,
): Pick<FunctionManifest, 'handlerFile' | 'handlerExport'> {
  const match = typeof handler === 'string' ? /^(.+)\.([\w$]+)$/.exec(handler) : null;
  if (match === null) {
    problems.add(at, 'must be a module and an export, such as functions/alert/handler.handler');
    return { handlerFile: '', handlerExport: '' };
  }
  const [, handlerFile, handlerExport] = match as unknown as [string, string, string];
  if (!EXTENSIONS.some((extension) => existsSync(join(root, handlerFile + extension)))) {
    problems.add(at, `no module ${join(root, handlerFile)} (${EXTENSIONS.join(', ')})`);
  }
  return { handlerFile, handlerExport };
}

function environmentOf(section: unknown, at: PathKeys, problems: Problems): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(Object(section ?? {}))) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      environment[name] = String(value);
    } else if (value !== null && value !== '') {
      problems.add([...at, name], 'must be a string: the local runtime has no CloudFormation to ask');
    }
  }
  return environment;
}

/** Local settings replace what the triggers say; one that has nothing to replace is a mistake. */
function withLocal(
  triggers: readonly Trigger[],
  { schedule, batchWindowMs }: LocalFunctionSettings,
  name: string,
  problems: Problems,
): Trigger[] {
  const at = ['custom', 'millrace', 'functions', name];
  let result = [...triggers];
  if (batchWindowMs !== undefined) {
    if (!result.some(({ type }) => type === 'stream')) {
      problems.add([...at, 'batchWindowMs'], `function ${name} has no stream trigger`);
    }
    result = result.map((trigger) => (trigger.type === 'stream' ? { ...trigger, batchWindowMs } : trigger));
  }
  if (schedule !== undefined && isSchedule(schedule, [...at, 'schedule'], true, problems)) {
    const replaced = result.find((trigger) => trigger.type === 'schedule');
    if (replaced === undefined) problems.add([...at, 'schedule'], `function ${name} has no schedule trigger`);
    else {
      result = result.filter((trigger) => trigger.type !== 'schedule');
      result.push({ ...replaced, expression: schedule });
    }
  }
  return result;
}

function checkRoutes(functions: readonly FunctionManifest[], problems: Problems): void {
  const owners = new Map<string, string>();
  for (const { name, triggers } of functions) {
    for (const trigger of triggers) {
      if (trigger.type !== 'http') continue;
      const route = `${trigger.method} ${trigger.path.replace(/\{[^}+]+/g, '{')}`;
      const owner = owners.get(route);
      if (owner === undefined) owners.set(route, name);
      else
        problems.add(
          ['functions', name, 'events'],
          `${trigger.method} ${trigger.path} is already taken by ${owner}`,
        );
    }
  }
}
