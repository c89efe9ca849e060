/**
 * Loads a serverless.yml: reads and resolves it as the packager would, checks everything the local runtime depends
 * on, and fills in defaults. All problems come at once, each with its place in the file.
 */
import { dirname, resolve } from 'node:path';
import { Problems, suggestion } from '../../common/problems.js';
import { aggregationsOf } from './aggregations.js';
import { checkConcurrency } from './concurrency.js';
import { Destinations } from './destinations.js';
import { Extensions } from './extensions.js';
import { functionsOf } from './functions.js';
import { LocalStreams } from './local-streams.js';
import { type Manifest, ManifestError } from './manifest.js';
import { checkNotifications } from './notifications.js';
import { type Environment, logicalIds, readConfiguration } from './osls.js';
import { resourcesOf } from './resources.js';
import { checkStreamSettings, defaultsOf, settingsOf } from './settings.js';
import { isObject } from './values.js';

/** osls' top-level keys; a misspelt one would silently drop a whole section. */
const SECTIONS = [
  'service',
  'frameworkVersion',
  'configValidationMode',
  'deprecationNotificationMode',
  'disabledDeprecations',
  'useDotenv',
  'provider',
  'plugins',
  'functions',
  'resources',
  'package',
  'custom',
  'params',
  'layers',
  'build',
];
/** Sections whose variables must have resolved: the others are AWS' own business. */
const NEEDED = ['service', 'functions', 'resources'];
/** osls' own default. */
const DEFAULT_REGION = 'us-east-1';

/**
 * @param path of serverless.yml
 * @param env what `${env:…}` refers to
 * @param now epoch ms: starting positions must lie before
 * @throws ManifestError
 */
export async function loadManifest(path: string, env: Environment, now = Date.now()): Promise<Manifest> {
  const file = resolve(path);
  const root = dirname(file);
  const { configuration, unresolved } = await readConfiguration(file, env);
  const problems = new Problems();

  for (const key of Object.keys(configuration)) {
    if (!SECTIONS.includes(key)) problems.add([key], `unknown section${suggestion(key, SECTIONS)}`);
  }
  for (const keys of unresolved) {
    const [top, second] = keys;
    if (!NEEDED.includes(top!) && !(top === 'custom' && second === 'millrace')) continue;
    problems.add(keys, 'uses a variable that only AWS or a deployment can resolve; give it a fallback');
  }
  const { service } = configuration;
  if (typeof service !== 'string' || service === '') problems.add(['service'], 'must be a name');
  const provider = Object(configuration.provider) as Record<string, unknown>;
  if (provider.name !== 'aws')
    problems.add(['provider', 'name'], 'must be aws: its event shapes are the contract');

  const entries = entriesOf(configuration.functions);
  const names = Object.keys(entries);
  const region = regionOf(provider.region);
  const ids = new Map(names.map((name) => [logicalIds.getLambdaLogicalId(name), name]));
  const resources = resourcesOf(configuration.resources, region, ids, problems);
  const section = (Object(configuration.custom) as Record<string, unknown>).millrace;
  const streams = new LocalStreams(resources, Object(section).streams, problems);
  const destinations = new Destinations(resources, streams, problems);
  const extensions = new Extensions(resources, problems);
  const read = settingsOf(section, root, names, problems);
  const aggregate = aggregationsOf(root, read, problems);
  checkNotifications(root, env, problems);
  const defaults = defaultsOf();

  const functions = functionsOf(entries, {
    root,
    provider,
    resources,
    streams,
    destinations,
    extensions,
    local: read?.functions ?? {},
    localDefaults: defaults.function,
    now,
    problems,
  });
  extensions.finish();
  streams.finish(problems);
  if (read !== undefined) checkConcurrency(functions, read.concurrency.account, problems);
  const given = read?.destinations ?? {};
  const stoodIn = read === undefined ? [] : destinations.finish(given);
  const streamSettings = Object.fromEntries(
    streams.list.map(({ name }) => [name, read?.streams[name] ?? defaults.stream]),
  );
  if (read !== undefined) checkStreamSettings(streamSettings, read.gateway, problems);
  if (problems.list.length > 0 || read === undefined || aggregate === undefined)
    throw new ManifestError(file, problems.list);
  return {
    file,
    root,
    service: service as string,
    functions,
    streams: streams.list,
    destinations: stoodIn,
    region,
    settings: {
      ...read,
      aggregate,
      streams: streamSettings,
      destinations: Object.fromEntries(stoodIn.map(({ name, settings }) => [name, settings])),
    },
  };
}

/** osls takes the section as a mapping, or as a list of mappings. */
function entriesOf(section: unknown): Record<string, unknown> {
  return Object.assign({}, ...[section].flat().filter(isObject)) as Record<string, unknown>;
}

/** A region that only a deployment could resolve is replaced: it only stands in ARNs here. */
function regionOf(region: unknown): string {
  return typeof region === 'string' && /^[a-z]{2}(-[a-z]+)+-\d$/.test(region) ? region : DEFAULT_REGION;
}
