/** `millrace rebuild`: windows and rollups computed again from the stream, and what is different about those stored. */
import type { Command } from 'commander';
import { deploymentOptions } from '../runtime/options.js';
import type { Difference } from '../runtime/rebuild/comparison.js';
import { rebuildDeployment } from '../runtime/rebuild/deployment.js';
import type { RebuildSummary } from '../runtime/rebuild/rebuild.js';
import { time } from './parsers.js';
import { projectRoot } from './project-root.js';

interface Flags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly from?: number;
  readonly to?: number;
  readonly definition?: string;
  readonly device?: string;
  readonly apply?: true;
  readonly json?: true;
}

/** What is stored is not what the stream makes, and has not been replaced. */
export const EXIT_DIFFERENT = 3;
/** A person reads no more lines than this; the counts are complete. */
const SHOWN = 50;
const SHOWN_FIGURES = 6;

export function registerRebuild(program: Command): void {
  program
    .command('rebuild')
    .description('compute windows and rollups again from the stream, and show what differs from those stored')
    .option('--config <file>', 'serverless.yml of the deployment')
    .option('--data-dir <folder>', 'where its data is (MILLRACE_DATA_DIR, data)')
    .optionsGroup('What:')
    .option('--from <time>', 'only windows and buckets that start at this time or later', time)
    .option('--to <time>', 'only those that start before this time', time)
    .option('--definition <name>', 'only of this aggregation')
    .option('--device <id>', 'only of this device, in aggregations per device')
    .option('--apply', 'write the rebuilt rows over the stored ones; the deployment has to be stopped')
    .optionsGroup('Output:')
    .option('--json', 'a JSON line for each difference, and one for the summary at the end')
    .action(async (flags: Flags) => {
      const { from, to, definition, device, apply = false } = flags;
      const options = deploymentOptions(
        {
          ...(flags.config === undefined ? {} : { config: flags.config }),
          ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }),
        },
        process.env,
        projectRoot(),
      );
      const request = {
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
        ...(definition === undefined ? {} : { definition }),
        ...(device === undefined ? {} : { deviceId: device }),
        apply,
        now: Date.now(),
      };
      let shown = 0;
      const summary = await rebuildDeployment(options, request, (difference) => {
        if (flags.json === true) print(JSON.stringify(documentOf(difference)));
        else if (shown++ < SHOWN) print(lineOf(difference));
      });
      if (flags.json === true) print(JSON.stringify(summaryDocument(summary)));
      else {
        if (shown > SHOWN) print(`… and ${shown - SHOWN} more (--json shows all)`);
        print(summaryText(summary, apply));
      }
      if (differences(summary) > summary.written) process.exitCode = EXIT_DIFFERENT;
    });
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function differences({ different, storedOnly, rebuiltOnly }: RebuildSummary): number {
  return different + storedOnly + rebuiltOnly;
}

function documentOf(difference: Difference): object {
  const { start, end } = difference;
  return { ...difference, start: timeText(start), end: timeText(end) };
}

export function lineOf(difference: Difference): string {
  const { definition, key, level, start, partition, found, figures } = difference;
  const series = key === '' ? definition : `${definition} ${key}`;
  const place = partition === undefined ? '' : ` (partition ${partition})`;
  const more = figures.length > SHOWN_FIGURES ? ` and ${figures.length - SHOWN_FIGURES} more` : '';
  const what = found === 'different' ? figures.slice(0, SHOWN_FIGURES).join(', ') + more : found;
  return `${series}  ${level}  ${timeText(start)}${place}: ${what}`;
}

function summaryDocument(summary: RebuildSummary): object {
  const { comparableFrom } = summary;
  return { ...summary, comparableFrom: Number.isFinite(comparableFrom) ? timeText(comparableFrom) : null };
}

/** @param applied whether rebuilt rows were to be written */
export function summaryText(summary: RebuildSummary, applied: boolean): string {
  const { records, comparableFrom, trimmed, equal, different, storedOnly, rebuiltOnly } = summary;
  const lines = [
    `${records} records: ${equal} rows are equal, ${different} differ, ${storedOnly} are stored only, ${rebuiltOnly} rebuilt only`,
  ];
  if (trimmed) {
    lines.push(
      Number.isFinite(comparableFrom)
        ? `older records are no longer in the stream: rows from ${timeText(comparableFrom)} on were compared`
        : 'the records are no longer in the stream: nothing can be compared',
    );
  }
  if (summary.waiting > 0) {
    lines.push(`${summary.waiting} buckets were left out: rollup has changes to read that they depend on`);
  }
  if (applied) {
    lines.push(`${summary.written} rows were written or removed`);
    if (storedOnly > 0) lines.push('rollups that are stored only are left as they are');
  } else if (differences(summary) > 0) {
    lines.push('--apply writes the rebuilt rows over the stored ones');
  }
  return lines.join('\n');
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}
