/**
 * A project as rules need to know it: device types, tags and where telemetry comes from. Of serverless.yml only
 * `custom.millrace` is looked at.
 */
import { dirname, join, resolve } from 'node:path';
import { Problems } from '../../common/problems.js';
import { loadSchemas, type SchemaRegistry } from '../../schemas/registry.js';
import { ManifestError } from './manifest.js';
import { type Environment, readConfiguration } from './osls.js';
import { type GivenSettings, settingsOf } from './settings.js';
import { isObject } from './values.js';

export interface RuleProject {
  /** Absolute path of serverless.yml. */
  readonly file: string;
  /** Its folder. */
  readonly root: string;
  readonly settings: GivenSettings;
  readonly schemas: SchemaRegistry;
}

/**
 * @param path of serverless.yml; device types lie beside it
 * @param env what `${env:…}` refers to
 * @throws ManifestError when serverless.yml cannot be read, or its settings have mistakes; `SCHEMA_INVALID`
 */
export async function readRuleProject(path: string, env: Environment): Promise<RuleProject> {
  const file = resolve(path);
  const root = dirname(file);
  const { configuration } = await readConfiguration(file, env);
  const problems = new Problems();
  const section = (Object(configuration.custom) as Record<string, unknown>).millrace;
  const functions = [configuration.functions].flat().filter(isObject).flatMap(Object.keys) as string[];
  const settings = settingsOf(section, root, functions, problems);
  if (settings === undefined) throw new ManifestError(file, problems.list);
  return { file, root, settings, schemas: loadSchemas(join(root, 'schemas')) };
}
