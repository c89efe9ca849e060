/**
 * `npm run bench -- anomaly [--in DIR --out DIR] [--detector NAME] [--quick]`: scores of the series in a folder, or how
 * well detectors do on series with known faults and on a year of weather. See bench/README.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command, Option } from 'commander';
import { parse } from 'csv-parse/sync';
import { MillraceError } from '../../common/errors.js';
import { DETECTORS, type DetectorName } from '../../functions/alert/anomaly/options.js';
import { commit, machine } from '../machine.js';
import { dist } from '../servers.js';
import { corpus } from './corpus.js';
import { scoreFiles } from './files.js';
import { type AnomalyResult, judge, textOf, weatherOf } from './report.js';

/** Constants of detectors were chosen on these alone. */
const TUNING = [1, 2, 3];
const HELD_OUT = [101, 102, 103, 104, 105, 106];

interface Flags {
  readonly in?: string;
  readonly out?: string;
  readonly detector: DetectorName;
  readonly quick?: true;
}

export function anomalyCommand(): Command {
  return new Command('anomaly')
    .description('scores of every CSV (timestamp,value) below a folder; without one, how well detectors do')
    .option('--in <directory>', 'series')
    .option('--out <directory>', 'where scores go, under the same paths')
    .addOption(
      new Option('--detector <name>', 'with --in')
        .choices([...DETECTORS])
        .default('auto' satisfies DetectorName),
    )
    .option('--quick', 'without --in: fewer series')
    .action((flags: Flags, command: Command) => {
      // The same flag of the command above is taken there.
      const { quick } = command.optsWithGlobals<Flags>();
      if (flags.in === undefined && flags.out === undefined) return measureCorpus(quick === true);
      if (flags.in === undefined || flags.out === undefined) {
        throw new MillraceError('--in and --out belong together', { code: 'BENCH_OPTIONS' });
      }
      const { files, skipped, points, pointsPerSecond, cpuSecondsPerMillion } = scoreFiles(
        flags.in,
        flags.out,
        flags.detector,
      );
      for (const name of skipped) {
        process.stderr.write(`bench: ${name} has no columns timestamp and value: skipped\n`);
      }
      process.stdout.write(
        `${points} readings of ${files} files, detector ${flags.detector}: ${Math.round(pointsPerSecond)}/s, ` +
          `${cpuSecondsPerMillion.toFixed(2)} CPU-s per million; scores are in ${flags.out}\n`,
      );
    });
}

function measureCorpus(quick: boolean): void {
  const startedAt = new Date();
  const seeds = quick ? [101] : HELD_OUT;
  const result: AnomalyResult = {
    startedAt: startedAt.toISOString(),
    commit: commit(),
    machine: machine(),
    tuning: quick ? [] : judge(TUNING.flatMap(corpus), DETECTORS),
    heldOutSeeds: seeds,
    heldOut: judge(seeds.flatMap(corpus), DETECTORS),
    weather: weatherOf(weather()),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
  };
  const folder = join(dirname(dist), 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  const name = `anomaly-${result.startedAt.slice(0, 16).replace(':', '')}.json`;
  writeFileSync(join(folder, name), `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${textOf(result)}\nkept in bench/results/${name}\n`);
}

/** Wind at Newark, hour by hour. */
function weather() {
  const text = readFileSync(join(dirname(dist), 'test', 'data', 'nyc-weather-2013.csv'), 'utf8');
  const rows: Record<string, string>[] = parse(text, { columns: true });
  return rows
    .filter(({ origin }) => origin === 'EWR')
    .map(({ time_hour: at, wind_speed: speed }) => ({ time: Date.parse(at!), number: Number(speed) }));
}
