/** `millrace report`: the page of a kept run, beside an earlier one if wanted. */
import type { Command } from 'commander';
import { reportPage } from '../simulators/report/html.js';
import { readResult, writeFile } from '../simulators/report/store.js';
import { COLOURS, PLAIN, summaryText } from '../simulators/report/summary-text.js';

export function registerReport(program: Command): void {
  program
    .command('report')
    .description('make the page of a run that simulate kept')
    .argument('<run.json>', 'the run')
    .argument('[earlier.json]', 'a run of the same scenario to compare it with')
    .option('-o, --html <file>', 'the page (default: beside the run)')
    .action((file: string, earlier: string | undefined, flags: { readonly html?: string }) => {
      const result = readResult(file);
      const page = reportPage(result, earlier === undefined ? null : readResult(earlier));
      const html = flags.html ?? `${file.replace(/\.json$/, '')}.html`;
      writeFile(html, page);
      process.stdout.write(summaryText(result, [html], process.stdout.isTTY ? COLOURS : PLAIN));
    });
}
