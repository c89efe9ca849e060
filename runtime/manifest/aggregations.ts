/**
 * `aggregations/*.yml` beside serverless.yml -> `settings.aggregate`, checked against the settings that they depend on:
 * tags, device types, and for how long windows are kept.
 */
import { join } from 'node:path';
import type { AggregateSettings } from '../../common/aggregations.js';
import type { Problems } from '../../common/problems.js';
import type { Settings } from '../../common/settings.js';
import { loadAggregations } from '../../functions/aggregate/definitions/load.js';
import { longestMs } from '../../functions/aggregate/definitions/window.js';
import { tagNames } from '../../schemas/device-tags.js';
import { typeNames } from '../../schemas/registry.js';

/** Beside serverless.yml. */
export const FOLDER = 'aggregations';

/**
 * @param root folder of serverless.yml
 * @param given undefined when there are problems with the settings themselves: nothing is held against them then
 * @param folder of the definitions
 * @returns what could be read; to be used when no problem was added
 */
export function aggregationsOf(
  root: string,
  given: Pick<Settings, 'deviceTags' | 'retention'> | undefined,
  problems: Problems,
  folder = join(root, FOLDER),
): AggregateSettings {
  const known = {
    deviceTypes: typeNames(join(root, 'schemas')),
    tags: given === undefined ? null : tagNames(given.deviceTags),
  };
  const { settings, problems: found } = loadAggregations(folder, known);
  for (const { place, reason } of found) problems.addAt(place, reason);
  const changing = settings.definitions
    .map(({ name, place, window, allowedLatenessMs }) => ({
      text: `${name} (${place})`,
      ms: longestMs(window) + allowedLatenessMs,
    }))
    .filter(({ ms }) => given !== undefined && ms >= given.retention.windows);
  if (changing.length > 0) {
    problems.add(
      ['custom', 'millrace', 'retention', 'windows'],
      `must be above window plus allowedLateness, or windows go that still change: ${changing.map(({ text }) => text).join(', ')}`,
    );
  }
  return settings;
}
