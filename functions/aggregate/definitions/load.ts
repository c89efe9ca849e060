/** The files of a project's folder `aggregations/`. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { codeOf, MillraceError, messageOf } from '../../../common/errors.js';
import type { Known } from './definition.js';
import { type ParsedAggregations, parseAggregations } from './parse.js';

/**
 * The definitions of all `.yml` and `.yaml` files of a folder, in order of file name; the defaults when there is no such
 * folder. Throws `AGGREGATIONS_UNREADABLE`.
 */
export function loadAggregations(folder: string, known: Known): ParsedAggregations {
  try {
    const files = namesIn(folder).map((name) => ({
      name: join(basename(folder), name),
      text: readFileSync(join(folder, name), 'utf8'),
    }));
    return parseAggregations(files, known);
  } catch (error) {
    if (error instanceof MillraceError || codeOf(error) === undefined) throw error;
    throw new MillraceError(`cannot read the aggregations: ${messageOf(error)}`, {
      code: 'AGGREGATIONS_UNREADABLE',
      hint: 'They are files in the folder aggregations/ beside serverless.yml.',
      cause: error,
    });
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[^.].*\.ya?ml$/.test(name))
      .sort();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
