/**
 * Loads a serverless.yml: reads and resolves it as the packager would, checks everything the local runtime depends
 * on, and fills in defaults. All problems come at once, each with its place in the file.
 */
import { dirname, resolve } from 'node:path';
import { functionsOf } from './functions.js';
import { type Manifest, ManifestError } from './manifest.js';
import { type Environment, readConfiguration } from './osls.js';
import { Problems, suggestion } from './problems.js';
import { settingsOf } from './settings.js';
import { streamsOf } from './streams.js';

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

/**
 * @param path of serverless.yml
 * @param env what `${env:…}` refers to
 * @throws ManifestError
 */
export async function loadManifest(path: string, env: Environment): Promise<Manifest> {
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

  const { streams, names } = streamsOf(configuration.resources, problems);
  const settings = settingsOf(
    (Object(configuration.custom) as Record<string, unknown>).millrace,
    root,
    {
      functions: Object.keys(Object(configuration.functions)),
      streams: streams.map(({ name }) => name).filter((name) => name !== ''),
    },
    problems,
  );
  const functions = functionsOf(
    configuration.functions,
    { root, provider, streams: names, local: settings?.functions ?? {} },
    problems,
  );
  if (problems.list.length > 0 || settings === undefined) throw new ManifestError(file, problems.list);
  return {
    file,
    root,
    service: service as string,
    functions,
    streams,
    destinations: [],
    region: 'us-east-1',
    settings,
  };
}
