/** `millrace functions`: how serverless.yml configures each function, and what the running deployment says of it. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { codeOf } from '../common/errors.js';
import { type FunctionsReport, functionsReport } from '../runtime/function-report.js';
import { loadManifest } from '../runtime/manifest/load.js';
import { ask, NOT_RUNNING, refusal } from './deployment-client.js';
import { functionsTable } from './functions-table.js';
import { defaultHttpUrl } from './options.js';
import { projectRoot } from './project-root.js';

interface Flags {
  readonly config?: string;
  readonly json?: true;
  readonly http: string;
}

export function registerFunctions(program: Command): void {
  program
    .command('functions')
    .description('list the functions: configuration, environments, lag, errors')
    .option('--json', 'the whole report as JSON')
    .option('--http <url>', 'where the deployment listens', defaultHttpUrl())
    .option('--config <file>', 'serverless.yml to read when nothing runs')
    .action(async (flags: Flags) => {
      const report = await current(flags);
      process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : functionsTable(report));
    });
}

async function current({ http, config }: Flags): Promise<FunctionsReport> {
  try {
    const response = await ask(http, '/runtime/functions');
    if (!response.ok) throw await refusal(http, response);
    return (await response.json()) as FunctionsReport;
  } catch (error) {
    if (codeOf(error) !== NOT_RUNNING) throw error;
    const file = resolve(config ?? `${projectRoot()}/serverless.yml`);
    const report = functionsReport(await loadManifest(file, process.env));
    process.stderr.write(`millrace: nothing runs at ${http}; this is what ${file} says\n`);
    return report;
  }
}
