/** The section `functions`: handlers, limits, environment and triggers, with the local settings applied. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PathKeys, Problems } from '../../common/problems.js';
import type { LocalFunctionSettings } from '../../common/settings.js';
import { asynchronousOf } from './asynchronous.js';
import { environmentOf } from './environment-variables.js';
import { checkFunctionKeys } from './function-keys.js';
import type { FunctionManifest, Trigger } from './manifest.js';
import { isSchedule } from './schedule-trigger.js';
import type { WiringContext } from './trigger-context.js';
import { triggersOf } from './triggers.js';
import { isObject, whole } from './values.js';

/** osls' own defaults, which are not Lambda's. */
const DEFAULT_TIMEOUT_S = 6;
const DEFAULT_MEMORY_MB = 1024;
const DEFAULT_RUNTIME = 'nodejs24.x';
/** No account's concurrency is higher than this without asking; the relation to the account is checked apart. */
const MOST_ENVIRONMENTS = 10_000;
const EXTENSIONS = ['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs'];

export interface FunctionSources extends WiringContext {
  readonly root: string;
  readonly provider: Record<string, unknown>;
  /** Local settings by function; none when they could not be read. */
  readonly local: Readonly<Record<string, LocalFunctionSettings>>;
  readonly localDefaults: LocalFunctionSettings;
}

/** @param entries by name; osls takes lists of such mappings too, already merged here */
export function functionsOf(
  entries: Readonly<Record<string, unknown>>,
  sources: FunctionSources,
): FunctionManifest[] {
  const { problems } = sources;
  const names = Object.keys(entries);
  const functions = Object.entries(entries).map(([name, value]) => functionOf(name, value, names, sources));
  if (functions.length === 0) problems.add(['functions'], 'must have at least one function');
  checkRoutes(functions, problems);
  checkRuleNames(functions, problems);
  return functions;
}

function functionOf(
  name: string,
  value: unknown,
  names: readonly string[],
  sources: FunctionSources,
): FunctionManifest {
  const { root, provider, resources, local, localDefaults, problems } = sources;
  const at = ['functions', name];
  if (!/^[\w-]{1,64}$/.test(name)) problems.add(at, 'must be named by 1 to 64 letters, digits, _ or -');
  if (!isObject(value)) problems.add(at, 'must be a mapping with a handler');
  const given = isObject(value) ? value : {};
  checkFunctionKeys(given, at, problems);
  const runtime = String(given.runtime ?? provider.runtime ?? DEFAULT_RUNTIME);
  if (!runtime.startsWith('nodejs')) {
    problems.add([...at, 'runtime'], `${runtime} does not run locally, only Node.js`);
  }
  const number = (key: string, lowest: number, highest: number, fallback: number): number => {
    const place = given[key] === undefined && provider[key] !== undefined ? ['provider', key] : [...at, key];
    return whole(lowest, highest)(given[key] ?? provider[key] ?? fallback, place, problems) ?? fallback;
  };
  const concurrency = (key: string) =>
    given[key] === undefined ? undefined : whole(0, MOST_ENVIRONMENTS)(given[key], [...at, key], problems);
  const timeoutMs = number('timeout', 1, 900, DEFAULT_TIMEOUT_S) * 1000;
  const reservedConcurrency = concurrency('reservedConcurrency');
  const settings = local[name] ?? localDefaults;
  const triggers = withLocal(readTriggers(name, given.events, timeoutMs, sources), settings, name, problems);
  return {
    name,
    ...handlerOf(given.handler, root, [...at, 'handler'], problems),
    timeoutMs,
    memoryMB: number('memorySize', 128, 10_240, DEFAULT_MEMORY_MB),
    runtime,
    arn: [...resources.byId.values()].find(
      (resource) => resource.type === 'AWS::Lambda::Function' && resource.name === name,
    )!.arn,
    ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
    provisionedConcurrency: concurrency('provisionedConcurrency') ?? 0,
    asynchronous: asynchronousOf(given, names, at, sources),
    environment: environmentOf(
      [
        { value: provider.environment, at: ['provider', 'environment'] },
        { value: given.environment, at: [...at, 'environment'] },
      ],
      resources,
      problems,
    ),
    triggers,
    local: settings,
  };
}

function readTriggers(
  functionName: string,
  events: unknown,
  timeoutMs: number,
  sources: FunctionSources,
): Trigger[] {
  const at = ['functions', functionName, 'events'];
  const counts = new Map<string, number>();
  const context = {
    ...sources,
    functionName,
    timeoutMs,
    next(kind: string) {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      return count;
    },
  };
  const sourcesOfRecords = new Set<string>();
  return [events ?? []].flat().flatMap((event, index) => {
    const triggers = triggersOf(event, [...at, index], context);
    for (const trigger of triggers) {
      if (trigger.type !== 'stream') continue;
      if (sourcesOfRecords.has(trigger.stream)) {
        sources.problems.add(
          [...at, index],
          `a second event source mapping from ${trigger.stream}: the function's checkpoint in it would be shared`,
        );
      }
      sourcesOfRecords.add(trigger.stream);
    }
    return triggers;
  });
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

/** A rule's name is what its due moments are remembered by. */
function checkRuleNames(functions: readonly FunctionManifest[], problems: Problems): void {
  const owners = new Map<string, string>();
  for (const { name, triggers } of functions) {
    for (const trigger of triggers) {
      if (trigger.type !== 'schedule') continue;
      const owner = owners.get(trigger.name);
      if (owner === undefined) owners.set(trigger.name, name);
      else {
        problems.add(
          ['functions', name, 'events'],
          `the rule name ${trigger.name} is already taken by ${owner}`,
        );
      }
    }
  }
}
