/** `millrace aggregations check`: what is wrong with a project's aggregations, or what they cost. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { MillraceError } from '../common/errors.js';
import { costOf } from '../functions/aggregate/definitions/cost.js';
import { type CheckedAggregations, checkAggregations } from '../runtime/manifest/check-aggregations.js';
import { aggregationsTable } from './aggregations-table.js';
import { projectRoot } from './project-root.js';

interface Flags {
  readonly config?: string;
  readonly json?: true;
}

export function registerAggregations(program: Command): void {
  const aggregations = program.command('aggregations').description('what aggregations/*.yml define');
  aggregations
    .command('check')
    .description('check the definitions, and list them with what they cost')
    .argument('[dir]', 'their folder; aggregations/ beside serverless.yml when left out')
    .option('--config <file>', 'serverless.yml, for tags and retention; device types lie beside it')
    .option('--json', 'problems and definitions as JSON')
    .action(async (dir: string | undefined, flags: Flags) => {
      const folder = dir === undefined ? undefined : resolve(dir);
      if (folder !== undefined && !existsSync(folder)) {
        throw new MillraceError(`there is no folder ${folder}`, {
          code: 'AGGREGATIONS_UNREADABLE',
          hint: 'Name the folder that the definitions are in.',
        });
      }
      const checked = await checkAggregations(configOf(flags, folder), process.env, folder);
      const { definitions, problems } = checked;
      if (flags.json === true) {
        process.stdout.write(`${JSON.stringify(documentOf(checked), null, 2)}\n`);
        if (problems.length > 0) process.exitCode = 1;
        return;
      }
      if (problems.length > 0) {
        const lines = problems.map(({ path, reason }) => `  ${path}: ${reason}`);
        throw new MillraceError(`the aggregations cannot be used:\n${lines.join('\n')}`, {
          code: 'AGGREGATIONS_INVALID',
          hint: `Correct ${problems.length === 1 ? 'this place' : 'these places'}; docs/aggregations.md is the guide.`,
        });
      }
      process.stdout.write(aggregationsTable(definitions));
    });
}

function configOf({ config }: Flags, folder: string | undefined): string {
  if (config !== undefined) return config;
  const beside = folder === undefined ? undefined : join(folder, '..', 'serverless.yml');
  return beside !== undefined && existsSync(beside) ? beside : join(projectRoot(), 'serverless.yml');
}

function documentOf({ definitions, problems }: CheckedAggregations): object {
  return {
    problems: problems.map(({ path, reason }) => ({ place: path, reason })),
    definitions: definitions.map((definition) => ({ ...definition, ...costOf(definition) })),
  };
}
