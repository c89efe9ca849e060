/** Checks a project's aggregations by themselves: of serverless.yml only `custom.millrace` is looked at. */
import { dirname, resolve } from 'node:path';
import type { AggregationDefinition } from '../../common/aggregations.js';
import { type Problem, Problems } from '../../common/problems.js';
import { aggregationsOf } from './aggregations.js';
import { type Environment, readConfiguration } from './osls.js';
import { settingsOf } from './settings.js';
import { isObject } from './values.js';

export interface CheckedAggregations {
  /** Of what could be read; all of them when there are no problems. */
  readonly definitions: readonly AggregationDefinition[];
  readonly problems: readonly Problem[];
}

/**
 * @param path of serverless.yml, which knows tags and retention; device types lie beside it
 * @param env what `${env:…}` refers to
 * @param folder of the definitions; the one beside serverless.yml when left out
 * @throws ManifestError when serverless.yml cannot be read at all
 */
export async function checkAggregations(
  path: string,
  env: Environment,
  folder?: string,
): Promise<CheckedAggregations> {
  const file = resolve(path);
  const root = dirname(file);
  const { configuration } = await readConfiguration(file, env);
  const problems = new Problems();
  const section = (Object(configuration.custom) as Record<string, unknown>).millrace;
  const functions = [configuration.functions].flat().filter(isObject).flatMap(Object.keys) as string[];
  const given = settingsOf(section, root, functions, problems);
  const { definitions } = aggregationsOf(root, given, problems, folder);
  return { definitions, problems: problems.list };
}
