/** `millrace report`: the page of a kept run, beside an earlier one if wanted. */
import type { Command } from 'commander';
import { billSection } from '../simulators/bill/section.js';
import { reportPage } from '../simulators/report/html.js';
import { readResult, writeFile } from '../simulators/report/store.js';
import { COLOURS, PLAIN, summaryText } from '../simulators/report/summary-text.js';
import { projectRoot } from './project-root.js';
import { billOfRun } from './run-bill.js';

interface Flags {
  readonly html?: string;
  readonly config?: string;
}

export function registerReport(program: Command): void {
  program
    .command('report')
    .description('make the page of a run that simulate kept')
    .argument('<run.json>', 'the run')
    .argument('[earlier.json]', 'a run of the same scenario to compare it with')
    .option('-o, --html <file>', 'the page (default: beside the run)')
    .option('--config <file>', 'serverless.yml that the bill is made with')
    .action(async (file: string, earlier: string | undefined, flags: Flags) => {
      const result = readResult(file);
      const bill = await billOfRun(result, flags.config ?? `${projectRoot()}/serverless.yml`);
      const page = reportPage(
        result,
        earlier === undefined ? null : readResult(earlier),
        bill === null ? null : billSection(bill),
      );
      const html = flags.html ?? `${file.replace(/\.json$/, '')}.html`;
      writeFile(html, page);
      process.stdout.write(summaryText(result, [html], process.stdout.isTTY ? COLOURS : PLAIN));
    });
}
