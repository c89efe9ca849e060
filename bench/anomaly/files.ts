/** `npm run bench -- anomaly --in DIR --out DIR`: every CSV below a folder, with scores, so that others can judge them. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { MillraceError } from '../../common/errors.js';
import type { DetectorName } from '../../functions/alert/anomaly/options.js';
import { readSeries, scoredSeries } from './csv.js';
import { scoresOf } from './stream.js';

export interface Speed {
  readonly files: number;
  /** CSV files without the columns. */
  readonly skipped: readonly string[];
  readonly points: number;
  /** Of scoring alone: reading and writing files is not counted. */
  readonly pointsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
}

/** Throws `BENCH_NO_SERIES` when there is nothing to score. */
export function scoreFiles(from: string, to: string, detector: DetectorName): Speed {
  const [source, target] = [resolve(from), resolve(to)];
  const paths = csvBelow(source, target);
  const skipped: string[] = [];
  let [points, elapsed, cpu] = [0, 0, 0];
  for (const path of paths) {
    const rows = readSeries(readFileSync(path, 'utf8'));
    const name = relative(source, path);
    if (rows === null) {
      skipped.push(name);
      continue;
    }
    const started = process.hrtime.bigint();
    const usage = process.cpuUsage();
    const scores = scoresOf(detector, rows);
    const { user, system } = process.cpuUsage(usage);
    elapsed += Number(process.hrtime.bigint() - started) / 1e9;
    cpu += (user + system) / 1e6;
    points += rows.length;
    const file = join(target, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, scoredSeries(rows, scores));
  }
  if (paths.length === skipped.length) {
    throw new MillraceError(`no CSV file with columns timestamp and value is below ${from}`, {
      code: 'BENCH_NO_SERIES',
      hint: 'The first line of each file has to name its columns.',
    });
  }
  return {
    files: paths.length - skipped.length,
    skipped,
    points,
    pointsPerSecond: points / elapsed,
    cpuSecondsPerMillion: (cpu / points) * 1e6,
  };
}

/** In order of their paths; what was written by an earlier run is none of them. */
function csvBelow(source: string, target: string): string[] {
  return readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith('.csv'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => target === source || !path.startsWith(`${target}/`))
    .sort();
}
