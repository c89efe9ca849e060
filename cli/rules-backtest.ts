/** `millrace rules backtest`: recorded telemetry through changed rules, and what would have been told. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { MillraceError } from '../common/errors.js';
import { deploymentOptions } from '../runtime/options.js';
import { backtestPage } from '../simulators/backtest/page.js';
import type { BacktestResult } from '../simulators/backtest/result.js';
import { differenceLines, resultDocument, ruleRows, totalsText } from '../simulators/backtest/text.js';
import { writeFile } from '../simulators/report/store.js';
import type { Moment } from '../simulators/selection.js';
import { moment } from './parsers.js';
import { projectRoot } from './project-root.js';
import { type RecordingFlags, recordingFlags, recordingOptions } from './recording-flags.js';
import { type Asked, backtestRecording, backtestStream } from './rules-backtest-run.js';
import { configBeside } from './rules-project.js';
import { textTable } from './text-table.js';

interface Flags extends RecordingFlags {
  readonly rules?: string;
  readonly against?: string;
  readonly in?: string;
  readonly fromStream?: true;
  readonly dataDir?: string;
  readonly config?: string;
  readonly from?: Moment;
  readonly to?: Moment;
  readonly json?: true;
  readonly html?: string;
}

export function registerRulesBacktest(rules: Command): void {
  const command = rules
    .command('backtest')
    .description(
      'replay recorded telemetry through rules, on the side, and compare the alerts; nothing is published',
    )
    .option('--rules <folder>', 'the rules to try (default: rules/ beside serverless.yml)')
    .option(
      '--against <folder>',
      'rules to compare with, or "recorded" for the alerts that a stream told (default: with --from-stream ' +
        "recorded; else the project's rules, when --rules are others)",
    )
    .option('--config <file>', 'serverless.yml, for device types, tags and topics')
    .optionsGroup('What is replayed:')
    .option('--in <file>', 'a recording: CSV, JSON events, or what `record` wrote')
    .option(
      '--from-stream',
      'the telemetry stream of a deployment, which has to be stopped if it is embedded',
    )
    .option('--data-dir <folder>', 'where its data is (MILLRACE_DATA_DIR, data)')
    .option('--from <time>', 'only alerts from here on: a time, or like 10m after the first event', moment)
    .option('--to <time>', 'nothing of what arrives from here on', moment);
  recordingFlags(command)
    .optionsGroup('Output:')
    .option('--json', 'the whole result as JSON')
    .option('--html <file>', 'a page with all alerts over time')
    .action(async (flags: Flags) => {
      const result = await backtest(flags);
      if (flags.html !== undefined) writeFile(flags.html, backtestPage(result));
      if (flags.json === true) {
        process.stdout.write(`${JSON.stringify(resultDocument(result), null, 2)}\n`);
        return;
      }
      process.stdout.write(textOf(result));
      if (flags.html !== undefined) process.stdout.write(`\n${flags.html} shows them over time.\n`);
    });
}

async function backtest(flags: Flags): Promise<BacktestResult> {
  const folder = flags.rules === undefined ? undefined : resolve(flags.rules);
  const asked: Asked = {
    rules: folder,
    against:
      flags.against === undefined || flags.against === 'recorded' ? flags.against : resolve(flags.against),
    config: configBeside(flags.config, folder),
    from: flags.from,
    to: flags.to,
  };
  if ((flags.in === undefined) === (flags.fromStream === undefined)) {
    throw new MillraceError('what is to be replayed is either --in FILE or --from-stream', {
      code: 'BACKTEST_FLAGS',
      hint: 'A recording is a CSV file, JSON events or a capture; a stream is that of a stopped deployment.',
    });
  }
  if (flags.in !== undefined) {
    if (flags.against === 'recorded' || flags.dataDir !== undefined) {
      throw new MillraceError('a file has no history of alerts: recorded ones are those of --from-stream', {
        code: 'BACKTEST_FLAGS',
      });
    }
    // The part before --from is read as well: rules remember, and alerts may have begun there.
    const { from: _, ...whole } = flags;
    return backtestRecording(recordingOptions(flags.in, whole), asked);
  }
  const options = deploymentOptions(
    { config: asked.config, ...(flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }) },
    process.env,
    projectRoot(),
  );
  return backtestStream(options, asked);
}

function textOf(result: BacktestResult): string {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8];
  const lines = result.before === null ? [] : differenceLines(result);
  return [
    totalsText(result),
    '',
    result.difference.rows.length === 0 ? 'Nothing fires.\n' : textTable(ruleRows(result), numbers),
    ...(lines.length === 0 ? [] : [...lines, '']),
    ...result.notes.map((note) => `note: ${note}`),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}
